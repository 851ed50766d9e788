"""What the runs of a search have said, and what that comes to: what is believed, who is left, and how often it lied."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from runbook.culprit.core import stopping
from runbook.culprit.core.branches import broken_branch
from runbook.culprit.core.dag import members
from runbook.culprit.core.posterior import GOOD_END, Posterior, blamed_for

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from runbook.culprit.core.dag import Dag
    from runbook.culprit.core.rates import RatePrior

# Of a search that fears lies, where all of them look like a second break on another branch.
_TOO_MANY_LIES = 5


class Outcome(StrEnum):
    """What one run says of its commit."""

    PASS = "pass"  # noqa: S105 - a verdict
    FAIL = "fail"
    UNTESTABLE = "untestable"


class Evidence:
    """What the runs so far have said.

    Args:
        dag: The candidates; the last is the bad end.
        weights: Their prior weights.
        believed: Of the failure rates, before the first run.
        may_presume: Whether the command is taken not to lie until two outcomes contradict each other.

    Attributes:
        posterior: What is believed now.
        live: The candidates that explain every outcome without a lie, as a set of bits.
        untestable: The sites that could not be tested.
        runs: How many runs were made; what was remembered does not count.
        rounds: How often runs were started.
        remembers: Whether something was remembered.
        isolated_after: After how many runs one candidate was left; None before that.
    """

    def __init__(
        self, dag: Dag, weights: Sequence[float], believed: RatePrior, *, may_presume: bool
    ) -> None:
        self.dag = dag
        self.weights = list(weights)
        self._rates = believed
        self._may_presume = may_presume
        self.runs = 0
        self.rounds = 0
        self.remembers = False
        self.isolated_after: int | None = None
        self.untestable: set[int] = set()
        self._told: list[tuple[int, bool]] = []
        self._branch: int | None = None
        self._forget()

    def _forget(self) -> None:
        """Believe what was believed before the first run."""
        self.posterior = Posterior(self.dag, self.weights, self._rates)
        self.live = self.dag.everything if self._rates.can_be_steady else 0
        self._none_lives = self._born_lives = self._rates.can_be_steady

    def record(self, site: int, outcome: Outcome, *, remembered: bool = False) -> None:
        """Take one outcome into account."""
        self.runs += not remembered
        self.remembers |= remembered
        if outcome is Outcome.UNTESTABLE:
            self.untestable.add(site)
            return
        self.untestable.discard(site)
        self._told.append((site, outcome is Outcome.FAIL))
        self._learn(*self._told[-1])
        if self._branch is not None or self._may_be_of_several():
            self._follow_a_branch()

    def _learn(self, site: int, failed: bool) -> None:  # noqa: FBT001 - as it was told
        bad = blamed_for(self.dag, site)
        self.live &= bad if failed else ~bad
        self._none_lives &= not failed
        self._born_lives &= failed
        if self.isolated_after is None and self.live.bit_count() == 1:
            self.isolated_after = self.runs
        self.posterior.record(site, failed=failed)
        self.posterior.settle()

    def _may_be_of_several(self) -> bool:
        """Whether one culprit explains the runs by lies alone, and by more than are likely where lies were feared."""
        if self.is_consistent or self._may_presume:
            return not self.is_consistent
        lies = self.lies_of_commits(self.likeliest()[0])
        return lies.alarms + lies.hidings >= _TOO_MANY_LIES

    def _follow_a_branch(self) -> None:
        """Leave failures aside that are another commit's, if several breaks explain what one does not.

        So it is where several commits were run at once, of which each holds another break, or where runs were
        repeated for fear of lies.
        """
        of_commits = [told for told in self._told if told[0] < self.dag.size]
        is_mended = any(site >= self.dag.size and not failed for site, failed in self._told)
        branch = None if is_mended else broken_branch(self.dag, of_commits)
        if branch is None and self._branch is None:
            return
        self._branch = branch
        self._forget()
        # What holds all of the branch is red by whoever broke that; the tip is red by the others, whoever is taken out.
        others = {each for each in self.beside() if not self._holds(each, branch)}
        tips = {site for site, failed in self._told if failed and site >= self.dag.size}
        if branch is None:
            self.untestable -= tips
        else:
            self.untestable |= tips
            others |= tips
        for site, failed in self._told:
            if not (failed and site in others):
                self._learn(site, failed)

    def _holds(self, site: int, branch: int | None) -> bool:
        return branch is not None and bool(self.dag.ancestors(site) >> branch & 1)

    @property
    def is_consistent(self) -> bool:
        """Whether some hypothesis explains every outcome without a lie."""
        return bool(self.live) or self._none_lives or self._born_lives

    def likeliest(self) -> tuple[int, float]:
        """Return the likeliest culprit and its probability."""
        chance = max(self.posterior.commits)
        return self.posterior.commits.index(chance), chance

    def was_asked(self, site: int) -> bool:
        """Whether a site was run, or tried in vain."""
        return site in self.posterior.counts or site in self.untestable

    def told_by_commits(self) -> Posterior:
        """Return what is believed when the runs of the tip without somebody are left aside."""
        told = Posterior(self.dag, self.weights, self._rates)
        for site, (fails, passes) in self.of_commits().items():
            for failed in fails * [True] + passes * [False]:
                told.record(site, failed=failed)
        told.settle()
        return told

    def of_commits(self) -> dict[int, tuple[int, int]]:
        """Return how often each commit failed and passed, without the runs of the tip from which somebody was taken."""
        return {site: of for site, of in self.posterior.counts.items() if site < self.dag.size}

    def lies(self, culprit: int) -> stopping.Lies:
        """Return what the runs come to if ``culprit`` is to blame."""
        return self._lies_in(self.posterior.counts, culprit)

    def lies_of_commits(self, culprit: int) -> stopping.Lies:
        """Return the same of the commits alone."""
        return self._lies_in(self.of_commits(), culprit)

    def _lies_in(self, counts: Mapping[int, tuple[int, int]], culprit: int) -> stopping.Lies:
        alarms = good = hidings = bad = 0
        for site, (fails, passes) in counts.items():
            if blamed_for(self.dag, site) >> culprit & 1:
                hidings, bad = hidings + passes, bad + fails + passes
            else:
                alarms, good = alarms + fails, good + fails + passes
        return stopping.Lies(alarms, good, hidings, bad)

    def put_to_the_test(self) -> set[int]:
        """Return the suspects without which the tip was run."""
        return {site - self.dag.size for site in self.posterior.counts if site >= self.dag.size}

    def count(self, site: int) -> tuple[int, int]:
        """Return how often a site failed and passed."""
        return self.posterior.counts.get(site, (0, 0))

    def is_green(self, parent: int, culprit: int, passes: int) -> bool:
        """Whether a parent passed, or one of its descendants without the culprit, which holds all of it."""
        if parent == GOOD_END:
            return self.count(GOOD_END)[1] >= passes
        return any(
            green >= passes
            and 0 <= site < self.dag.size
            and (held := self.dag.ancestors(site)) >> parent & 1
            and not held >> culprit & 1
            for site, (_, green) in self.posterior.counts.items()
        )

    def beside(self) -> tuple[int, ...]:
        """Return the commits that another one may break, too: their failing says nothing of who is searched for."""
        if self._branch is None:
            return ()
        return tuple(members(self.dag.everything & ~self.dag.ancestors(self._branch)))

    def is_red_unseen(self) -> bool:
        """Whether nothing has failed yet, and the tip, which is said to, was not run."""
        return not self.was_asked(self.dag.tip) and not any(
            f for f, _ in self.posterior.counts.values()
        )
