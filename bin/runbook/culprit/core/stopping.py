"""When to stop: how sure is sure enough, how often the culprit and its parent are run again, and when to give up."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, log, log2

DEFAULT_CONFIDENCE = 0.95
WARY_CONFIDENCE = 0.99  # of a command that lies, where what is found will be reverted
INTERMITTENT = 0.5  # how often a bug may hide that is said not to exist
FLAKE = 0.2  # how often a flake fails that is taken for a bug
FALSE_ALARMS, HIDINGS = 2, 4  # lies to come on good commits and on bad ones, see `rate_at_most`
_INSISTENCE = 10  # how much less error is allowed once the tip has spoken against an answer
MOST_TIP_RUNS = 32  # of a command that lies; half of them may be spent before anybody is named
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

    Args:
        rate: A probability; at 0 one run is enough, at 1 no number is.
        confidence: How sure to be, from 0.5 to 1.
    """
    if rate <= 0:
        return 1
    if rate >= 1:
        return _MOST_REPEATS
    return min(_MOST_REPEATS, max(1, ceil(log(1 - confidence) / log(rate) - 1e-9)))


@dataclass(frozen=True, slots=True)
class Lies:
    """What the runs of a search come to if its answer is true.

    Attributes:
        alarms: How many of the runs of good commits failed.
        good: How many such runs there were.
        hidings: How many of the runs of bad commits passed.
        bad: How many such runs there were.
    """

    alarms: int
    good: int
    hidings: int
    bad: int

    @property
    def most_alarms(self) -> float:
        """The rate that false alarms hardly exceed."""
        return rate_at_most(self.alarms, self.good, FALSE_ALARMS)

    @property
    def most_hidings(self) -> float:
        """The rate at which the bug hides at most, as far as can be known."""
        return rate_at_most(self.hidings, self.bad, HIDINGS)


def judge_tip(lies: Lies, fails: int, passes: int, confidence: float) -> bool | None:
    """Say whether the tip without the culprit is green; None while more runs are needed.

    The one who is named may be innocent, and then the bug hides oftener than it seems: the runs that would show it
    count as runs of good commits. So to be green the tip must have passed as often as even a bug would not that hides
    as often as can be. To be red it is enough that a bug explains the runs better at the rates that were seen.

    Args:
        lies: Of the search, if its answer is true.
        fails: How often the tip without the culprit failed.
        passes: How often it passed.
        confidence: What was asked for.
    """
    error = 1 - confidence
    alarm = (lies.alarms + 1) / (lies.good + 2)
    hides = (lies.hidings + 1) / (lies.bad + 2)
    most = min(lies.most_hidings, 0.9 - alarm)  # a bad commit fails oftener than a good one
    for_green = passes * log((1 - alarm) / most) - fails * log((1 - most) / alarm)
    for_red = fails * log((1 - hides) / alarm) - passes * log((1 - alarm) / hides)
    if for_green >= log(1 / error) - log(2):
        return True
    return False if for_red >= log(1 / error) else None


def is_red(fails: int, passes: int, confidence: float) -> bool:
    """Say whether a commit that was called good is red: most runs fail, as of a bug that hides often and of no flake.

    Args:
        fails: How often it failed.
        passes: How often it passed.
        confidence: What was asked for.
    """
    for_red = fails * log((1 - INTERMITTENT) / FLAKE) - passes * log((1 - FLAKE) / INTERMITTENT)
    return fails > passes and for_red >= log(1 / (1 - confidence))


def shared(confidence: float, suspects: int) -> float:
    """Return how sure to be of one suspect where several were put to the test, each a chance to be wrong (Bonferroni).

    Args:
        confidence: What was asked for.
        suspects: How many were put to the test.
    """
    return 1 - (1 - confidence) / suspects


def insistent(confidence: float) -> float:
    """Return how sure to be of an answer that the tip did not confirm."""
    return 1 - (1 - confidence) / _INSISTENCE


def rounds_needed(size: int, width: int) -> int:
    """Return the least ``r`` with ``(width + 1) ** r >= size``: the rounds of a search that is never lied to."""
    rounds, reach = 0, 1
    while reach < size:
        reach *= width + 1
        rounds += 1
    return rounds


def rounds_with_proof(size: int, width: int) -> int:
    """Return the rounds of a search that is never lied to and whose last one runs the tip without each who is left.

    That is the proof, in so far as it is run ahead.

    Args:
        size: How many candidates there are.
        width: How many runs go on at once.
    """
    rounds = 1
    while 2 * size - 1 > width:
        size = -(-size // (width + 1))
        rounds += 1
    return rounds


def steady_limit(size: int, width: int) -> int:
    """Return after how many rounds a search stops whose runs have never contradicted each other.

    One run at a time: as bisection, and both ends. Several: one round more, since the ends run along.

    Args:
        size: How many candidates there are.
        width: How many runs go on at once.
    """
    return rounds_needed(size, width) + (2 if width == 1 else 1)


def budget(size: int) -> int:
    """Return the number of runs after which a search is inconclusive; noise of 0.3 on both sides still fits."""
    return 30 + ceil(16 * log2(size + 1))


def untestable_limit(size: int) -> int:
    """Return after how many untestable commits a search is inconclusive: something else is wrong."""
    return 6 + 2 * rounds_needed(size, 1)
