"""A plugin that makes every test fail when it has done its work, to see what a failure leaves."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Generator


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call() -> Generator[None]:
    """Let the test run, then fail."""
    yield
    pytest.fail("broken on purpose")
