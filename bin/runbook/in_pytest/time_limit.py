"""The seconds that one test may take under the engine: what does not end is red, and says where it was.

They are counted in ticks, so that a run which is stopped for a while, as by Ctrl-Z, has not used them up meanwhile.
Whatever goes on after its first failure is told again after as long; what no failure can end, the engine ends, see
`runbook.smoke.pytest_process`.
"""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path
    from types import FrameType

_TICKS = 10


class TimeLimit:
    """The time of one test after the other.

    Args:
        seconds: For each, set-up and teardown included; 0 for no limit.
        root: The project's root: where a test was is told of the project's own code.
        failure: What is raised, with what to say.
    """

    def __init__(self, seconds: float, root: Path, failure: type[BaseException]) -> None:
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
        if self._ticks % _TICKS == 0:
            raise self._failure(f"did not end in {self._seconds:g} s{self._place(frame)}")

    def _place(self, frame: FrameType | None) -> str:
        """Where the project's own code was, the nearest to what went on."""
        while frame is not None:
            code = frame.f_code
            if code.co_filename.startswith(f"{self._root}/") and _is_own(code.co_filename):
                file = code.co_filename[len(str(self._root)) + 1 :]
                return f", and was in {file}:{frame.f_lineno}" if file != self._told else ""
            frame = frame.f_back
        return ""


def _is_own(file: str) -> bool:
    return "site-packages" not in file
