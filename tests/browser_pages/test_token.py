"""The pairing token is the only way back to one's canvases: a newcomer is told so, and can copy it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.integration import line, page_facts
from tests.integration.hands import press, write
from tests.integration.page_facts import appears, disappears, seen, state_of
from tests.integration.pages import READY, open_page, remember_visit, unpair

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.integration.browser import Visit, Visits
    from tests.integration.conftest import Owner

NOTICE, ENDING, COPY, TOLD = (
    "#token-notice",
    "#token-ending",
    "#token-copy",
    "#token-status[role=status]",
)
REFUSE = """() => {
  navigator.clipboard.writeText = () => Promise.reject(new DOMException("no", "NotAllowedError"));
}"""
LACK = "Object.defineProperty(Navigator.prototype, 'clipboard', { value: undefined })"


@pytest.fixture(autouse=True)
def may_copy(maker: Visit) -> None:
    """The maker's browser has a clipboard, and lets pages use it."""
    maker.context.grant_permissions(["clipboard-read", "clipboard-write"])


def clipboard(page: Page) -> str:
    """What somebody would paste now."""
    return str(page.evaluate("navigator.clipboard.readText()"))


def test_a_newcomer_is_told_to_keep_the_token_until_it_is_copied(
    owner: Owner, maker: Visit
) -> None:
    page = maker.page
    open_page(page, f"/studio.html#{owner.seed('Baskets').id}")
    assert appears(page, NOTICE, "the only way back")
    assert owner.client.token not in state_of(page, "body", "textContent")  # nobody reads along
    press(page, COPY)
    assert appears(page, TOLD, "Copied")
    assert owner.client.token == clipboard(page)
    assert [] == seen(page, "#token-value")
    page.reload(wait_until=READY)
    assert appears(page, "#editor")
    assert [] == seen(page, NOTICE)
    assert [] == maker.trouble


@pytest.mark.parametrize("clipboard_is", [REFUSE, LACK], ids=["refused", "missing"])
@pytest.mark.parametrize("path", ["/studio.html", "/settings.html"])
def test_where_nothing_can_be_copied_one_key_does_it(
    owner: Owner, maker: Visit, path: str, clipboard_is: str
) -> None:
    page = maker.page
    open_page(page, path)
    assert appears(page, COPY)
    page.evaluate(clipboard_is)
    page.evaluate("(selector) => document.querySelector(selector).focus()", COPY)
    page.keyboard.press("Enter")
    assert appears(page, TOLD, "Ctrl+C")
    assert [owner.client.token] == seen(page, "#token-value")
    assert owner.client.token == page.evaluate("getSelection().toString().trim()")
    assert "token-copy" == page_facts.focused(page)
    assert [] == maker.trouble


def test_settings_copy_the_token_and_do_not_show_it(owner: Owner, maker: Visit) -> None:
    page = maker.page
    open_page(page, "/settings.html")
    press(page, COPY)
    assert appears(page, TOLD, "Copied")
    assert owner.client.token == clipboard(page)
    assert [] == seen(page, "#token-value")
    press(page, "#unpair")
    press(page, "#unpair-dialog [value=keep]")
    assert "unpair" == page_facts.focused(page)
    assert owner.client.token == page.evaluate("localStorage['ensemble.pairing_token']")
    unpair(page)
    assert disappears(page, COPY)
    kept = page.evaluate("Object.keys(localStorage).filter((key) => key.includes('token'))")
    assert [] == kept


def test_a_token_that_ends_soon_is_renewed(owner: Owner, visits: Visits) -> None:
    old = owner.issue_token(days_ago=80)
    somebody = visits.begin("somebody")
    remember_visit(somebody)
    somebody.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = somebody.page
    open_page(page, "/pair.html")
    write(page, "#pairing-token", old)
    press(page, "#pair-form [type=submit]")
    page.wait_for_url("**/studio.html", wait_until=READY)
    assert appears(page, ENDING, "Your pairing token ends on")
    press(page, f"{ENDING} a")
    page.wait_for_url("**/settings.html", wait_until=READY)
    press(page, "#token-renew")
    assert appears(page, TOLD, "Renewed. Copy the new token")
    assert 401 == owner.client.using(old).get("/studio/canvas/mine").status

    open_page(page, "/studio.html")
    assert appears(page, NOTICE, "the only way back")  # the new one is kept nowhere else yet
    assert [] == seen(page, ENDING)
    press(page, COPY)
    assert appears(page, TOLD, "Copied")
    assert clipboard(page) not in {"", old}
    assert 200 == owner.client.using(clipboard(page)).get("/studio/canvas/mine").status
    assert [] == somebody.trouble


def test_whose_token_lasts_is_told_until_when(maker: Visit) -> None:
    page = maker.page
    open_page(page, "/settings.html")
    assert appears(page, "#pairing-status", "paired with your account until ")
    open_page(page, "/studio.html")
    assert appears(page, "#no-drafts")
    assert [] == seen(page, ENDING)


def test_who_cannot_renew_is_told_why_and_stays_paired(owner: Owner, maker: Visit) -> None:
    page = maker.page
    open_page(page, "/settings.html")
    line.answers_once(page, "/studio/renew", 429, {"message": "Too many requests."})
    press(page, "#token-renew")
    assert appears(page, "#pairing-status", "Too many requests")
    assert owner.client.token == page.evaluate("localStorage['ensemble.pairing_token']")
    assert 200 == owner.client.get("/studio/canvas/mine").status


def test_who_shares_a_browser_leaves_it_and_comes_back(owner: Owner, maker: Visit) -> None:
    page, token = maker.page, owner.client.token or ""
    open_page(page, "/settings.html")
    press(page, "#unpair")
    press(page, "#unpair-here")
    assert appears(page, "#pairing-status", "Copy your pairing token first")
    assert "token-copy" == page_facts.focused(page)
    assert token == page.evaluate("localStorage['ensemble.pairing_token']")
    press(page, COPY)
    assert appears(page, TOLD, "Copied")
    press(page, "#unpair")
    press(page, "#unpair-here")
    assert appears(page, "#pairing-status", "is not paired")
    assert [] == page.evaluate("Object.keys(localStorage).filter((key) => key.includes('token'))")
    assert 200 == owner.client.get("/studio/canvas/mine").status


def test_whoever_has_the_token_says_so_once(maker: Visit) -> None:
    page = maker.page
    open_page(page, "/studio.html")
    press(page, "#token-close")
    assert [] == seen(page, NOTICE)
    assert "studio-title" == page_facts.focused(page)
    page.reload(wait_until=READY)
    assert appears(page, "#no-drafts")
    assert [] == seen(page, NOTICE)


def test_whoever_pastes_the_token_has_it(owner: Owner, visits: Visits) -> None:
    somebody = visits.begin("somebody")
    remember_visit(somebody)
    open_page(somebody.page, "/pair.html")
    write(somebody.page, "#pairing-token", owner.client.token or "")
    press(somebody.page, "#pair-form [type=submit]")
    somebody.page.wait_for_url("**/studio.html", wait_until=READY)
    assert appears(somebody.page, "#no-drafts")
    assert [] == seen(somebody.page, NOTICE)


def test_a_server_that_stumbles_takes_nobodys_token(owner: Owner, maker: Visit) -> None:
    page = maker.page
    page.route("**/studio/canvas/mine", lambda route: route.fulfill(status=500, json={}), times=1)
    open_page(page, "/settings.html")
    assert appears(page, "#pairing-status", "500")
    assert owner.client.token == state_of(page, "#token-value", "textContent")
    open_page(page, "/studio.html")
    line.answers_once(page, "/studio/canvas", 404, {"message": "There is no such thing."})
    press(page, "#new-canvas")
    assert appears(page, "#studio-message", "no such thing")
    assert owner.client.token == page.evaluate("localStorage['ensemble.pairing_token']")


def test_an_account_of_another_tab_is_not_replaced(owner: Owner, visits: Visits) -> None:
    somebody = visits.begin("somebody")
    page = somebody.page
    open_page(page, "/index.html")
    write(page, "#first-run-handle", "willow")
    write(page, "#first-run-building", "Baskets")
    press(page, "#first-run-tos-check")
    remember_elsewhere = "(token) => localStorage.setItem('ensemble.pairing_token', token)"
    page.evaluate(remember_elsewhere, owner.client.token)
    press(page, "#first-run-submit")
    page.wait_for_url("**/studio.html", wait_until=READY)

    assert owner.client.token == page.evaluate("localStorage['ensemble.pairing_token']")
    assert {"POST ": 0} == somebody.counted("POST ")


def test_another_account_does_not_take_the_place_of_one_whose_token_is_kept_nowhere(
    owner: Owner, maker: Visit
) -> None:
    page, other = maker.page, owner.issue_token(days_ago=0)
    open_page(page, "/pair.html")
    write(page, "#pairing-token", other)
    press(page, "#pair-form [type=submit]")
    assert appears(page, "#pair-form [role=alert]", "paired already")
    assert owner.client.token == page.evaluate("localStorage['ensemble.pairing_token']")
    open_page(page, "/settings.html")
    press(page, COPY)
    assert appears(page, TOLD, "Copied")
    open_page(page, "/pair.html")
    write(page, "#pairing-token", other)
    press(page, "#pair-form [type=submit]")
    page.wait_for_url("**/studio.html", wait_until=READY)
