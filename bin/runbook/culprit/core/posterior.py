"""What is believed after the runs so far: one probability for each commit, for "none of them" and for "born red".

Noisy binary search by Bayes' rule (Ben-Or and Hassidim 2008; Waeber, Frazier and Henderson 2013) on a graph, with both
failure rates integrated out over a grid instead of assumed. Hypotheses that no run has told apart yet
share a cell, and cells are what is computed with: their number grows with the commits that were run,
not with the length of the history.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import exp, inf, log, log2
from operator import add, mul
from typing import TYPE_CHECKING

from runbook.culprit.core.dag import Dag, flags
from runbook.culprit.core.rates import STEADY, entropy

if TYPE_CHECKING:
    from collections.abc import Sequence

    from runbook.culprit.core.rates import RatePrior

GOOD_END = -1  # the site of the good end; it is bad only if the test was born red
NONE_OF_THEM = 0.2  # before any run; 40 in 100 in FACF's ranges, fewer where a person has looked
BORN_RED = 0.05
STICKY = 0.0001  # the chance that a commit repeats its first outcome whatever it is (same seed, warm cache)


def without(dag: Dag, commit: int) -> int:
    """Return the site that is the tip with the change of ``commit`` taken out."""
    return dag.size + commit


def blamed_for(dag: Dag, site: int) -> int:
    """Return the set of the commits each of which would make a site bad.

    Args:
        dag: The candidates.
        site: A commit, the good end, or the tip without one of the commits.
    """
    if site == GOOD_END:
        return 0
    return dag.ancestors(site) if site < dag.size else dag.everything ^ 1 << site - dag.size


@dataclass(frozen=True, slots=True)
class _Cell:
    """Hypotheses that all runs so far treat alike, with their log likelihood at each level of the rates."""

    bad_sites: frozenset[int]
    good_fails: tuple[float, ...]
    bad_passes: tuple[float, ...]


class Posterior:
    """Probabilities of the hypotheses, given the outcomes recorded so far.

    Args:
        dag: The candidates.
        weights: The prior weight of each candidate, none of them zero.
        rates: What is believed of the failure rates.

    Attributes:
        counts: For each site that was run how often it failed and passed.
        commits: The probability of each candidate.
        none: The probability that no candidate is to blame: what fails is a flake.
        born_red: The probability that the good end was never good.
        masses: For each commit the probability that it is bad.
        good_fails: The expected rate at which a good commit fails.
        bad_passes: The expected rate at which a bad commit passes.
    """

    def __init__(self, dag: Dag, weights: Sequence[float], rates: RatePrior) -> None:
        self._dag = dag
        self._rates = rates
        scale = (1 - NONE_OF_THEM - BORN_RED) / sum(weights)
        self._prior = [*(weight * scale for weight in weights), NONE_OF_THEM, BORN_RED]
        self._cells = [
            _Cell(frozenset(), (0.0,) * len(rates.good_fails), (0.0,) * len(rates.bad_passes))
        ]
        self._cell_of = [0] * (dag.size + 2)
        self.counts: dict[int, tuple[int, int]] = {}
        self.settle()

    def mass(self, site: int) -> float:
        """Return the probability that a site is bad."""
        if site >= self._dag.size:
            return 1 - self.none - self.commits[site - self._dag.size]
        return self.born_red if site == GOOD_END else self.masses[site]

    def worst_odds(self, hypothesis: int) -> float:
        """Return the odds against a hypothesis at the pair of rates that speaks most against it.

        Its own likelihood is integrated over the rates, that of all others taken at each pair by itself. Who names
        nobody before these odds are ``d`` or less is wrong with a chance of ``d`` at most, whichever pair is true, on
        average over who is to blame: the inverse of the odds is a likelihood ratio, and Ville's inequality bounds how
        often that ever grows so large.

        Args:
            hypothesis: The number of a commit; `Dag.size` is "none of them".
        """
        against = [0.0] * len(self._cells)
        for number, (cell, prior) in enumerate(zip(self._cell_of, self._prior, strict=True)):
            against[cell] += prior * (number != hypothesis)
        peak = max(max(cell.good_fails) + max(cell.bad_passes) for cell in self._cells)
        likelihood, _, _ = self._integrate(self._cells[self._cell_of[hypothesis]], peak)
        worst = max(
            sum(
                prior * exp(cell.good_fails[a] + cell.bad_passes[b] - peak)
                for prior, cell in zip(against, self._cells, strict=True)
            )
            for a, row in enumerate(self._rates.weights)
            for b, weight in enumerate(row)
            if weight
        )
        own = self._prior[hypothesis] * likelihood
        return worst / own if own else inf

    def informations(self, taken_out: Sequence[int] = ()) -> dict[int, float]:
        """Return for each site how many bits one run there tells of which hypothesis is true.

        The rates that go with a hypothesis are its own: where a flake explains everything good commits
        fail often, where a culprit does they fail rarely, and a run at the good end tells the two apart.

        Args:
            taken_out: The commits without which the tip may be run: each is a site, too.
        """
        good = [good_fails for good_fails, _ in self._rates_of]
        puzzle = [entropy(good_fails) for good_fails in good]
        lift = [1 - bad_passes - good_fails for good_fails, bad_passes in self._rates_of]
        doubt = [
            entropy(bad_passes) - entropy(good_fails) for good_fails, bad_passes in self._rates_of
        ]
        born = self._cell_of[-1]  # under "born red" every site is bad
        fails = sum(map(mul, self._chance_of, good)) + self.born_red * lift[born]
        known = sum(map(mul, self._chance_of, puzzle)) + self.born_red * doubt[born]
        cells = self._cell_of[:-2]
        lifts_of = list(map(mul, self.commits, map(lift.__getitem__, cells)))
        doubts_of = list(map(mul, self.commits, map(doubt.__getitem__, cells)))
        lifts, doubts = self._dag.masses(lifts_of), self._dag.masses(doubts_of)
        lifts += [lifts[-1] - lifts_of[commit] for commit in taken_out]
        doubts += [doubts[-1] - doubts_of[commit] for commit in taken_out]
        # Predicted failures lie strictly between 0 and 1, as the rates do: `entropy` without its guard.
        bits = [
            -(x := fails + more) * log2(x) - (y := 1 - x) * log2(y) - known - less
            for more, less in zip(lifts, doubts, strict=True)
        ]
        sites = (*range(self._dag.size), *(without(self._dag, commit) for commit in taken_out))
        found = dict(zip(sites, bits, strict=True))
        found[GOOD_END] = entropy(fails) - known
        for site in self.counts.keys() & found.keys():
            found[site] *= self._freshness(site)
        return found

    def _freshness(self, site: int) -> float:
        """Return the chance that one more run at ``site`` is not a mere repetition, its outcomes so far being lies.

        Of a commit that always says the same it cannot be known from its runs alone whether it repeats itself.
        """
        fails, passes = self.counts[site]
        if fails and passes:
            return 1.0
        lies = max(STEADY, self.good_fails if fails else self.bad_passes)
        independent = (1 - STICKY) * lies ** (fails + passes - 1)
        return independent / (independent + STICKY)

    def cell(self, commit: int) -> tuple[int, float]:
        """Return the set of candidates that no run has told from ``commit``, and its probability."""
        number = self._cell_of[commit]
        mates = [each for each in range(self._dag.size) if self._cell_of[each] == number]
        return sum(1 << each for each in mates), sum(self.commits[each] for each in mates)

    def record(self, site: int, *, failed: bool) -> None:
        """Take one more run at a site into account; `settle` must follow the last of several."""
        if site not in self.counts:
            self._split(site)
        fails, passes = self.counts.get(site, (0, 0))
        after = (fails + failed, passes + (not failed))
        self.counts[site] = after
        good = [_gain(a, (fails, passes), after) for a in self._rates.good_fails]
        bad = [_gain(1 - b, (fails, passes), after) for b in self._rates.bad_passes]
        self._cells = [
            replace(cell, bad_passes=tuple(map(add, cell.bad_passes, bad)))
            if site in cell.bad_sites
            else replace(cell, good_fails=tuple(map(add, cell.good_fails, good)))
            for cell in self._cells
        ]

    def _split(self, site: int) -> None:
        """Part each cell into the hypotheses under which the site is good and those under which it is bad."""
        # "None of them" makes every site good, "born red" bad.
        bits = flags(blamed_for(self._dag, site), self._dag.size) + "01"
        numbers: dict[tuple[int, str], int] = {}
        keys = zip(self._cell_of, bits, strict=True)
        self._cell_of = [numbers.setdefault(key, len(numbers)) for key in keys]
        old = self._cells
        self._cells = [
            replace(old[cell], bad_sites=old[cell].bad_sites | {site}) if bit == "1" else old[cell]
            for cell, bit in numbers
        ]

    def settle(self) -> None:
        """Bring the probabilities up to date with what was recorded."""
        peak = max(max(cell.good_fails) + max(cell.bad_passes) for cell in self._cells)
        sums = [self._integrate(cell, peak) for cell in self._cells]
        self._rates_of = [
            (by_a / whole, by_b / whole) if whole else (0.0, 0.0) for whole, by_a, by_b in sums
        ]
        likelihood = [whole for whole, _, _ in sums]
        joint = [
            prior * likelihood[cell] for prior, cell in zip(self._prior, self._cell_of, strict=True)
        ]
        total = sum(joint)
        *self.commits, self.none, self.born_red = [each / total for each in joint]
        self.masses = [self.born_red + mass for mass in self._dag.masses(self.commits)]
        priors = [0.0] * len(self._cells)
        for cell, prior in zip(self._cell_of, self._prior, strict=True):
            priors[cell] += prior
        self._chance_of = [
            prior * whole / total for prior, whole in zip(priors, likelihood, strict=True)
        ]
        self.good_fails = (
            sum(prior * by_a for prior, (_, by_a, _) in zip(priors, sums, strict=True)) / total
        )
        self.bad_passes = (
            sum(prior * by_b for prior, (_, _, by_b) in zip(priors, sums, strict=True)) / total
        )

    def _integrate(self, cell: _Cell, peak: float) -> tuple[float, float, float]:
        """Return the likelihood of a cell, and the same weighted by each of the two rates."""
        rates = self._rates
        over_b = [exp(level - peak / 2) for level in cell.bad_passes]
        over_b_weighted = list(map(mul, over_b, rates.bad_passes))
        whole = by_a = by_b = 0.0
        for a, level, row in zip(rates.good_fails, cell.good_fails, rates.weights, strict=True):
            scale = exp(level - peak / 2)
            part = scale * sum(map(mul, row, over_b))
            whole += part
            by_a += a * part
            by_b += scale * sum(map(mul, row, over_b_weighted))
        return whole, by_a, by_b


def _gain(fail_rate: float, before: tuple[int, int], after: tuple[int, int]) -> float:
    return _log_likelihood(fail_rate, *after) - _log_likelihood(fail_rate, *before)


def _log_likelihood(fail_rate: float, fails: int, passes: int) -> float:
    """Return how likely is what was seen at one commit, some commits repeating themselves (`STICKY`).

    However often a commit is run again, its word alone never counts for more than about one in `STICKY`:
    runs at its neighbours must agree.
    """
    independent = fails * log(fail_rate) + passes * log(1 - fail_rate) + log(1 - STICKY)
    if (fails and passes) or not (fails or passes):
        return independent
    return log(exp(independent) + STICKY * (fail_rate if fails else 1 - fail_rate))
