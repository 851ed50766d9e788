"""Apps that are broken, each in one way that a smoke must notice."""

from __future__ import annotations

import re
import shutil
import uuid
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

ME = "    return json_answer(signed_in(request).as_json())"
# Reads the token and believes whatever stands in it.
GULLIBLE = """\
    import base64, json
    from starlette.exceptions import HTTPException
    token = request.headers.get("authorization", "").removeprefix("Bearer ")
    if token.count(".") != 2:
        raise HTTPException(401)
    claims = json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))
    return json_answer({name: claims.get(name) for name in ("sub", "name", "email", "groups")})"""

_REFUSE_OTHERS = "    if claims['aud'] != '{slug}':\n        raise HTTPException(401)\n"
_ANSWER = "    return json_answer("
WITHOUT_GROUPS = """\
    person = signed_in(request).as_json()
    del person["groups"]
    return json_answer(person)"""


def _in_backend(old: str, new: str) -> Callable[[Path], None]:
    return lambda folder: replace(folder / "backend.py", old, new)


def _in_page(old: str, new: str) -> Callable[[Path], None]:
    return lambda folder: replace(folder / "frontend" / "index.html", old, new)


def _in_manifest(old: str, new: str) -> Callable[[Path], None]:
    return lambda folder: replace(folder / "app.manifest.yml", old, new)


def replace(file: Path, old: str, new: str) -> None:
    """Change a file; whatever it does not hold was not what the test meant."""
    text = file.read_text(encoding="utf-8")
    assert old in text, f"{file} does not hold {old!r}"
    file.write_text(text.replace(old, new), encoding="utf-8")


def _gullible_but_for(slug: str) -> str:
    """Reads whom a token is for, and not who has signed it."""
    return GULLIBLE.replace(_ANSWER, _REFUSE_OTHERS.format(slug=slug) + _ANSWER)


def _empty(name: str) -> Callable[[Path], None]:
    return lambda folder: _write(folder / name, "")


def _write(file: Path, text: str) -> None:
    file.write_text(text, encoding="utf-8")


# How an app is broken -> what breaks it, and the check of bin/smoke-test.sh that must say so.
FAST: dict[str, tuple[Callable[[Path], None], str]] = {
    "dead-backend": (
        _in_backend("def build_app", "raise RuntimeError('dead')\n\n\ndef build_app"),
        "health",
    ),
    "no-backend": (lambda folder: (folder / "backend.py").unlink(), "health"),
    "sick": (_in_backend('"status": "ok"', '"status": "sick"'), "health"),
    "bare-health": (_in_backend('{"status": "ok"}', '"ok"'), "health"),
    "no-health": (_in_backend('            Route("/health", health),\n', ""), "health"),
    "ends-the-hub": (
        _in_backend('json_answer({"status": "ok"})', "__import__('os')._exit(3)"),
        "health",
    ),
    "auth-forgotten": (_in_backend(ME, "    return json_answer({})"), "auth-refused"),
    "any-audience": (_in_backend(ME, GULLIBLE), "auth-refused"),
    "any-signature": (
        lambda folder: replace(folder / "backend.py", ME, _gullible_but_for(folder.name)),
        "auth-refused",
    ),
    "groupless": (
        _in_backend(ME, WITHOUT_GROUPS),
        "auth-accepted",
    ),
    "nobody-comes-in": (
        _in_backend(ME, ME.replace("signed_in(request)", "signed_in(None)")),
        "auth-accepted",
    ),
    "somebody-else": (
        _in_backend(ME, "    signed_in(request)\n    return json_answer({})"),
        "auth-accepted",
    ),
    "nameless": (
        _in_backend(ME, ME.replace(".as_json()", '.as_json() | {"sub": ""}')),
        "auth-accepted",
    ),
    "another-account": (
        _in_backend(ME, ME.replace(".as_json()", '.as_json() | {"sub": "eve"}')),
        "auth-accepted",
    ),
    "no-entitlement": (lambda folder: (folder / "entitlement.yml").unlink(), "auth-accepted"),
    "no-page": (lambda folder: (folder / "frontend" / "index.html").unlink(), "front-page"),
    "blank-page": (_empty("frontend/index.html"), "front-page"),
    "other-page": (_in_page('content="other-page"', 'content="checklists"'), "front-page"),
    "template-page": (_in_page('content="template-page"', 'content="template-app"'), "front-page"),
    "left-over": (_in_page("<h1>", "<h1>{{ APP_NAME }}"), "front-page"),
    "left-over-lines": (_in_page("<h1>", "<h1>{{\n name\n}}"), "front-page"),
    "left-over-block": (_in_page("<h1>", "<h1>{% if name %}"), "front-page"),
    "lost-field": (_in_manifest("  health_path: /health\n", ""), "manifest"),
    "lost-kind": (_in_manifest("kind: internal\n", ""), "manifest"),
    "no-yaml": (_in_manifest("kind: internal", "kind: ["), "manifest"),
    "other-slug": (_in_manifest("slug: other-slug\n", "slug: another\n"), "manifest"),
    "secret": (_in_manifest("kind: internal", "kind: internal\npassword: hunter2"), "manifest"),
}

# What only a browser can see, for which every request succeeds: how it looks, and whom the front end's calls are for.
BROWSER: dict[str, Callable[[Path], None]] = {
    "greets-anybody": _in_backend(
        'person = signed_in(request)\n    return json_answer({"greeting": f"Hello, {person.name}"})',
        'return json_answer({"greeting": "Hello, you"})',
    ),
    "no-heading": lambda folder: _drop(folder / "frontend" / "index.html", r"<h1>.*?</h1>"),
    "hidden-body": _in_page("<body>", "<body hidden>"),
    "see-through": lambda folder: _write(folder / "frontend" / "app.css", "main { opacity: 0; }"),
    "white-on-white": lambda folder: _write(
        folder / "frontend" / "app.css",
        "html, body, h1 { background: #fff !important; color: #fff !important; }",
    ),
    "covered": lambda folder: _write(
        folder / "frontend" / "app.css",
        "body::after { background: #fff; content: ''; inset: 0; position: fixed; z-index: 99; }",
    ),
    "pushed-out": lambda folder: _write(
        folder / "frontend" / "app.css", "h1 { left: -9999px; position: absolute; }"
    ),
    "no-script": _empty("frontend/app.js"),
    "script-throws": lambda folder: _write(
        folder / "frontend" / "app.js", "throw new Error('broken');"
    ),
    "emptied": lambda folder: replace(
        folder / "frontend" / "app.js",
        "showAccount(person);",
        "document.querySelector('main').replaceChildren();",
    ),
    "wrong-name": _in_page("<h1>", "<h1 hidden></h1><h1>Another thing</h1><p hidden>"),
}


def _drop(file: Path, pattern: str) -> None:
    text = file.read_text(encoding="utf-8")
    changed = re.sub(pattern, "", text)
    assert changed != text
    _write(file, changed)


def copy_as(source: Path, slug: str, number: int) -> Path:
    """Copy an app under another slug, with an id and ports of its own; all else stays as it was."""
    folder = source.parent / slug
    shutil.copytree(source, folder)
    for file in [path for path in folder.rglob("*") if path.is_file()]:
        replace_all(file, source.name, slug)
    manifest = folder / "app.manifest.yml"
    text = manifest.read_text(encoding="utf-8")
    text = re.sub(r"(?m)^id: .*$", f"id: {uuid.uuid4()}", text)
    text = re.sub(r"frontend: \d+", f"frontend: {20_000 + number}", text)
    _write(manifest, re.sub(r"backend: \d+", f"backend: {30_000 + number}", text))
    return folder


def replace_all(file: Path, old: str, new: str) -> None:
    """Change a file wherever it says ``old``."""
    _write(file, file.read_text(encoding="utf-8").replace(old, new))
