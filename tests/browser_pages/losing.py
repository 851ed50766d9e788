"""A plugin that takes its Chromium from a run: killed before the first test, or made to stand still after it."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Generator

    from playwright.sync_api import Browser

HOW = "LOSES_CHROMIUM_BY"  # names the signal


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None]:
    """Send Chromium the signal, and fail as a test does that does not get what it waits for."""
    chromium: Browser | None = getattr(item, "funcargs", {}).get("chromium")
    if chromium is None or not chromium.is_connected():
        return (yield)
    number = signal.Signals[os.environ[HOW]]
    if number == signal.SIGSTOP:
        yield
    os.kill(process_of(chromium), number)
    if number == signal.SIGSTOP:
        pytest.fail("did not end in time")
    return (yield)


def process_of(chromium: Browser) -> int:
    """Return the id of Chromium's first process."""
    processes = chromium.new_browser_cdp_session().send("SystemInfo.getProcessInfo")["processInfo"]
    (first,) = (process["id"] for process in processes if process["type"] == "browser")
    return int(first)
