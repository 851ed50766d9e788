"""The search as a state machine: outcomes in, the next commits to run out, and at the end a finding.

Nothing here runs anything. While no two outcomes contradict each other it is a bisection by weight; as soon
as they do, or when noise was told, it is a noisy search that integrates over both failure rates.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from math import ceil, log2
from typing import TYPE_CHECKING

from runbook.culprit.core import rates, stopping
from runbook.culprit.core.branches import broken_branch
from runbook.culprit.core.choice import Sites, choose, choose_one, halfway
from runbook.culprit.core.dag import flags, members
from runbook.culprit.core.earlier import taught
from runbook.culprit.core.posterior import GOOD_END, NONE_OF_THEM, Posterior, blamed_for, without
from runbook.culprit.core.untestable import chances

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from runbook.culprit.core.dag import Dag
    from runbook.culprit.core.earlier import Tally

# A search without a contradiction runs its culprit again until it is as sure, or at its limit.
_AS_GOOD_AS_CERTAIN = 0.999
_MOST_DOUBTS = 2  # runs beyond bisection that go into a command which nothing speaks against
_FLAKE_LEFT = 0.03  # as likely as that, beside a culprit, a flake is not looked into
_FLAKE_LEFT_TO_THE_WARY = 0.005
# How often the tip must be green without a culprit that will be reverted: where somebody else is to blame and the bug
# hides one time in five it is so once in six hundred times, where it hides every second time once in sixteen.
_WARY_PROOFS = 4
# From here on the tip is run, where a flake is refuted or proved: from the first run where somebody asked to doubt a
# command whose rates are not known.
_LIKELY_NONE = 0.4
_LIKELY_NONE_DOUBTED = 0.19


# A command that is less likely than this to be steady, by its earlier runs, is doubted from the start.
_BELIEVED = 0.5


# Of a search that fears lies, where all of them look like a second break on another branch.
_TOO_MANY_LIES = 5


class Outcome(StrEnum):
    """What one run says of its commit."""

    PASS = "pass"  # noqa: S105 - a verdict
    FAIL = "fail"
    UNTESTABLE = "untestable"


class Word(StrEnum):
    """The verdict of a search in one word."""

    FOUND = "found"
    INCONCLUSIVE = "inconclusive"
    BORN_RED = "born-red"
    NOT_REPRODUCED = "not-reproduced"


@dataclass(frozen=True, slots=True)
class Finding:
    """How a search ended.

    Attributes:
        word: The verdict.
        probability: How sure it is; of an inconclusive search, of the likeliest commit.
        culprit: The number of the commit that is to blame, where one was found.
        suspects: The commits that are not ruled out, likeliest first, where none was found.
        why: What stood in the way, where it is inconclusive.
    """

    word: Word
    probability: float
    culprit: int | None = None
    suspects: tuple[int, ...] = ()
    why: str = ""


class Search:
    """One search over a range of commits.

    Args:
        dag: The candidates; the last is the bad end.
        weights: Their prior weights.
        rate: The flake rate, where it was told; 0 says that the command never lies.
        confidence: What was asked for. None presumes a command that does not lie until two outcomes
            contradict each other, and then asks for `stopping.DEFAULT_CONFIDENCE`.
        width: How many runs go on at once.
        reserve: How many rounds of the steady limit the caller keeps for a proof of its own.
        is_wary: Whether what is found will be reverted: the proof comes after the steady limit, is repeated, and
            rules out a flake.
        earlier: How the command did in runs before the search, by state of the source. Where it was seen to lie, it is
            not presumed steady. A rate that was told counts for more.

    Attributes:
        posterior: What is believed now.
        runs: How many runs were made; what was remembered does not count.
        rounds: How often runs were started.
        untestable: The sites that could not be tested.
    """

    def __init__(  # noqa: PLR0913 - a search is all of these
        self,
        dag: Dag,
        weights: Sequence[float],
        *,
        rate: float | None = None,
        confidence: float | None = None,
        width: int = 1,
        reserve: int = 0,
        is_wary: bool = False,
        earlier: Sequence[Tally] = (),
    ) -> None:
        self.dag = dag
        self._weights = list(weights)
        presumed = rates.PRESUMED_STEADY if confidence is None else rates.OPEN_MINDED
        unknown = taught(rates.unknown(presumed), earlier)
        self._rates = unknown if rate is None else rates.told(rate)
        self._is_told_steady = rate == 0
        self._knows_rates = bool(rate)
        may_be_believed = confidence is None and self._rates.of_steady > _BELIEVED
        self._may_presume = may_be_believed or self._is_told_steady
        unasked = stopping.WARY_CONFIDENCE if is_wary else stopping.DEFAULT_CONFIDENCE
        self.confidence = unasked if confidence is None else confidence
        self._width = width
        self._reserve = reserve
        self._is_wary = is_wary
        self._remembers = False
        self._is_exhausted = False
        self._isolated_after: int | None = None
        self._chances: dict[int, float] | None = None
        self.runs = 0
        self.rounds = 0
        self.untestable: set[int] = set()
        self._told: list[tuple[int, bool]] = []
        self._branch: int | None = None
        self._forget()

    def _forget(self) -> None:
        """Believe what was believed before the first run."""
        self.posterior = Posterior(self.dag, self._weights, self._rates)
        self._live = self.dag.everything if self._rates.can_be_steady else 0
        self._none_lives = self._born_lives = self._rates.can_be_steady

    def record(self, site: int, outcome: Outcome, *, remembered: bool = False) -> None:
        """Take one outcome into account."""
        self.runs += not remembered
        self._remembers |= remembered
        self._chances = None
        if outcome is Outcome.UNTESTABLE:
            self.untestable.add(site)
            return
        self.untestable.discard(site)
        self._is_exhausted = False
        self._told.append((site, outcome is Outcome.FAIL))
        self._learn(*self._told[-1])
        if self._branch is not None or self._may_be_of_several():
            self._follow_a_branch()

    def _learn(self, site: int, failed: bool) -> None:  # noqa: FBT001 - as it was told
        bad = blamed_for(self.dag, site)
        self._live &= bad if failed else ~bad
        self._none_lives &= not failed
        self._born_lives &= failed
        if self._isolated_after is None and self._live.bit_count() == 1:
            self._isolated_after = self.runs
        self.posterior.record(site, failed=failed)
        self.posterior.settle()

    def _may_be_of_several(self) -> bool:
        """Whether one culprit explains the runs by lies alone, and by more than are likely where lies were feared."""
        if self.is_consistent or self._may_presume:
            return not self.is_consistent
        lies = self._lies_of_commits(self.likeliest()[0])
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
        others = {each for each in self._beside() if not self._holds(each, branch)}
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
        return bool(self._live) or self._none_lives or self._born_lives

    @property
    def is_presumed_steady(self) -> bool:
        """Whether the command may be believed, since nobody asked to doubt it and nothing gave reason to.

        Who is wary has seen the tip red, and would not search otherwise: that it passes is reason enough.
        """
        has_faded = self._is_wary and self._count(self.dag.tip)[1]
        return self._may_presume and self.is_consistent and not has_faded

    def next_probes(self, pending: Collection[int] = ()) -> list[int]:
        """Return the sites to run now beside those ``pending``; none once there is a finding."""
        free = self._width - len(pending)
        if free <= 0 or self.finding() is not None:
            return []
        wanted = self._wanted_first(pending)[:free]
        if len(wanted) < free:
            wanted += self._informative(free - len(wanted), [*pending, *wanted])
            wanted += self._proofs_ahead([*pending, *wanted])[: free - len(wanted)]
        if len(wanted) < free and not self._asked(GOOD_END) and GOOD_END not in (*wanted, *pending):
            wanted.append(GOOD_END)  # somebody is idle, and it may be needed
        self.rounds += bool(wanted)
        self._is_exhausted = not wanted and not pending
        return wanted

    def is_useless(self, site: int) -> bool:
        """Whether a run that goes on at ``site`` can no longer rule anybody out; the ends are always worth it."""
        if not (self._may_presume and self._live.bit_count() > 1) or site in (
            GOOD_END,
            self.dag.tip,
        ):
            return False
        return blamed_for(self.dag, site) & self._live in (0, self._live)

    def likeliest(self) -> tuple[int, float]:
        """Return the likeliest culprit and its probability."""
        chance = max(self.posterior.commits)
        return self.posterior.commits.index(chance), chance

    @property
    def runs_left(self) -> int:
        """About how many runs are still needed."""
        now = self.posterior
        bits = -sum(
            each * log2(each) for each in (*now.commits, now.none, now.born_red) if each > 0
        )
        return ceil(bits / max(0.05, rates.capacity(now.good_fails, now.bad_passes)))

    def _wanted_first(self, pending: Collection[int]) -> list[int]:
        """Return the runs that are needed whatever they tell: the ends, and those that prove the culprit."""
        wanted = [] if self.rounds else [end for end in self._free_ends() if not self._asked(end)]
        settled, one_of_several = self._settled(), self.one_of_several()
        if one_of_several is not None:
            wanted += self._unsettled(one_of_several)
        elif settled is not None:
            wanted += self._lacking(settled)
            wanted += self._proofs_ahead(wanted)
        elif self._is_red_unseen() and self.untestable and self._is_stuck():
            wanted.append(self.dag.tip)  # before the suspects are listed somebody must have failed
        elif not self.is_presumed_steady and self._is_flake_likely():
            # Whoever is to blame, the tip is bad: nothing else refutes them all at once.
            wanted.append(self.dag.tip)
        already = Counter(pending)
        return [site for site in dict.fromkeys(wanted) if site not in already]

    def _is_flake_likely(self) -> bool:
        is_doubted = not (self._may_presume or self._knows_rates)
        return self.posterior.none >= (_LIKELY_NONE_DOUBTED if is_doubted else _LIKELY_NONE)

    def _free_ends(self) -> tuple[int, ...]:
        """Return the ends that can run along in the first round without costing another one, the proof's included.

        Who is wary looks at the tip first, at any cost: most flakes are told by that.
        """
        size, width = self.dag.size, self._width
        for ends in ((self.dag.tip, GOOD_END), (self.dag.tip,)):
            parts = width - len(ends) + 1
            if parts > 1:
                rounds = 1 + stopping.rounds_with_proof(-(-size // parts), width)
                if rounds <= stopping.rounds_with_proof(size, width):
                    return ends
        return (self.dag.tip,) if self._is_wary else ()

    def _asked(self, site: int) -> bool:
        return site in self.posterior.counts or site in self.untestable

    def _settled(self) -> int | None:
        """Return the culprit that is left, if one is, proved or not."""
        if self._live:
            return _only(self._live)
        best, chance = self.likeliest()
        return best if chance >= self.confidence else None

    def _lacking(self, culprit: int) -> list[int]:
        """Return the sites that must still be run so that ``culprit`` is proved: itself red, its parents green."""
        lacking = self._short_of(culprit, *self._repeats(culprit))
        if self.is_presumed_steady:
            lacking = lacking or self._doubtful(culprit)
        elif culprit != self.dag.tip and self.judge_tip(culprit) is None:
            lacking.append(self._confirming(culprit))
        return [site for site in lacking if site not in self.untestable]

    def _short_of(self, culprit: int, fails: int, passes: int) -> list[int]:
        """Return the culprit and its parents, as far as they were not red and green that often."""
        lacking = [culprit] if self._count(culprit)[0] < fails else []
        parents = self.dag.parents[culprit] or (GOOD_END,)
        return lacking + [each for each in parents if not self._is_green(each, culprit, passes)]

    def one_of_several(self) -> int | None:
        """Return who broke the commits where somebody else breaks the tip too: without the one it is as surely red.

        To a search for one culprit such runs contradict each other however often they are made. So where they do so and
        nothing else does, the commits are asked alone, and the tip without whom they name. Two breaks are rarer than
        one that was mistaken for another: so much less error is allowed.
        """
        if self.is_presumed_steady:
            return None
        tested = self._put_to_the_test()
        for suspect in tested:
            confidence = stopping.shared(self._as_sure_as_of_several, len(tested))
            fails, passes = self._count(without(self.dag, suspect))
            lies = self._lies_of_commits(suspect)
            is_liar = lies.alarms or lies.hidings or passes
            if not is_liar and stopping.judge_tip(lies, fails, 0, confidence) is False:
                return suspect
        return None

    def _unsettled(self, culprit: int) -> list[int]:
        """Return what must be run so that the commits alone prove ``culprit``, whom the tip speaks against."""
        sure = self._as_sure_as_of_several
        lies = self._lies_of_commits(culprit)
        fails = stopping.repeats(lies.most_alarms, sure)
        passes = stopping.repeats(lies.most_hidings, sure)
        lacking = self._short_of(culprit, fails, passes)
        return [site for site in lacking if site not in self.untestable]

    @property
    def _as_sure_as_of_several(self) -> float:
        return stopping.insistent(stopping.insistent(self.confidence))

    def _told_by_commits(self) -> Posterior:
        """Return what is believed when the runs of the tip without somebody are left aside."""
        told = Posterior(self.dag, self._weights, self._rates)
        for site, (fails, passes) in self._commit_counts().items():
            for failed in fails * [True] + passes * [False]:
                told.record(site, failed=failed)
        told.settle()
        return told

    @property
    def believed(self) -> Posterior:
        """What a report tells: of one culprit among several what the commits alone say."""
        return self.posterior if self.one_of_several() is None else self._told_by_commits()

    def _commit_counts(self) -> dict[int, tuple[int, int]]:
        return {site: of for site, of in self.posterior.counts.items() if site < self.dag.size}

    @property
    def _steady_limit(self) -> int:
        """After how many rounds a command is believed that has never contradicted itself.

        One run at a time, halves of an odd number may leave a culprit a run early, uneven ones of a graph several.
        Bisection would be over then, too, so these are not spent, unless who is wary has a use for them; how early a
        right prior leaves one does not count, for bisection knows none.
        """
        size, width = self.dag.size, self._width
        limit = stopping.steady_limit(size, width)
        if width > 1 or self._is_wary or self._isolated_after is None:
            return limit
        least = size.bit_length() - 1 if len(set(self._weights)) > 1 else 0
        return limit - max(0, stopping.rounds_needed(size, 1) - max(least, self._isolated_after))

    def _doubtful(self, culprit: int) -> list[int]:
        """Return what to run once more, being red, where so few runs were red that a flake explains them too."""
        spent = (self.runs if self._width == 1 else self.rounds) + self._owed(culprit)
        is_up = spent >= self._steady_limit
        if (
            is_up
            or self._remembers
            or self._doubts(culprit) >= _MOST_DOUBTS
            or not self._looks_like_a_flake(_FLAKE_LEFT)
        ):
            return []
        ends = dict.fromkeys((culprit, self.dag.tip))
        return [site for site in ends if self._count(site)[0] <= (site == culprit)] or [culprit]

    def _owed(self, culprit: int) -> int:
        """Return how many runs of the proof are still to come that have to fit into the steady limit."""
        proof = without(self.dag, culprit)
        if proof in self.untestable:
            return 1  # it cannot be taken out of the tip: a run behind the last change of its files stands for it
        may_come_after = self._is_wary or self._width > 1 or culprit == self.dag.tip
        return not (may_come_after or self._count(proof)[1])

    def _doubts(self, culprit: int) -> int:
        """Return how many runs of a culprit and the tip were red beyond the one that bisection needs."""
        return sum(self._count(site)[0] for site in {culprit, self.dag.tip}) - 1

    def _looks_like_a_flake(self, left: float) -> bool:
        if self._is_told_steady:
            return False
        counts = self.posterior.counts.values()
        fails, passes = sum(count[0] for count in counts), sum(count[1] for count in counts)
        flake = NONE_OF_THEM * stopping.FLAKE**fails * (1 - stopping.FLAKE) ** passes
        return flake > left * (1 - NONE_OF_THEM) / self.dag.size

    def _repeats(self, culprit: int) -> tuple[int, int]:
        """Return how often the culprit must have failed and its parents passed: as the lies demand, if it is true.

        Where the culprit can be taken out of the tip, the parents need not pass often: they clear the commits
        before the culprit, and the tip without it clears all others at once.
        """
        if self.is_presumed_steady:
            return 1, 1
        lies = self._lies(culprit)
        fails = stopping.repeats(lies.most_alarms, self.confidence)
        if culprit != self.dag.tip and without(self.dag, culprit) not in self.untestable:
            return 1 if self._knows_rates else fails, 1
        return fails, stopping.repeats(lies.most_hidings, self.confidence)

    def _lies(self, culprit: int) -> stopping.Lies:
        """Return what the runs come to if ``culprit`` is to blame."""
        return self._lies_in(self.posterior.counts, culprit)

    def _lies_of_commits(self, culprit: int) -> stopping.Lies:
        return self._lies_in(self._commit_counts(), culprit)

    def _lies_in(self, counts: Mapping[int, tuple[int, int]], culprit: int) -> stopping.Lies:
        alarms = good = hidings = bad = 0
        for site, (fails, passes) in counts.items():
            if blamed_for(self.dag, site) >> culprit & 1:
                hidings, bad = hidings + passes, bad + fails + passes
            else:
                alarms, good = alarms + fails, good + fails + passes
        return stopping.Lies(alarms, good, hidings, bad)

    def judge_tip(self, culprit: int) -> bool | None:
        """Say whether the tip without ``culprit`` is green, as far as was recorded; None to run it on."""
        fails, passes = self._count(without(self.dag, culprit))
        if not self.is_presumed_steady:
            confidence = stopping.shared(self.confidence, len(self._put_to_the_test() | {culprit}))
            verdict = stopping.judge_tip(self._lies(culprit), fails, passes, confidence)
            if self._knows_rates and verdict is not False:
                return True if passes and self._is_sure_at_any_rate(culprit) else None
            return verdict
        if self._is_wary and not self._is_told_steady:
            return True if passes >= _WARY_PROOFS and self.red_again(culprit) is None else None
        if self._is_told_steady or self._width > 1 or self._remembers:
            return True if passes else None
        room = self._steady_limit - self.runs + passes
        return True if passes >= max(1, min(room, _MOST_DOUBTS)) else None

    def red_again(self, culprit: int) -> int | None:
        """Return what must be red once more before a culprit is reverted, for few red runs may be a flake.

        None where that is as good as ruled out, and where nobody is wary, or somebody was lied to.
        """
        is_asked = self._is_wary and self.is_presumed_steady
        if not is_asked or not self._looks_like_a_flake(_FLAKE_LEFT_TO_THE_WARY):
            return None
        ends = [site for site in (self.dag.tip, culprit) if site not in self.untestable]
        return min(ends, key=lambda site: self._count(site)[0], default=None)

    def _confirming(self, culprit: int) -> int:
        """Return what to run to be surer of a culprit: the tip without it, or itself where a flake is to be refuted."""
        now, proof = self.posterior, without(self.dag, culprit)
        others = 1 - now.none - now.commits[culprit]
        is_flake_left = self._knows_rates and now.none > others and self._count(proof)[1]
        return culprit if is_flake_left else proof

    def _is_sure_at_any_rate(self, hypothesis: int) -> bool:
        return self.posterior.worst_odds(hypothesis) <= (1 - self.confidence) / self.confidence

    def _put_to_the_test(self) -> set[int]:
        """Return the suspects without which the tip was run."""
        return {site - self.dag.size for site in self.posterior.counts if site >= self.dag.size}

    def _count(self, site: int) -> tuple[int, int]:
        return self.posterior.counts.get(site, (0, 0))

    def _is_green(self, parent: int, culprit: int, passes: int) -> bool:
        """Whether a parent passed, or one of its descendants without the culprit, which holds all of it."""
        if parent == GOOD_END:
            return self._count(GOOD_END)[1] >= passes
        return any(
            green >= passes
            and 0 <= site < self.dag.size
            and (held := self.dag.ancestors(site)) >> parent & 1
            and not held >> culprit & 1
            for site, (_, green) in self.posterior.counts.items()
        )

    def _informative(self, width: int, pending: Collection[int]) -> list[int]:
        if self._may_presume and self._live.bit_count() > 1:
            sites = self._live_sites()
            # Who is wary may take a run more than git does, and need not break ties as git does.
            if self._width == 1 and not sites.chance and not self._is_wary:
                own = {site: mass for site, mass in sites.masses.items() if self._live >> site & 1}
                return [halfway(own, self.dag)] if own else []
            return choose(sites, width, pending)
        if width > 1 or pending:
            return choose(self._noisy_sites(), width, pending)
        bits = self.posterior.informations(self._removable())
        for site in (*self.untestable, *self._beside()):
            bits.pop(site, None)
        best = choose_one(bits, self._chance(), self._runs_at())
        return [] if best is None else [best]

    def _removable(self) -> list[int]:
        """Return the commits without which the tip is worth a run: the likeliest culprit, where lies are told."""
        best, _ = self.likeliest()
        return [] if best == self.dag.tip or self.is_presumed_steady else [best]

    def _runs_at(self) -> dict[int, int]:
        return {site: sum(count) for site, count in self.posterior.counts.items()}

    def _live_sites(self) -> Sites:
        """The sites that part the candidates which explain everything: a run at any of them rules somebody out."""
        bits = flags(self._live, self.dag.size)
        weights = [
            weight if bit == "1" else 0.0 for weight, bit in zip(self._weights, bits, strict=True)
        ]
        masses = self.dag.masses(weights)
        total = masses[self.dag.tip]
        edge = total * 1e-9
        shut = self.untestable.union(self._beside())
        open_ = {
            site: mass / total
            for site, mass in enumerate(masses)
            if edge < mass < total - edge and site not in shut
        }
        return Sites(open_, self._chance(), {}, rates.STEADY, rates.STEADY, self.dag.ancestors)

    def _proofs_ahead(self, taken: Collection[int]) -> list[int]:
        """Return the tip without each of the last candidates: who is idle may run the proof before it is asked for."""
        if self._width == 1 or not self._may_presume or self._live.bit_count() > self._width:
            return []
        ahead = (without(self.dag, each) for each in members(self._live) if each != self.dag.tip)
        return [site for site in ahead if site not in taken and not self._asked(site)]

    def _beside(self) -> tuple[int, ...]:
        """Return the commits that another one may break, too: their failing says nothing of who is searched for."""
        if self._branch is None:
            return ()
        return tuple(members(self.dag.everything & ~self.dag.ancestors(self._branch)))

    def _noisy_sites(self) -> Sites:
        now = self.posterior
        masses = {GOOD_END: now.born_red} | dict(enumerate(now.masses))
        for commit in self._removable():
            taken_out = without(self.dag, commit)
            masses[taken_out] = now.mass(taken_out)
        for site in (*self.untestable, *self._beside()):
            masses.pop(site, None)
        return Sites(
            masses,
            self._chance(),
            self._runs_at(),
            now.good_fails,
            now.bad_passes,
            partial(blamed_for, self.dag),
        )

    def _chance(self) -> dict[int, float]:
        if self._chances is None:
            commits = range(self.dag.size)
            tested, untestable = (
                [site for site in sites if site in commits]
                for sites in (self.posterior.counts, self.untestable)
            )
            dag = self.dag
            known = chances(dag.size, tested, untestable, dag.joints) if self.untestable else ()
            self._chances = dict(enumerate(known))
        return self._chances

    def finding(self) -> Finding | None:
        """Return how the search ended, or None while it goes on."""
        return self._conclusion() or self._conclusion_of_several() or self._surrender()

    def _conclusion_of_several(self) -> Finding | None:
        culprit = self.one_of_several()
        if culprit is None or self._unsettled(culprit):
            return None
        return Finding(Word.FOUND, self.believed.commits[culprit], culprit)

    def _conclusion(self) -> Finding | None:
        now = self.posterior
        sure = self._threshold()
        if now.none >= sure and self._is_nobody_left():
            return Finding(Word.NOT_REPRODUCED, now.none)
        if now.born_red >= sure and self._count(GOOD_END)[0]:
            return self._born_red()
        culprit = self._settled()
        if culprit is None or self._lacking(culprit) or culprit in self.untestable:
            return None
        if not self.is_presumed_steady and self.judge_tip(culprit) is False:
            return None
        if now.commits[culprit] >= sure:
            return Finding(Word.FOUND, now.commits[culprit], culprit)
        return None

    def _born_red(self) -> Finding:
        """Say that the good end is red; or, where its own runs tell of a flake, that nothing explains what was seen."""
        fails, passes = self._count(GOOD_END)
        if passes and not stopping.is_red(fails, passes, self.confidence):
            return self.leave_open(
                "no single commit explains what was seen, "
                f"and the good end failed in {fails} of {fails + passes} runs"
            )
        return Finding(Word.BORN_RED, self.posterior.born_red)

    def _is_nobody_left(self) -> bool:
        """Whether the tip has passed often enough to say that nobody is to blame."""
        passes = self._count(self.dag.tip)[1]
        if self.is_presumed_steady:
            return passes > 0
        if self._knows_rates:
            return passes > 0 and self._is_sure_at_any_rate(self.dag.size)
        error = (1 - self.confidence) * NONE_OF_THEM  # a culprit was likelier from the start
        return passes >= stopping.repeats(stopping.INTERMITTENT, 1 - error)

    def _threshold(self) -> float:
        """Return the posterior to reach; without a contradiction, no more than what the limit of rounds allows."""
        if self.is_presumed_steady:
            is_up = self._width == 1 or self.rounds >= self._steady_limit - self._reserve
            return 0.5 if self._remembers or is_up else _AS_GOOD_AS_CERTAIN
        return self.confidence

    def _surrender(self) -> Finding | None:
        if self.runs >= stopping.budget(self.dag.size):
            is_red = not self.is_presumed_steady and self.judge_tip(self.likeliest()[0]) is False
            why = (
                ": the tip is red without it too, another commit breaks it as well"
                if is_red
                else ""
            )
            return self.leave_open(f"{self.runs} runs did not settle it{why}")
        untestable = sum(site < self.dag.size for site in self.untestable)
        if untestable >= stopping.untestable_limit(self.dag.size):
            return self.leave_open(f"{untestable} commits cannot be tested")
        if not self.is_presumed_steady and self._is_refuted_by_the_tip():
            return self.leave_open(
                f"{stopping.MOST_TIP_RUNS} runs of the tip without it did not settle it"
            )
        is_stuck = self.untestable and not self._is_red_unseen() and self._is_stuck()
        if self._is_exhausted or is_stuck:
            return self.leave_open("what would tell the suspects apart cannot be tested")
        return None

    def _is_refuted_by_the_tip(self) -> bool:
        """Whether the tip without the likeliest culprit was run as often as it may be, and is not green."""
        site = without(self.dag, self.likeliest()[0])
        return sum(self._count(site)) >= stopping.MOST_TIP_RUNS and not self.judge_tip(
            self.likeliest()[0]
        )

    def _is_red_unseen(self) -> bool:
        """Whether nothing has failed yet, and the tip, which is said to, was not run."""
        return not self._asked(self.dag.tip) and not any(
            f for f, _ in self.posterior.counts.values()
        )

    def _is_stuck(self) -> bool:
        """Whether the likeliest suspects can be told apart by no run that is left."""
        if self._live:
            group = self._live
            if group.bit_count() == 1:
                return _only(group) in self.untestable
        else:
            group, mass = self.posterior.cell(self.likeliest()[0])
            if mass < self.confidence or group.bit_count() == 1:
                return False
        chance = self._chance()
        return not any(
            0 != self.dag.ancestors(site) & group != group
            for site in range(self.dag.size)
            if chance.get(site, 1.0) > 0
        )

    def leave_open(self, why: str) -> Finding:
        """Return the finding that names nobody.

        Args:
            why: What stood in the way.
        """
        now = self.posterior
        ranked = sorted(range(self.dag.size), key=lambda commit: -now.commits[commit])
        suspects = tuple(commit for commit in ranked if now.commits[commit] > 1e-3)
        if self._live:
            suspects = tuple(sorted(members(self._live), key=lambda commit: -now.commits[commit]))
        return Finding(Word.INCONCLUSIVE, now.commits[ranked[0]], suspects=suspects, why=why)


def _only(commits: int) -> int | None:
    """Return the only member of a set, if it has just one."""
    return commits.bit_length() - 1 if commits.bit_count() == 1 else None
