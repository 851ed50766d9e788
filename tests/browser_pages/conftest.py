"""The server, the Chromium and the visits of the smoke, for a closer look at the pages."""

from __future__ import annotations

import pytest

from runbook.errors import EnvironmentNotReady
from tests.integration import browser_process
from tests.integration.conftest import (
    chromium,
    owner,
    pytest_runtest_makereport,
    pytest_unconfigure,
    server,
    visitor,
    visits,
)

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
