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
from runbook.culprit.core.choice import Sites, choose, choose_one, halfway
from runbook.culprit.core.dag import flags, members, only
from runbook.culprit.core.demands import Demands, Terms
from runbook.culprit.core.earlier import taught
from runbook.culprit.core.evidence import Evidence, Outcome
from runbook.culprit.core.posterior import GOOD_END, Posterior, blamed_for, without
from runbook.culprit.core.untestable import chances

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from runbook.culprit.core.dag import Dag
    from runbook.culprit.core.earlier import Tally

# From here on the tip is run, where a flake is refuted or proved: from the first run where somebody asked to doubt a
# command whose rates are not known.
_LIKELY_NONE = 0.4
_LIKELY_NONE_DOUBTED = 0.19
# A command that is less likely than this to be steady, by its earlier runs, is doubted from the start.
_BELIEVED = 0.5


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
        seen: What the runs have said so far.
        terms: What was asked for.
        demands: What is demanded before somebody is named.
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
        presumed = rates.PRESUMED_STEADY if confidence is None else rates.OPEN_MINDED
        unknown = taught(rates.unknown(presumed), earlier)
        believed = unknown if rate is None else rates.told(rate)
        may_be_believed = confidence is None and believed.of_steady > _BELIEVED
        unasked = stopping.WARY_CONFIDENCE if is_wary else stopping.DEFAULT_CONFIDENCE
        self.dag = dag
        self.terms = Terms(
            confidence=unasked if confidence is None else confidence,
            width=width,
            reserve=reserve,
            is_wary=is_wary,
            is_told_steady=rate == 0,
            knows_rates=bool(rate),
            may_presume=may_be_believed or rate == 0,
        )
        self.seen = Evidence(dag, weights, believed, may_presume=self.terms.may_presume)
        self.demands = Demands(self.seen, self.terms)
        self._is_exhausted = False
        self._chances: dict[int, float] | None = None

    def record(self, site: int, outcome: Outcome, *, remembered: bool = False) -> None:
        """Take one outcome into account."""
        self.seen.record(site, outcome, remembered=remembered)
        self._chances = None
        self._is_exhausted &= outcome is Outcome.UNTESTABLE

    def next_probes(self, pending: Collection[int] = ()) -> list[int]:
        """Return the sites to run now beside those ``pending``; none once there is a finding."""
        free = self.terms.width - len(pending)
        if free <= 0 or self.finding() is not None:
            return []
        wanted = self._wanted_first(pending)[:free]
        if len(wanted) < free:
            wanted += self._informative(free - len(wanted), [*pending, *wanted])
            wanted += self._proofs_ahead([*pending, *wanted])[: free - len(wanted)]
        if (
            len(wanted) < free
            and not self.seen.was_asked(GOOD_END)
            and GOOD_END not in (*wanted, *pending)
        ):
            wanted.append(GOOD_END)  # somebody is idle, and it may be needed
        self.seen.rounds += bool(wanted)
        self._is_exhausted = not wanted and not pending
        return wanted

    def is_useless(self, site: int) -> bool:
        """Whether a run that goes on at ``site`` can no longer rule anybody out; the ends are always worth it."""
        if not (self.terms.may_presume and self.seen.live.bit_count() > 1) or site in (
            GOOD_END,
            self.dag.tip,
        ):
            return False
        return blamed_for(self.dag, site) & self.seen.live in (0, self.seen.live)

    @property
    def runs_left(self) -> int:
        """About how many runs are still needed."""
        now = self.seen.posterior
        bits = -sum(
            each * log2(each) for each in (*now.commits, now.none, now.born_red) if each > 0
        )
        return ceil(bits / max(0.05, rates.capacity(now.good_fails, now.bad_passes)))

    def _wanted_first(self, pending: Collection[int]) -> list[int]:
        """Return the runs that are needed whatever they tell: the ends, and those that prove the culprit."""
        wanted = (
            []
            if self.seen.rounds
            else [end for end in self._free_ends() if not self.seen.was_asked(end)]
        )
        settled, one_of_several = self.demands.settled(), self.demands.one_of_several()
        if one_of_several is not None:
            wanted += self.demands.unsettled(one_of_several)
        elif settled is not None:
            wanted += self.demands.lacking(settled)
            wanted += self._proofs_ahead(wanted)
        elif self.seen.is_red_unseen() and self.seen.untestable and self._is_stuck():
            wanted.append(self.dag.tip)  # before the suspects are listed somebody must have failed
        elif not self.demands.is_presumed_steady and self._is_flake_likely():
            # Whoever is to blame, the tip is bad: nothing else refutes them all at once.
            wanted.append(self.dag.tip)
        elif (
            self.seen.posterior.born_red >= self.demands.threshold()
            and self.demands.is_good_end_open()
        ):
            wanted.append(GOOD_END)
        already = Counter(pending)
        return [site for site in dict.fromkeys(wanted) if site not in already]

    def _is_flake_likely(self) -> bool:
        is_doubted = not (self.terms.may_presume or self.terms.knows_rates)
        return self.seen.posterior.none >= (_LIKELY_NONE_DOUBTED if is_doubted else _LIKELY_NONE)

    def _free_ends(self) -> tuple[int, ...]:
        """Return the ends that can run along in the first round without costing another one, the proof's included.

        Who is wary looks at the tip first, at any cost: most flakes are told by that.
        """
        size, width = self.dag.size, self.terms.width
        for ends in ((self.dag.tip, GOOD_END), (self.dag.tip,)):
            parts = width - len(ends) + 1
            if parts > 1:
                rounds = 1 + stopping.rounds_with_proof(-(-size // parts), width)
                if rounds <= stopping.rounds_with_proof(size, width):
                    return ends
        return (self.dag.tip,) if self.terms.is_wary else ()

    @property
    def believed(self) -> Posterior:
        """What a report tells: of one culprit among several what the commits alone say."""
        return (
            self.seen.posterior
            if self.demands.one_of_several() is None
            else self.seen.told_by_commits()
        )

    def _informative(self, width: int, pending: Collection[int]) -> list[int]:
        if self.terms.may_presume and self.seen.live.bit_count() > 1:
            sites = self._live_sites()
            # Who is wary may take a run more than git does, and need not break ties as git does.
            if self.terms.width == 1 and not sites.chance and not self.terms.is_wary:
                own = {
                    site: mass for site, mass in sites.masses.items() if self.seen.live >> site & 1
                }
                return [halfway(own, self.dag)] if own else []
            return choose(sites, width, pending)
        if width > 1 or pending:
            return choose(self._noisy_sites(), width, pending)
        bits = self.seen.posterior.informations(self._removable())
        for site in (*self.seen.untestable, *self.seen.beside()):
            bits.pop(site, None)
        best = choose_one(bits, self._chance(), self._runs_at())
        return [] if best is None else [best]

    def _removable(self) -> list[int]:
        """Return the commits without which the tip is worth a run: the likeliest culprit, where lies are told."""
        best, _ = self.seen.likeliest()
        return [] if best == self.dag.tip or self.demands.is_presumed_steady else [best]

    def _runs_at(self) -> dict[int, int]:
        return {site: sum(count) for site, count in self.seen.posterior.counts.items()}

    def _live_sites(self) -> Sites:
        """The sites that part the candidates which explain everything: a run at any of them rules somebody out."""
        bits = flags(self.seen.live, self.dag.size)
        weights = [
            weight if bit == "1" else 0.0
            for weight, bit in zip(self.seen.weights, bits, strict=True)
        ]
        masses = self.dag.masses(weights)
        total = masses[self.dag.tip]
        edge = total * 1e-9
        shut = self.seen.untestable.union(self.seen.beside())
        open_ = {
            site: mass / total
            for site, mass in enumerate(masses)
            if edge < mass < total - edge and site not in shut
        }
        return Sites(open_, self._chance(), {}, rates.STEADY, rates.STEADY, self.dag.ancestors)

    def _proofs_ahead(self, taken: Collection[int]) -> list[int]:
        """Return the tip without each of the last candidates: who is idle may run the proof before it is asked for."""
        if (
            self.terms.width == 1
            or not self.terms.may_presume
            or self.seen.live.bit_count() > self.terms.width
        ):
            return []
        ahead = (
            without(self.dag, each) for each in members(self.seen.live) if each != self.dag.tip
        )
        return [site for site in ahead if site not in taken and not self.seen.was_asked(site)]

    def _noisy_sites(self) -> Sites:
        now = self.seen.posterior
        masses = {GOOD_END: now.born_red} | dict(enumerate(now.masses))
        for commit in self._removable():
            taken_out = without(self.dag, commit)
            masses[taken_out] = now.mass(taken_out)
        for site in (*self.seen.untestable, *self.seen.beside()):
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
                for sites in (self.seen.posterior.counts, self.seen.untestable)
            )
            dag = self.dag
            known = (
                chances(dag.size, tested, untestable, dag.joints) if self.seen.untestable else ()
            )
            self._chances = dict(enumerate(known))
        return self._chances

    def finding(self) -> Finding | None:
        """Return how the search ended, or None while it goes on."""
        return self._conclusion() or self._conclusion_of_several() or self._surrender()

    def _conclusion_of_several(self) -> Finding | None:
        culprit = self.demands.one_of_several()
        if culprit is None or self.demands.unsettled(culprit):
            return None
        return Finding(Word.FOUND, self.believed.commits[culprit], culprit)

    def _conclusion(self) -> Finding | None:
        now = self.seen.posterior
        sure = self.demands.threshold()
        if now.none >= sure and self.demands.is_nobody_left():
            return Finding(Word.NOT_REPRODUCED, now.none)
        if now.born_red >= sure and self.seen.count(GOOD_END)[0]:
            return None if self.demands.is_good_end_open() else self._born_red()
        culprit = self.demands.settled()
        if culprit is None or self.demands.lacking(culprit) or culprit in self.seen.untestable:
            return None
        if not self.demands.is_presumed_steady and self.demands.judge_tip(culprit) is False:
            return None
        if now.commits[culprit] >= sure:
            return Finding(Word.FOUND, now.commits[culprit], culprit)
        return None

    def _born_red(self) -> Finding:
        """Say that the good end is red; or, where its own runs tell of a flake, that nothing explains what was seen."""
        fails, passes = self.seen.count(GOOD_END)
        if passes and not stopping.is_red(fails, passes, self.terms.confidence):
            return self.leave_open(
                "no single commit explains what was seen, "
                f"and the good end failed in {fails} of {fails + passes} runs"
            )
        return Finding(Word.BORN_RED, self.seen.posterior.born_red)

    def _surrender(self) -> Finding | None:
        if self.seen.runs >= stopping.budget(self.dag.size):
            is_red = (
                not self.demands.is_presumed_steady
                and self.demands.judge_tip(self.seen.likeliest()[0]) is False
            )
            why = (
                ": the tip is red without it too, another commit breaks it as well"
                if is_red
                else ""
            )
            return self.leave_open(f"{self.seen.runs} runs did not settle it{why}")
        untestable = sum(site < self.dag.size for site in self.seen.untestable)
        if untestable >= stopping.untestable_limit(self.dag.size):
            return self.leave_open(f"{untestable} commits cannot be tested")
        if not self.demands.is_presumed_steady and self._is_refuted_by_the_tip():
            return self.leave_open(
                f"{stopping.MOST_TIP_RUNS} runs of the tip without it did not settle it"
            )
        is_stuck = self.seen.untestable and not self.seen.is_red_unseen() and self._is_stuck()
        if self._is_exhausted or is_stuck:
            return self.leave_open("what would tell the suspects apart cannot be tested")
        return None

    def _is_refuted_by_the_tip(self) -> bool:
        """Whether the tip without the likeliest culprit was run as often as it may be, and is not green."""
        site = without(self.dag, self.seen.likeliest()[0])
        return sum(self.seen.count(site)) >= stopping.MOST_TIP_RUNS and not self.demands.judge_tip(
            self.seen.likeliest()[0]
        )

    def _is_stuck(self) -> bool:
        """Whether the likeliest suspects can be told apart by no run that is left."""
        if self.seen.live:
            group = self.seen.live
            if group.bit_count() == 1:
                return only(group) in self.seen.untestable
        else:
            group, mass = self.seen.posterior.cell(self.seen.likeliest()[0])
            if mass < self.terms.confidence or group.bit_count() == 1:
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
        now = self.seen.posterior
        ranked = sorted(range(self.dag.size), key=lambda commit: -now.commits[commit])
        suspects = tuple(commit for commit in ranked if now.commits[commit] > 1e-3)
        if self.seen.live:
            suspects = tuple(
                sorted(members(self.seen.live), key=lambda commit: -now.commits[commit])
            )
        return Finding(Word.INCONCLUSIVE, now.commits[ranked[0]], suspects=suspects, why=why)
