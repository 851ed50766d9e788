"""Every app of the hub works: five checks, and what its tokens must and must not open."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest

from runbook.preconditions import precondition
from tests.hub.client import bearer, password_grant, subject_in
from tests.hub.hub_process import TEST_USER

if TYPE_CHECKING:
    from pathlib import Path

    from tests.hub.client import Client
    from tests.hub.conftest import SmokedApp
    from tests.hub.hub_process import HubProcess

TEMPLATE_SLUG = "template-app"
_SLUG_MARK = re.compile(r'<meta name="app-slug" content="([^"]*)">')
_OWN_FILE = re.compile(r'(?:src|href)="/(?!api/)(\w[\w./-]*)"')
_WORD = re.compile(r"[\w-]+")
_PLACEHOLDER = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\bAPP_(?:SLUG|NAME)\b", re.DOTALL)


@pytest.mark.runbook(
    severity="normal",
    cause="backend.py does not import, build_app fails, or the health route is gone",
    suspects=["bin/hub/hosting/backend.py", "bin/hub/serving/gateway.py", "bin/hub/apps"],
)
def test_app_is_healthy(app: SmokedApp) -> None:
    reply = app.answer("health")

    assert (200, "ok") == (reply.status, _key(reply.json, "status")), reply.text


@pytest.mark.runbook(
    severity="high",
    cause=(
        "a route of the app answers without asking who is signed in, or believes a token that is for another app, "
        "forged or not of now"
    ),
    suspects=[
        "bin/hub/sdk.py::signed_in",
        "bin/hub/signing_in/tokens.py::Verifier.verify",
        "bin/hub/apps",
    ],
)
def test_app_refuses_whoever_is_not_signed_in(app: SmokedApp) -> None:
    nobody = app.answer("me of nobody")
    somebody = app.answer("me of a stranger")
    forgers = app.answers_to_forgers()

    assert 401 == nobody.status, f"without a token: {nobody.text}"
    assert 401 == somebody.status, f"with a token for another app: {somebody.text}"
    for call, reply in app.answers_to_calls("by nobody", only_changes=False).items():
        assert 401 == reply.status, f"{call}: {reply.text}"
    for call, reply in app.answers_to_calls("by another site", only_changes=True).items():
        assert reply.status in {401, 403}, f"{call}: {reply.text}"
    for kind, forger in forgers.items():
        assert 401 == forger.status, f"with a token that is {kind}: {forger.text}"


@pytest.mark.runbook(
    severity="normal",
    cause="no token for this app can be had, or the app does not believe it",
    suspects=[
        "bin/hub/signing_in/identity.py::handle_token",
        "bin/hub/signing_in/tokens.py::Verifier.verify",
        "bin/hub/entitlement.py",
        "bin/hub/apps",
    ],
)
def test_app_knows_who_is_signed_in(app: SmokedApp) -> None:
    from hub.users import TEST_GROUPS

    reply = app.answer("me")

    assert (200, f"{TEST_USER}@example.test") == (reply.status, _key(reply.json, "email")), (
        reply.text
    )
    assert {"sub", "name", "email", "groups"} <= set(reply.json)
    assert reply.json["sub"] == subject_in(app.answer("token")), reply.text
    assert "Test User" == reply.json["name"], reply.text
    assert {*TEST_GROUPS} <= {*reply.json["groups"]}, reply.text


@pytest.mark.runbook(
    severity="normal",
    cause="the front page is missing, or is another app's or the template's",
    suspects=["bin/hub/hosting/app_host.py", "bin/hub/apps", "bin/hub/template"],
)
def test_app_serves_its_own_front_page(app: SmokedApp) -> None:
    page = app.answer("page")
    marks = _SLUG_MARK.findall(page.text)

    assert 200 == page.status
    assert app.slug in _WORD.findall(page.text), f"no {app.slug!r} in the page"
    assert marks in ([], [app.slug])
    assert TEMPLATE_SLUG not in page.text
    assert not _PLACEHOLDER.search(page.text)
    files = app.folder / "frontend"
    named = _OWN_FILE.findall(page.text) if files.is_dir() else []
    assert [] == [name for name in named if not (files / name).exists()]


@pytest.mark.runbook(
    severity="normal",
    cause="the manifest does not parse, or has lost a field that it needs",
    suspects=["bin/hub/manifest.py::parse", "bin/hub/apps"],
)
def test_app_has_a_valid_manifest(app: SmokedApp) -> None:
    from hub import manifest

    found = manifest.parse((app.folder / manifest.FILE_NAME).read_text(encoding="utf-8"))
    served = app.answer("manifest")

    assert app.slug == found.slug
    assert (200, app.slug) == (served.status, _key(served.json, "slug")), served.text


@pytest.mark.runbook(
    severity="high",
    cause="the list of apps does not look at lifecycle, visibility or entitlement",
    suspects=["bin/hub/catalogue.py::Catalogue.shown_to", "bin/hub/serving/portal.py::handle_apps"],
)
def test_portal_shows_the_apps_that_it_should(hub: HubProcess, client: Client) -> None:
    token = client.token("portal")
    reply = client.get(f"{hub.url}/api/apps", **bearer(token))
    anonymous = client.get(f"{hub.url}/api/apps")

    with precondition("a token can be had", row="test_app_knows_who_is_signed_in"):
        assert 2 == token.count("."), token
    with precondition("a token is believed", row="test_app_knows_who_is_signed_in"):
        assert 401 != reply.status, reply.text
    shown = _shown(hub.apps)
    assert shown == [app["slug"] for app in reply.json["apps"]]
    assert 401 == anonymous.status
    refused = {
        "smoke-not-ours": 403,
        "smoke-members": 403,
        "smoke-ungranted": 403,
        "smoke-archived": 401,
    }
    assert refused == {
        slug: client.form(f"{hub.url}/identity/token", password_grant(slug)).status
        for slug in refused
    }
    subdomains = {
        slug: _read(hub.apps / slug / "app.manifest.yml")["routing"]["subdomain"] for slug in shown
    }
    texts = {slug: _texts(hub.apps / slug) for slug in shown}
    assert texts == {app["slug"]: (app["name"], app["description"]) for app in reply.json["apps"]}
    scheme, _, place = hub.url.partition("://")
    assert {slug: f"{scheme}://{name}.{place}" for slug, name in subdomains.items()} == {
        app["slug"]: app["url"] for app in reply.json["apps"]
    }


def _texts(folder: Path) -> tuple[str, str]:
    said = _read(folder / "app.manifest.yml")
    return said["name"], said["description"]


def _shown(apps: Path) -> list[str]:
    """The apps that have a tile for the test user, in its order, as their files say and not as the hub reads them."""
    from hub.catalogue import scan

    broken = {app.slug for app in scan(apps).broken}  # which another row judges
    granted = [file.parent for file in apps.glob("*/entitlement.yml") if file.parent.name[0] != "."]
    tiles = (_place(folder) for folder in granted if folder.name not in broken)
    return [slug for *_, slug in sorted(filter(None, tiles))]


def _place(folder: Path) -> tuple[str, float, str, str] | None:
    """Where an app's tile stands for the test user, and its slug; None where it has none."""
    from hub.users import TEST_GROUPS

    said = _read(folder / "app.manifest.yml")
    granted = _read(folder / "entitlement.yml")["groups"]
    entry = {"visible": True, "category": "Apps", "order": 100} | said.get("hub", {})
    is_archived = said.get("lifecycle", {}).get("status") == "archived"
    is_theirs = set(said["auth"]["required_groups"]) <= set(TEST_GROUPS)
    if not entry["visible"] or is_archived or not is_theirs or set(granted).isdisjoint(TEST_GROUPS):
        return None
    return entry["category"].casefold(), entry["order"], said["name"].casefold(), said["slug"]


@cache
def _read(file: Path) -> Any:
    import yaml

    # The one in C where it is there: in Python, this test alone took a sixth of the time of all.
    return yaml.load(file.read_bytes(), getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 - either is a safe one


def _key(body: object, name: str) -> object:
    """What a body says under a name; one that is no object, said so that it equals nothing that it could have said."""
    return body.get(name) if isinstance(body, dict) else f"no object: {body}"
