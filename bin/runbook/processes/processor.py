"""What a command takes: by the clock, and of the processor by all of its processes.

On a machine that others use too the processor's time says more than the clock.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_ADOPT_ORPHANS = 36  # Linux's PR_SET_CHILD_SUBREAPER


@dataclass(slots=True)
class Cost:
    """What has been taken, in seconds.

    Attributes:
        wall: By the clock.
        processor: Of all processes.
    """

    wall: float = 0.0
    processor: float = 0.0


@contextlib.contextmanager
def cost() -> Iterator[Cost]:
    """Measure what all processes that are started meanwhile take, once the last of them has ended."""
    _adopt_orphans()
    measured = Cost()
    before, started = _processor_time(), time.perf_counter()
    yield measured
    measured.wall = time.perf_counter() - started
    measured.processor = _processor_time() - before


def _adopt_orphans() -> None:
    """Have this process take over whatever a keeper ends, so that its time is counted here."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_ADOPT_ORPHANS, 1, 0, 0, 0)


def _processor_time() -> float:
    with contextlib.suppress(ChildProcessError):  # none is left
        while True:
            os.waitpid(-1, 0)
    taken = resource.getrusage(resource.RUSAGE_CHILDREN)
    return taken.ru_utime + taken.ru_stime
