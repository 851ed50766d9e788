"""Makes a new app from the template: whole and smoked, or not at all.

The app is rendered into a hidden folder beside the others, smoked there on a hub of its own, and moved
into place by one rename. Whatever fails before leaves nothing.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import secrets
import shutil
import subprocess
import sys
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Final

from hub import manifest
from hub.addresses import DEFAULT_PORT
from hub.catalogue import scan
from hub.errors import EXIT_RED, EnvironmentNotReady, ManifestError, SmokeRed, UsageError
from hub.said import say

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hub.catalogue import App

TEMPLATE: Final = Path(__file__).resolve().parent / "template"
SMOKE: Final = Path(__file__).resolve().parents[1] / "smoke-test.sh"
FIRST_FRONTEND, FIRST_BACKEND = 5174, 8174
PORTS: Final = 1000  # of each; one for every app
_SCRATCH: Final = ".scaffold-"
_COLOURS: Final = (
    "#c2711f",
    "#2563eb",
    "#16a34a",
    "#8b5cf6",
    "#be1250",
    "#12877d",
    "#d0890c",
    "#93379f",
)


def new_app(root: Path, slug: str, name: str, kind: str, *, smoke: bool = True) -> Path:
    """Make an app, and say where it is.

    Args:
        root: The folder of the apps.
        slug: Its name in addresses.
        name: Its name for people.
        kind: What it is to the team.
        smoke: Whether to smoke it before it is put into place.

    Returns:
        The app's folder.

    Raises:
        UsageError: Slug, name or kind cannot be used, or the slug is taken.
        EnvironmentNotReady: The folder cannot be written, or the smoke cannot be run.
        SmokeRed: The app was made and is red; it is gone again.
    """
    _check(slug, name, kind)
    with _locked(root), _scratch(root) as scratch:
        _refuse_taken(root, slug)
        made = _render(root, scratch, slug, name.strip(), kind)
        if smoke:
            _smoke(scratch, slug)
        folder = root / slug
        made.folder.rename(folder)
    ports = made.manifest.routing.ports
    say(f"made {slug} in {folder}")
    say(f"ports frontend={ports.frontend} backend={ports.backend}")
    say(f"next bin/invoke up; then http://{slug}.localhost:{DEFAULT_PORT}")
    return folder


def _check(slug: str, name: str, kind: str) -> None:
    try:
        manifest.check_slug(slug)
    except ManifestError as error:
        raise UsageError(str(error), next_step="choose another --slug") from error
    if not re.fullmatch(r"[^\x00-\x1f\x7f{}<>]{1,60}", name) or not name.strip():
        raise UsageError(
            f"the name {name!r} is empty, too long, or holds a control character or one of {{}}<>",
            next_step='--name "Team notes", for example',
        )
    if kind not in set(manifest.Kind):
        raise UsageError(
            f"there is no kind {kind!r}", next_step=f"--kind {' or '.join(manifest.Kind)}"
        )


@contextlib.contextmanager
def _locked(root: Path) -> Iterator[None]:
    """One at a time: two at once would get the same ports."""
    try:
        root.mkdir(parents=True, exist_ok=True)
        folder = os.open(root, os.O_RDONLY)
    except OSError as error:
        raise EnvironmentNotReady(
            f"the apps' folder {root} cannot be used: {error.strerror}"
        ) from error
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


@contextlib.contextmanager
def _scratch(root: Path) -> Iterator[Path]:
    """A hidden folder, which goes whatever happens; one that was left by a kill goes too."""
    for left in root.glob(f"{_SCRATCH}*"):
        shutil.rmtree(left)
    folder = root / f"{_SCRATCH}{secrets.token_hex(4)}"
    try:
        folder.mkdir()
    except OSError as error:
        raise EnvironmentNotReady(
            f"the apps' folder {root} cannot be written: {error.strerror}"
        ) from error
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


def _refuse_taken(root: Path, slug: str) -> None:
    taken = {app.slug for app in scan(root).broken}
    for app in scan(root).apps:
        taken |= {app.slug, app.manifest.routing.subdomain}
    if slug in taken or (root / slug).exists():
        raise UsageError(f"there is an app {slug!r} already", next_step="choose another --slug")


def _render(root: Path, scratch: Path, slug: str, name: str, kind: str) -> App:
    import copier  # noqa: PLC0415 - slow to import

    others = scan(root).apps
    frontend, backend = allocate_ports(others)
    answers = {
        "APP_SLUG": slug,
        "APP_NAME": name,
        "APP_KIND": kind,
        "APP_ID": str(uuid.uuid4()),
        "APP_COLOR": _COLOURS[len(others) % len(_COLOURS)],
        "FRONTEND_PORT": frontend,
        "BACKEND_PORT": backend,
    }
    copier.run_copy(str(TEMPLATE), scratch / slug, data=answers, defaults=True, quiet=True)
    found = scan(scratch)
    if found.broken:
        raise SmokeRed(f"the template makes no usable app: {found.broken[0].reason}")
    return found.apps[0]


def allocate_ports(apps: tuple[App, ...]) -> tuple[int, int]:
    """Return the lowest pair of ports, frontend and backend, that no app has.

    Raises:
        EnvironmentNotReady: All are taken.
    """
    taken = {
        port
        for app in apps
        for port in (app.manifest.routing.ports.frontend, app.manifest.routing.ports.backend)
    }
    for number in range(PORTS):
        pair = FIRST_FRONTEND + number, FIRST_BACKEND + number
        if taken.isdisjoint(pair):
            return pair
    raise EnvironmentNotReady(f"all {PORTS} pairs of ports are taken")


def _smoke(apps: Path, slug: str) -> None:
    """Run the five checks on the new app alone; what they print goes where this process's own output does."""
    environment = os.environ | {"HUB_PYTHON": sys.executable}
    command = ["bash", str(SMOKE), "--apps", str(apps), slug]
    try:
        status = subprocess.call(command, env=environment, stdout=sys.stdout)
    except OSError as error:
        raise EnvironmentNotReady(f"the smoke cannot be run: {error.strerror}") from error
    if status == EXIT_RED:
        raise SmokeRed(
            f"the new app {slug} is red, and was removed", next_step="mend bin/hub/template"
        )
    if status:
        raise EnvironmentNotReady(f"the smoke of the new app ended with {status}; it was removed")
