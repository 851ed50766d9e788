"""The seconds that one test may take under the engine: what does not end is red, and says where it was.

They are counted in ticks, so that a run which is stopped for a while, as by Ctrl-Z, has not used them up meanwhile.
Whatever goes on after its first failure is told again after as long; what no failure can end, the engine ends, see
`runbook.smoke.pytest_process`. Where one has waited in vain the next need not wait as long to say the same: a test
that comes to stand still there too ends the run, in which all the others might.
"""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path
    from types import FrameType

_TICKS = 10
_STILL = 2  # ticks in which a test has come to where one before it did not end


class TimeLimit:
    """The time of one test after the other.

    Attributes:
        is_shared: Whether a second test came to stand still where one before it did not end.

    Args:
        seconds: For each, set-up and teardown included; 0 for no limit.
        root: The project's root: where a test was is told of the project's own code.
        failure: What is raised, with what to say.
    """

    def __init__(self, seconds: float, root: Path, failure: type[BaseException]) -> None:
        self.is_shared = False
        self._stuck_in = ""
        self._seconds = seconds
        self._root = root
        self._failure = failure
        self._ticks = 0
        self._told = ""
        if seconds:
            signal.signal(signal.SIGALRM, self._tick)

    def start(self, told: str = "") -> None:
        """Give what begins now all of the time.

        Args:
            told: The file of which a failure says the line anyway.
        """
        self._ticks, self._told = 0, told
        self._set(self._seconds / _TICKS)

    def stop(self) -> None:
        """Let what goes on now take as long as it likes."""
        self._set(0)

    def _set(self, seconds: float) -> None:
        if self._seconds:
            signal.setitimer(signal.ITIMER_REAL, seconds, seconds)

    def _tick(self, _number: int, frame: FrameType | None) -> None:
        self._ticks += 1
        place = self._place(frame)
        if place and place == self._stuck_in and self._ticks >= _STILL:
            self.is_shared = True
            raise self._failure(f"stands still in {place}, where one before did not end")
        if self._ticks % _TICKS == 0:
            self._stuck_in = place
            where = f", and was in {place}" if place else ""
            raise self._failure(f"did not end in {self._seconds:g} s{where}")

    def _place(self, frame: FrameType | None) -> str:
        """Where the project's own code was, the nearest to what went on; empty for the test itself."""
        while frame is not None:
            code = frame.f_code
            if code.co_filename.startswith(f"{self._root}/") and _is_own(code.co_filename):
                file = code.co_filename[len(str(self._root)) + 1 :]
                return f"{file}:{frame.f_lineno}" if file != self._told else ""
            frame = frame.f_back
        return ""


def _is_own(file: str) -> bool:
    return "site-packages" not in file
