"""The server, the Chromium and the visits of the smoke, for a closer look at the pages."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from runbook.errors import EnvironmentNotReady
from tests.integration import browser_process
from tests.integration.conftest import (
    Owner,
    chromium,
    owner,
    pytest_runtest_makereport,
    pytest_unconfigure,
    server,
    visitor,
    visits,
)
from tests.integration.pages import remember_maker, remember_visit

if TYPE_CHECKING:
    from tests.integration.browser import Visit, Visits

__all__ = [
    "chromium",
    "owner",
    "pytest_runtest_makereport",
    "pytest_unconfigure",
    "server",
    "visitor",
    "visits",
]


def pytest_configure(config: pytest.Config) -> None:
    """Start the server and Chromium while pytest collects."""
    if config.option.collectonly:
        return
    try:
        browser_process.start()
    except EnvironmentNotReady as error:
        raise pytest.UsageError(str(error)) from error


@pytest.fixture
def maker(owner: Owner, visits: Visits) -> Visit:
    """Somebody whose browser is paired with the owner's account, and was here before."""
    maker = visits.begin("maker")
    remember_visit(maker)
    remember_maker(maker, owner)
    return maker
