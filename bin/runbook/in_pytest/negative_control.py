"""The negative controls: two tests that must fail, in each folder whose tests are run.

What hides failures (a conftest that rewrites reports, swallows calls, or tries again until it is green; assertions
that are switched off) hides these too, and then the run proves nothing. One fails by an assertion, one by an
error that is of many kinds at once, so that whoever catches some kind of error catches it; and each fails at its
first call alone, as a test does that fails now and then. The engine makes them in the session itself, where the
hooks of the folder's conftest reach them, under a name that is another each time. No file is written, and neither
pytest's summary nor its exit status knows of them.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from _pytest.runner import runtestprotocol

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


class AnyError(AssertionError, OSError, LookupError, ArithmeticError, ValueError, RuntimeError):
    """Whatever somebody might have thought harmless."""


def failing_assertion() -> Callable[[], None]:
    """Make a test whose assertion fails at the first call."""
    calls: list[None] = []

    def must_fail() -> None:
        calls.append(None)
        assert len(calls) > 1, "the negative control"  # noqa: S101 - it is one

    return must_fail


def raised_error() -> Callable[[], None]:
    """Make a test that ends in an error at the first call."""
    calls: list[None] = []

    def must_fail() -> None:
        calls.append(None)
        if len(calls) == 1:
            raise AnyError("the negative control")

    return must_fail


def _told_to_nobody(_error: object, *_: object, **__: object) -> str:
    return "the negative control failed, as it must"


class NegativeControls:
    """The controls of one session.

    Args:
        is_interactive: Whether a failure would stop in a debugger: then there are none.
    """

    def __init__(self, *, is_interactive: bool) -> None:
        self._folders: set[Path] = set()
        self._is_off = is_interactive
        self.running: pytest.Item | None = None

    def run_before(self, item: pytest.Item) -> list[tuple[str, str]]:
        """Run the controls of the item's folder, if this is the first item there.

        Args:
            item: The test that comes next.

        Returns:
            For each control its node id and what became of its call: passed, failed, skipped, or missing where
            it was not called.
        """
        module, folder = item.getparent(pytest.Module), item.path.parent
        if self._is_off or module is None or folder in self._folders:
            return []
        self._folders.add(folder)
        return [self._run(module, make(), item) for make in (failing_assertion, raised_error)]

    def _run(
        self, module: pytest.Module, body: Callable[[], None], item: pytest.Item
    ) -> tuple[str, str]:
        name = f"test_negative_control_{os.urandom(4).hex()}"
        control: pytest.Function = pytest.Function.from_parent(module, name=name, callobj=body)
        # Nobody reads why it failed, and to show its source takes longer than a test of the smoke.
        control.repr_failure = _told_to_nobody  # type: ignore[assignment]
        self.running = control
        try:
            reports = runtestprotocol(control, log=False, nextitem=item)
        finally:
            self.running = None
        outcomes = [report.outcome for report in reports if report.when == "call"]
        return control.nodeid, outcomes[-1] if outcomes else "missing"
