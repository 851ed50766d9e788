"""Which commits to run next: those of which a run tells most.

A run tells most of a commit that is about as likely bad as good, whatever the shape of the history, so one pass
over the masses of ancestors finds it: the median rule of Waeber, Frazier and Henderson (2013), on graphs as in
Dereniowski, Lukasiewicz and Uznanski (2021). For ``k`` runs at once it is the quantiles ``i / (k + 1)``, as in
FACF (ICST 2023).
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from runbook.culprit.core.rates import STEADY, best_mass, information

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping

    from runbook.culprit.core.dag import Dag

_SHORTLIST = 16  # sites nearest to a target by mass; the others tell less
_REPEAT_DISCOUNT = 0.03  # another run at the same commit is not quite independent of the first
_NOT_NESTED = 0.7  # quantiles that are ancestors of each other part a graph best
_LEAST = 1e-9  # bits; below this a run cannot change anything


@dataclass(frozen=True, slots=True)
class Sites:
    """The commits that may be run, and what is believed of them.

    Attributes:
        masses: For each site the probability that it is bad.
        chance: The chance that a site can be tested, where it is not 1.
        runs: How often each site was run.
        good_fails: How often a good commit is believed to fail.
        bad_passes: How often a bad one is believed to pass.
        ancestors: The set of a site and its ancestors.
    """

    masses: Mapping[int, float]
    chance: Mapping[int, float]
    runs: Mapping[int, int]
    good_fails: float
    bad_passes: float
    ancestors: Callable[[int], int]

    @property
    def are_steady(self) -> bool:
        """Whether a second run at one commit could tell nothing new."""
        return self.good_fails <= STEADY and self.bad_passes <= STEADY

    def information(self, mass: float, site: int, again: int) -> float:
        """Return what a run at ``site`` tells in bits, if it is bad with probability ``mass``."""
        bits = information(mass, self.good_fails, self.bad_passes)
        return bits * self.chance.get(site, 1.0) * (1 - _REPEAT_DISCOUNT) ** min(again, 20)


def halfway(masses: Mapping[int, float], dag: Dag) -> int:
    """Return the commit nearest to half of the candidates, ties broken as git breaks them.

    Any rule is as good on average; by git's a search without a prior meets the same commits as `git bisect`, on
    every graph, and never needs a run more. Of commits that are half, a merge comes first, then one that has a
    parent, then the oldest; of thousands, half is what is off by a thousandth.

    Args:
        masses: For each candidate that may be run the share of the candidates that it holds.
        dag: The history; parents that are no candidates any more do not count.
    """
    size = len(masses) + 1  # one more holds them all
    off = {site: round(abs(2 * mass - 1) * size, 6) for site, mass in masses.items()}
    tolerance = size // 1024 - 1
    nearest = max(tolerance, min(off.values()))
    is_half = nearest <= max(tolerance, 1)

    def rank(site: int) -> tuple[int, int]:
        among = sum(parent in masses for parent in dag.parents[site])
        return -min(2, among) if is_half else 0, dag.ages[site]

    return min((site for site, distance in off.items() if distance <= nearest), key=rank)


def choose_one(
    bits: Mapping[int, float], chance: Mapping[int, float], runs: Mapping[int, int]
) -> int | None:
    """Return the site to run next when only one can run.

    Args:
        bits: For each site what a run tells.
        chance: The chance that a site can be tested, where it is not 1.
        runs: How often each site was run.
    """

    def worth(site: int) -> float:
        again = runs.get(site, 0)
        return bits[site] * chance.get(site, 1.0) * (1 - _REPEAT_DISCOUNT) ** min(again, 20)

    most = max(bits.values(), default=0.0)
    if not chance:  # no discount is larger than a half
        bits = {site: each for site, each in bits.items() if each >= most / 2}
    best = max(bits, key=worth, default=None)
    return best if best is not None and worth(best) > _LEAST else None


def choose(sites: Sites, width: int, pending: Collection[int] = ()) -> list[int]:
    """Return up to ``width`` sites to run now, in addition to those that are ``pending``.

    Where runs may lie, one site can be returned several times. Fewer are returned only where no other
    run would tell anything.
    """
    chosen = [site for site in pending if site in sites.masses]
    fresh: list[int] = []
    for target in _targets(sites, width, chosen):
        best = _best_near(sites, target, 1 / (len(chosen) + width + 1), chosen + fresh)
        if best is not None:
            fresh.append(best)
    return fresh


def _targets(sites: Sites, width: int, pending: list[int]) -> Iterable[float]:
    """Return the masses to aim at, the largest first: quantiles, but for those that are taken already."""
    count = width + len(pending)
    if count == 1:
        return [best_mass(sites.good_fails, sites.bad_passes)]
    free = [part / (count + 1) for part in range(count, 0, -1)]
    for site in pending:
        free.remove(min(free, key=lambda target: abs(target - sites.masses[site])))
    return free


def _best_near(sites: Sites, target: float, gap: float, taken: list[int]) -> int | None:
    """Return the site that best parts the interval around ``target``, or else tells most by itself."""
    allowed = (
        [site for site in sites.masses if site not in taken]
        if sites.are_steady
        else list(sites.masses)
    )
    near = allowed
    if not sites.chance:  # then what is far from the target cannot be worth more than what is near
        near = sorted(allowed, key=lambda site: abs(sites.masses[site] - target))[:_SHORTLIST]
    runs = Counter(taken)
    above = min(
        (site for site in taken if sites.masses[site] > target),
        key=sites.masses.__getitem__,
        default=None,
    )
    within = sites.ancestors(above) if above is not None else -1

    def worth(site: int, mass: float) -> float:
        nested = 1.0 if site < 0 or within >> site & 1 else _NOT_NESTED
        return nested * sites.information(mass, site, sites.runs.get(site, 0) + runs[site])

    def parting(site: int) -> float:
        # Where the masses above and below the interval are parted off already, this is what is left.
        share = (sites.masses[site] - target + gap) / (2 * gap)
        return worth(site, min(1.0, max(0.0, share)))

    def alone(site: int) -> float:
        return worth(site, min(1.0, max(0.0, sites.masses[site])))

    for value in (parting, alone) if gap < 0.5 else (alone,):
        best = max(near, key=value, default=None)
        if best is not None and value(best) > _LEAST:
            return best
    return None
