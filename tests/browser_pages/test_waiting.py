"""A test waits for what can still come, and not for what cannot."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.integration.waiting import UNTIL

if TYPE_CHECKING:
    from playwright.sync_api import Page, Route

    from tests.integration.browser import Visits

PATIENCE_MS = 3_600_000  # longer than any test may take
COMES = f"async (patience) => {{ {UNTIL} return until(() => window.came, patience); }}"
# Longer than somebody waits for a page that asks for nothing.
ASK = """() => {
  fetch("/slow").then(() => { window.came = true; });
  let turns = 0;
  const counting = setInterval(() => {
    turns += 1;
    if (turns < 400) return;
    clearInterval(counting);
    fetch("/enough");
  }, 5);
}"""


@pytest.fixture
def page(visits: Visits) -> Page:
    """A page of ours on which nothing happens by itself."""
    page = visits.begin("somebody").page
    page.goto("/legal/terms.html", wait_until="load")
    return page


def test_nobody_waits_for_a_page_that_asks_for_nothing(page: Page) -> None:
    assert not page.evaluate(COMES, PATIENCE_MS)


def test_an_answer_is_waited_for_however_long_it_takes(page: Page) -> None:
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    def let_go(route: Route) -> None:
        for each in (*held, route):
            each.fulfill()

    page.route("**/slow", hold)
    page.route("**/enough", let_go)
    page.evaluate(ASK)

    assert page.evaluate(COMES, PATIENCE_MS)


def test_an_answer_is_not_waited_for_beyond_all_patience(page: Page) -> None:
    page.route("**/slow", lambda _: None)
    page.evaluate("() => { fetch('/slow'); }")

    assert not page.evaluate(COMES, 50)
