"""How long to wait on a machine that others use, too: a busy one must not look like a broken one."""

from __future__ import annotations

import os

_MOST = 6.0  # times as long; whatever takes longer than that is no verdict worth waiting for


def patience(usual: float) -> float:
    """Return how long to wait here and now for what takes less than ``usual`` on an idle machine.

    As often as there are more processes that want to run than cores to run them, the wait is as much longer. On a
    machine with cores to spare it is the usual one, so a fault is seen as soon as ever.
    """
    return usual * _crowding(os.getloadavg()[0], os.cpu_count() or 1)


def _crowding(load: float, cores: int) -> float:
    return min(max(load / cores, 1.0), _MOST)
