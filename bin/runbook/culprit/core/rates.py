"""How often the command lies: what is believed of the two failure rates before the first run.

``a`` is the chance that a good commit fails, ``b`` that a bad one passes. Noise on both sides, unequal and
unknown, is the setting of Karp and Kleinberg (2007); FACF (Henderson et al., ICST 2023) is the special case
``b = 0``. The direction is fixed by ``a < 1 - b``: a bad commit fails more often than a good one.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import log2
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

STEADY = 1e-5  # a rate of nought, but for a lie in a hundred thousand: no evidence is ever infinite
_LEVELS = (STEADY, 0.02, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5)
_COLUMNS = (*_LEVELS, 0.6)  # also a bug that shows less often than not
_EQUAL, _FLAKY, _SHY, _MIXED = 0.65, 0.1, 0.1, 0.15  # the kinds of noise, see `unknown`
_GAP = 0.3  # good and bad commits differ by at least this, or no budget suffices to tell them apart
_PAIRS = tuple(tuple((a, b) for b in _COLUMNS) for a in _LEVELS)
PRESUMED_STEADY = 0.9  # nothing is said: most commands do not lie
OPEN_MINDED = 0.15  # a confidence is asked for: it must hold for commands that do


@dataclass(frozen=True, slots=True)
class RatePrior:
    """A grid of pairs of rates and what each is believed, to be integrated out.

    Attributes:
        good_fails: The levels of ``a``.
        bad_passes: The levels of ``b``.
        weights: ``weights[i][j]`` is the probability of ``good_fails[i]`` with ``bad_passes[j]``.
        can_be_steady: Whether a command that never lies is believed in at all.
    """

    good_fails: tuple[float, ...]
    bad_passes: tuple[float, ...]
    weights: tuple[tuple[float, ...], ...]
    can_be_steady: bool

    @property
    def of_steady(self) -> float:
        """The probability that the command never lies."""
        return self.weights[0][0] if self.can_be_steady else 0.0


def unknown(steady: float) -> RatePrior:
    """Return the prior for rates that nobody told.

    Noise is likelier of one kind than of several at once, and a kind leaves one rate to learn instead of two:
    trouble with the machine hits good and bad commits alike, a flaky test fails on good ones only, a shy bug
    passes on bad ones only. How often a good commit fails is likelier little than much; how often a shy bug shows
    is anybody's guess: a slope there makes a search overlook the bugs that are hardest to see.

    Args:
        steady: The probability that the command never lies.
    """
    kinds = (
        (_EQUAL, _normalised(lambda a, b: (a == b > STEADY) * (1 - a) ** 3)),
        (_FLAKY, _normalised(lambda a, b: (a > STEADY == b) * (1 - a) ** 2)),
        (_SHY, _normalised(lambda a, b: float(b > STEADY == a))),
        (_MIXED, _normalised(lambda a, _: (1 - a) ** 4)),
    )
    rows = [
        [(1 - steady) * sum(share * kind[pair] for share, kind in kinds) for pair in row]
        for row in _PAIRS
    ]
    rows[0][0] += steady
    return RatePrior(_LEVELS, _COLUMNS, tuple(map(tuple, rows)), can_be_steady=True)


def told(rate: float) -> RatePrior:
    """Return the prior when the flake rate is told: good commits fail at it, bad ones pass at it or never.

    Args:
        rate: Between 0 and 0.5; 0 says that the command never lies.
    """
    if rate <= STEADY:
        return RatePrior((STEADY,), (STEADY,), ((1.0,),), can_be_steady=True)
    return RatePrior((rate,), (STEADY, rate), ((0.25, 0.75),), can_be_steady=False)


def _normalised(weigh: Callable[[float, float], float]) -> dict[tuple[float, float], float]:
    """Return the weight of each pair of rates; they sum to 1, and pairs too alike to tell apart have none."""
    weights = {(a, b): weigh(a, b) * (a + b <= 1 - _GAP + STEADY) for row in _PAIRS for a, b in row}
    total = sum(weights.values())
    return {pair: weight / total for pair, weight in weights.items()}


def entropy(probability: float) -> float:
    """Return the entropy of a coin in bits."""
    if not 0 < probability < 1:
        return 0.0
    return -probability * log2(probability) - (1 - probability) * log2(1 - probability)


def information(mass: float, good_fails: float, bad_passes: float) -> float:
    """Return how many bits a run tells of whether a commit is bad.

    Args:
        mass: The probability that it is.
        good_fails: The probability that a good one fails.
        bad_passes: The probability that a bad one passes.
    """
    fails = mass * (1 - bad_passes) + (1 - mass) * good_fails
    return entropy(fails) - mass * entropy(bad_passes) - (1 - mass) * entropy(good_fails)


def best_mass(good_fails: float, bad_passes: float) -> float:
    """Return the ``mass`` at which a run tells most: near one half, and less where bad commits are the surer."""
    low, high = 0.0, 1.0
    for _ in range(30):  # the information is concave in the mass
        third = (high - low) / 3
        left, right = low + third, high - third
        if information(left, good_fails, bad_passes) < information(right, good_fails, bad_passes):
            low = left
        else:
            high = right
    return (low + high) / 2


def capacity(good_fails: float, bad_passes: float) -> float:
    """Return the most that one run can tell, in bits."""
    return information(best_mass(good_fails, bad_passes), good_fails, bad_passes)
