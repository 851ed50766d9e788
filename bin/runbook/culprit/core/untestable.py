"""Where a run is likely to tell nothing: near commits that could not be tested.

A commit that cannot be tested is no evidence for or against anybody, but its neighbours likely share what is wrong
with it. How far that reaches is learned from what was run, for a broken build lasts for a stretch of commits, and a
service that is away now and then fails here and there. Both are a chain of two states, as in Gilbert, Capacity of a
burst-noise channel (1960): each commit is as the one before it, or is drawn anew.

What is half done on a branch is merged when it works, as a rule. So where lines of history meet a commit is judged by
such commits alone, as far as it was broken ones that were met.
"""

from __future__ import annotations

from itertools import pairwise, product
from math import exp, prod
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

_SHARES = (0.1, 0.3, 0.5, 0.7)
# How long a stretch is, and how likely that is beforehand: the longest are what a search suffers from most.
_LENGTHS = {0: 1, 3: 1, 10: 1, 30: 1, 100: 2, 300: 4, 1000: 8}
_NEGLIGIBLE = 0.01  # a chain that is no likelier is left out
_HOPELESS = 0.07  # below this chance it is not worth a run: in the midst of a stretch


class _Chain(NamedTuple):
    """One way in which commits that cannot be tested may lie.

    Attributes:
        share: How many of all cannot be tested.
        kept: The chance that a commit is as the one before it, and not drawn anew.
    """

    share: float
    kept: float

    def step(self, distance: int, states: tuple[bool, bool]) -> float:
        """Return the chance of the second state so many commits after the first: whether one can be tested."""
        kept = self.kept**distance
        drawn = (1 - self.share) if states[1] else self.share
        return (1 - kept) * drawn + kept * (states[0] == states[1])


_CHAINS = {
    _Chain(share, exp(-1 / length) if length else 0.0): weight
    for share, (length, weight) in product(_SHARES, _LENGTHS.items())
}


def chances(
    size: int,
    tested: Collection[int],
    untestable: Collection[int],
    joints: Collection[int] = (),
) -> list[float]:
    """Return for each of ``size`` commits the chance that it can be tested; nought where that is hopeless.

    Args:
        size: The number of commits. The place just before the first counts as tested (the good end), and so does
            the last, which somebody has seen fail.
        tested: Those that passed or failed.
        untestable: Those that could not be tested when they were run last; their chance is nought.
        joints: Those where lines of history meet.
    """
    chance = _in_order(size, tested, untestable)
    if joints:
        of_joints = _in_order(size, tested, [site for site in untestable if site in joints])
        for joint in joints:
            chance[joint] = of_joints[joint]
    return chance


def _in_order(size: int, tested: Collection[int], untestable: Collection[int]) -> list[float]:
    """Return the chances as if each commit came after the one before it, and there were no branches."""
    known = dict.fromkeys((-1, *tested, size - 1), True) | dict.fromkeys(untestable, False)
    places = sorted(known)
    likely = _likely_chains(known, places)
    chance = [float(known.get(place, False)) for place in range(size)]
    for before, after in pairwise(places):
        first, last = known[before], known[after]
        within = [
            (weight / chain.step(after - before, (first, last)), chain) for chain, weight in likely
        ]
        for place in range(before + 1, after):
            mean = sum(
                weight
                * chain.step(place - before, (first, True))
                * chain.step(after - place, (True, last))
                for weight, chain in within
            )
            chance[place] = mean if mean >= _HOPELESS else 0.0
    return chance


def _likely_chains(known: Mapping[int, bool], places: Sequence[int]) -> list[tuple[_Chain, float]]:
    """Return the chains that what is known leaves, each with how likely it is."""
    likely = {
        chain: weight * prod(chain.step(b - a, (known[a], known[b])) for a, b in pairwise(places))
        for chain, weight in _CHAINS.items()
    }
    least = _NEGLIGIBLE * sum(likely.values())
    left = {chain: weight for chain, weight in likely.items() if weight > least}
    total = sum(left.values())
    return [(chain, weight / total) for chain, weight in left.items()]
