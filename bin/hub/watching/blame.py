"""Which app has ended the process that serves all of them: judged by what that process last said."""

from __future__ import annotations

import signal
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Collection

_FEWEST_LOOKS: Final = 4


@dataclass(frozen=True, slots=True)
class Blame:
    """Why an app is not run any more.

    Attributes:
        reason: What it did, for whoever asks for it.
        at: When, in Unix seconds: an app that has changed since is tried again.
    """

    reason: str
    at: float


@dataclass(frozen=True, slots=True)
class Death:
    """The end of a process that should not have ended.

    Attributes:
        running: The app whose code ran in its event loop, or nothing.
        served: The apps that had something to answer.
    """

    running: str
    served: Collection[str]


class Pulse:
    """Whether something that should go on has stood still for too long, as somebody sees who looks now and then.

    Args:
        seconds: What is too long.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._last: tuple[int, float] | None = None
        self._looks = 0

    def has_stopped(self, beats: int, now: float) -> bool:
        """Look; two looks do not tell, however long they are apart: then the looker was stopped itself.

        Args:
            beats: How often it has moved on so far.
            now: A monotonic time in seconds.
        """
        if self._last is None or self._last[0] != beats:
            self._last, self._looks = (beats, now), 0
        self._looks += 1
        return now - self._last[1] >= self._seconds and self._looks > _FEWEST_LOOKS


class Suspicion:
    """Narrows down who did it, where one death alone does not tell."""

    def __init__(self) -> None:
        self._suspects: set[str] = set()

    def culprit(self, death: Death) -> str:
        """Return the app that did it; nothing where that is not known, or not yet.

        An app that was running is to blame. Where none was, a thread of one of those that were served has
        done it: of several, the one that is there the next time too.
        """
        if death.running:
            return death.running
        served = set(death.served)
        self._suspects = self._suspects & served or served
        return next(iter(self._suspects)) if len(self._suspects) == 1 else ""


def ending(status: int) -> str:
    """Say how a process ended, of what `os.waitstatus_to_exitcode` makes of it."""
    if status >= 0:
        return f"ended the hub's process with exit status {status}"
    try:
        name = signal.Signals(-status).name
    except ValueError:
        name = f"signal {-status}"
    return f"ended the hub's process by {name}"
