"""The negative control: a test that must fail, in each folder whose tests are run.

What hides failures (a conftest that rewrites reports, or swallows calls; assertions that are switched off) hides
this one too, and then the run proves nothing. The engine makes it in the session itself, where the hooks of
the folder's conftest reach it, under a name that is another each time. No file is written, and neither
pytest's summary nor its exit status knows of it.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

import pytest
from _pytest.runner import runtestprotocol

if TYPE_CHECKING:
    from pathlib import Path


def must_fail() -> None:
    """Fail, by an assertion as in any test."""
    assert must_fail.__name__ == "", "the negative control"  # noqa: S101 - it is one


class NegativeControls:
    """The controls of one session.

    Args:
        is_interactive: Whether a failure would stop in a debugger: then there are none.
    """

    def __init__(self, *, is_interactive: bool) -> None:
        self._folders: set[Path] = set()
        self._is_off = is_interactive
        self.running: pytest.Item | None = None

    def run_before(self, item: pytest.Item) -> tuple[str, str] | None:
        """Run the control of the item's folder, if this is the first item there.

        Args:
            item: The test that comes next.

        Returns:
            The control's node id and what became of its call (passed, failed, skipped, or missing where it was
            not called), or None where none was run.
        """
        module, folder = item.getparent(pytest.Module), item.path.parent
        if self._is_off or module is None or folder in self._folders:
            return None
        self._folders.add(folder)
        name = f"test_negative_control_{secrets.token_hex(4)}"
        control: pytest.Function = pytest.Function.from_parent(module, name=name, callobj=must_fail)
        self.running = control
        try:
            reports = runtestprotocol(control, log=False, nextitem=item)
        finally:
            self.running = None
        outcomes = [report.outcome for report in reports if report.when == "call"]
        return control.nodeid, outcomes[-1] if outcomes else "missing"
