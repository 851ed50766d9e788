"""When to stop: how sure is sure enough, how often the culprit and its parent are run again, and when to give up."""

from __future__ import annotations

from math import ceil, log, log2

DEFAULT_CONFIDENCE = 0.95
INTERMITTENT = 0.5  # how often a bug may hide that is said not to exist
FALSE_ALARMS, HIDINGS = (
    2,
    4,
)  # lies to allow for on good commits and on bad ones, see `rate_at_most`
_MOST_REPEATS = 8  # what FACF runs again at C = 0.99999999


def rate_at_most(lies: int, runs: int, margin: int) -> float:
    """Return what the rate of lies hardly exceeds: as Laplace's rule of succession, but with ``margin`` lies to come.

    A search that stops early has seen few lies because it stopped early. To judge its answer by the mean
    of the rates would be to believe it because it is believed.

    Args:
        lies: How many of the runs lied, if the answer is true.
        runs: How many there were.
        margin: How many more lies to allow for; the next runs are expected to be as bad as these.
    """
    return (lies + margin) / (runs + margin)


def repeats(rate: float, confidence: float) -> int:
    """Return how many agreeing runs settle one commit when each lies at ``rate``.

    ``ceil(log d / log f)`` of FACF's verification, of the culprit failing (``rate`` = good fails) and of its
    parent passing (``rate`` = bad passes).
    """
    if rate <= 0:
        return 1
    if rate >= 1:
        return _MOST_REPEATS
    return min(_MOST_REPEATS, max(1, ceil(log(1 - confidence) / log(rate) - 1e-9)))


def rounds_needed(size: int, width: int) -> int:
    """Return the least ``r`` with ``(width + 1) ** r >= size``: the rounds of a search that is never lied to."""
    rounds, reach = 0, 1
    while reach < size:
        reach *= width + 1
        rounds += 1
    return rounds


def steady_limit(size: int, width: int) -> int:
    """Return after how many rounds a search stops whose runs have never contradicted each other.

    One run at a time: as bisection, and both ends. Several: one round more, since the ends run along.
    """
    return rounds_needed(size, width) + (2 if width == 1 else 1)


def budget(size: int) -> int:
    """Return the number of runs after which a search is inconclusive; noise of 0.3 on both sides still fits."""
    return 30 + ceil(16 * log2(size + 1))


def untestable_limit(size: int) -> int:
    """Return after how many untestable commits a search is inconclusive: something else is wrong."""
    return 6 + 2 * rounds_needed(size, 1)
