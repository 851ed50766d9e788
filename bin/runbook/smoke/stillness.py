"""Whether a run has become still: nothing is told any more, for longer than a test may take to fail and to clean up."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

# The time of a test: its call and its teardown may each fail of it, see `runbook.in_pytest.time_limit`.
_TIMES = 3


class Stillness:
    """How long nothing has happened, in waits that were seen to pass: none passes while the machine sleeps.

    Args:
        events: The file that grows with whatever happens. Before there is one nothing is still.
        test_seconds: What one test may take.
    """

    def __init__(self, events: Path, test_seconds: float) -> None:
        self._events = events
        self._most = _TIMES * test_seconds
        self._seconds = 0.0
        self._size = 0

    def lasts(self, seconds: float) -> bool:
        """Add the seconds of a wait; return whether it has been still for too long."""
        size = self._events.stat().st_size if self._events.exists() else 0
        is_still = size == self._size and size > 0
        self._size = size
        self._seconds = self._seconds + seconds if is_still else 0.0
        return self._seconds > self._most
