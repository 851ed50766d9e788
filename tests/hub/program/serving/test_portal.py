"""The portal's pages: tiles, icons, errors, and nothing that an app's manifest says becomes markup."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.hub.client import Client
from tests.hub.hub_process import TEST_PASSWORD, TEST_USER, HubProcess
from tests.hub.program.conftest import write_app

if TYPE_CHECKING:
    from collections.abc import Iterator

HOSTILE = "<img src=x onerror=alert(1)>\"'</style><script>alert(1)</script>"


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HubProcess]:
    """A hub with a hostile app, one with an icon of its own, and some more."""
    apps = tmp_path_factory.mktemp("apps")
    words = {"name": HOSTILE[:60], "description": HOSTILE, "hub__category": HOSTILE}
    write_app(apps, "hostile", 1, groups=["users"], **words)
    drawn = write_app(apps, "drawn", 2, groups=["users"], icon="icon.svg", color="#ffffff")
    (drawn / "icon.svg").write_text(
        "<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"
    )
    write_app(apps, "young", 3, groups=["users"], lifecycle__status="experimental", color="#000000")
    with HubProcess(apps) as started:
        yield started


@pytest.fixture
def session(hub: HubProcess, client: Client) -> str:
    """The cookie of somebody who is logged in."""
    reply = client.form(f"{hub.url}/login", {"login": TEST_USER, "password": TEST_PASSWORD})
    return f"hub_session={reply.cookies['hub_session']}"


def test_what_a_manifest_says_is_text(hub: HubProcess, client: Client, session: str) -> None:
    page = client.get(f"{hub.url}/", cookie=session)

    assert 200 == page.status
    assert "&lt;img src=x" in page.text
    assert "<img src=x" not in page.text
    assert "<script>alert" not in page.text
    assert "unsafe" not in page.headers["content-security-policy"]


def test_tiles_have_their_colours_and_an_ink_that_can_be_read(
    hub: HubProcess, client: Client, session: str
) -> None:
    page = client.get(f"{hub.url}/", cookie=session).text

    assert ".tile-young { --tile: #000000; --tile-ink: #ffffff; }" in page
    assert ".tile-drawn { --tile: #ffffff; --tile-ink: #18150f; }" in page
    assert '<span class="badge">experimental</span>' in page
    nonce = re.search(r'<style nonce="([^"]+)">', page)
    assert nonce is not None


def test_an_icon_is_for_those_who_see_its_tile_and_runs_nothing(
    hub: HubProcess, client: Client, session: str
) -> None:
    icon = client.get(f"{hub.url}/icons/drawn", cookie=session)

    assert (200, "image/svg+xml") == (icon.status, icon.headers["content-type"])
    assert "sandbox" in icon.headers["content-security-policy"]
    assert 404 == client.get(f"{hub.url}/icons/drawn").status
    assert 404 == client.get(f"{hub.url}/icons/young", cookie=session).status
    assert 404 == client.get(f"{hub.url}/icons/..%2f..%2fx", cookie=session).status


@pytest.mark.parametrize("path", ["/nothing", "/.hub/nothing", "/identity", "/login/", "/%00"])
def test_what_is_not_there_is_404(hub: HubProcess, client: Client, path: str) -> None:
    assert 404 == client.get(hub.url + path).status


def test_the_look_is_that_of_ensemble(hub: HubProcess, client: Client) -> None:
    for name in ("tokens.css", "site.css", "theme.js", "hub.css", "hub.js", "look.js"):
        asset = client.get(f"{hub.url}/.hub/{name}")
        assert 200 == asset.status, name
        assert asset.body, name


def test_health_says_how_many_apps_there_are(hub: HubProcess, client: Client) -> None:
    assert {"status": "ok", "apps": 3, "broken": 0} == client.get(f"{hub.url}/health").json


def test_cookies_are_kept_to_https_where_there_is_https(hub: HubProcess) -> None:
    fields, url = {"login": TEST_USER, "password": TEST_PASSWORD}, "https://hub.example.org"

    with (
        HubProcess(hub.apps, "--public-url", url) as secure,
        Client(url, at=f"http://127.0.0.1:{secure.port}") as client,
    ):
        reply = client.form(f"{url}/login", fields)
        begun = client.get("https://drawn.hub.example.org/.hub/sign-in")

    assert "Secure" in reply.headers["set-cookie"]
    assert "Secure" in begun.headers["set-cookie"]
    assert begun.headers["location"].startswith(f"{url}/identity/authorize?")
