"""Counts of what the server has answered since it started."""

from __future__ import annotations

import time
from collections import deque
from typing import Final

_RECENT_SECONDS: Final = 300.0
# Beyond so many errors in five minutes the exact count helps nobody, and memory is bounded.
_MAX_RECENT: Final = 10_000


class Metrics:
    """Counters of one process; used on the event loop's thread alone."""

    def __init__(self) -> None:
        self._started = time.monotonic()
        self.requests = 0
        self.errors = 0
        self._error_times: deque[float] = deque(maxlen=_MAX_RECENT)

    def count(self, status: int) -> None:
        """Count one request by the status it was answered with."""
        self.requests += 1
        if status >= 500:
            self.errors += 1
            self._error_times.append(time.monotonic())

    def uptime(self) -> float:
        """Seconds since the start."""
        return round(time.monotonic() - self._started, 3)

    def recent_errors(self) -> int:
        """Errors of the last five minutes."""
        oldest = time.monotonic() - _RECENT_SECONDS
        return sum(moment >= oldest for moment in self._error_times)
