"""Every app that the hub shows works in a browser: one Chromium, one login, a context an app."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest
from playwright.sync_api import expect

from tests.hub.browser import READABLE, picture, status_of
from tests.integration.conftest import evidence_folder

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from hub.catalogue import App
    from tests.hub.tour import Stop
    from tests.integration.browser import Visits


@pytest.mark.runbook(
    severity="normal",
    cause="the front end renders blank, its calls of the backend are refused, or nobody need sign in for them",
    suspects=[
        "bin/hub/apps",
        "bin/hub/signing_in/sign_in.py::SignIn",
        "bin/hub/pages/assets/hub.js",
        "bin/hub/hosting/app_host.py",
    ],
)
def test_app_works_through_its_tile(tile: App, stop: Stop) -> None:
    seen = stop.sight()

    assert f"{tile.manifest.routing.subdomain}.localhost" in seen.address
    assert "" != seen.authenticated, "no call of the front end succeeds that needs a sign-in"
    assert not tile.manifest.auth.required or [] == seen.public, "strangers are answered, too"
    assert seen.contrast >= READABLE, "the heading cannot be seen"
    assert [] == seen.trouble


@pytest.mark.runbook(
    severity="normal",
    cause="the login page, the tiles or the logout do not work in a browser",
    suspects=[
        "bin/hub/serving/portal.py",
        "bin/hub/pages/templates/hub.html",
        "bin/hub/signing_in/sessions.py",
        "bin/hub/signing_in/sign_in.py::SignIn",
    ],
)
def test_portal_logs_in_and_out_of_every_app(visits: Visits) -> None:
    from tests.hub.hub_process import TEST_PASSWORD, TEST_USER

    visit = visits.begin("somebody")
    page = visit.page
    page.goto("/")
    page.get_by_label("Name").fill(TEST_USER)
    send_login(page, "wrong")
    expect(page.get_by_role("alert")).to_have_text("Name or password is wrong.")
    picture(page, evidence_folder() / "apps" / "_login.png")
    send_login(page, TEST_PASSWORD)
    expect(page.get_by_role("heading", level=1)).to_contain_text("Test User")
    picture(page, evidence_folder() / "apps" / "_portal.png")
    page.locator(".tile-link").first.click()
    page.wait_for_url("**://*.localhost:*/")
    app = page.url
    assert 200 == status_of(page, f"{app}api/me")

    page.goto("/")
    page.get_by_role("button", name="Log out").click()
    expect(page.get_by_label("Password")).to_be_visible()

    assert 401 == status_of(page, f"{app}api/me"), "the app's token outlives the session"

    # As a page of an app asks for it that wants to know who is there: the page comes back after the login.
    page.goto(f"{app}.hub/sign-in?to={quote('/?from=a-link', safe='')}")
    page.get_by_label("Name").fill(TEST_USER)
    send_login(page, TEST_PASSWORD)
    page.wait_for_url(f"{app}?from=a-link")
    assert 200 == status_of(page, f"{app}api/me")


def send_login(page: Page, password: str) -> None:
    """Say the password, and press the button; the name is there by then."""
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Log in").click()
