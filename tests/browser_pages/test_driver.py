"""Playwright's driver: it starts while others work, and does several things at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Error

from tests.integration.driver import Driver, at_once

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Page

    from tests.integration.browser import Visits


@pytest.fixture
def page(visits: Visits) -> Page:
    """An empty page."""
    return visits.begin("somebody").page


def test_one_goes_on_while_another_waits(page: Page) -> None:
    def wait() -> object:
        return page.evaluate("new Promise((resolve) => { globalThis.goOn = resolve; })")

    def go_on() -> object:
        return page.evaluate("goOn('at last')")

    assert ["at last", None] == at_once(wait, go_on)


def test_what_one_raises_is_raised_when_all_have_ended(page: Page) -> None:
    ended: list[str] = []

    def fail() -> None:
        page.evaluate("notThere()")

    def succeed() -> None:
        page.evaluate("new Promise((resolve) => { setTimeout(resolve, 50); })")
        ended.append("the other")

    with pytest.raises(Error, match="notThere is not defined"):
        at_once(fail, succeed)
    assert ["the other"] == ended


def test_a_driver_that_does_not_start_says_why_where_it_is_needed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PLAYWRIGHT_NODEJS_PATH", str(tmp_path / "no-node"))
    with ThreadPoolExecutor() as own:  # in this thread Playwright's loop runs already
        said = own.submit(why_it_does_not_start, tmp_path).result()

    assert "no-node" in said


def why_it_does_not_start(folder: Path) -> str:
    """Begin a driver, and return what is said when it is needed."""
    driver = Driver(folder)
    with pytest.raises(Error) as caught:
        driver.wait()
    driver.stop()
    return str(caught.value)
