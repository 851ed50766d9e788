"""What is demanded before somebody is named: how often who must be red or green, and what the tip must say."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from runbook.culprit.core import stopping
from runbook.culprit.core.dag import only
from runbook.culprit.core.posterior import GOOD_END, NONE_OF_THEM, without

if TYPE_CHECKING:
    from runbook.culprit.core.evidence import Evidence

# A search without a contradiction runs its culprit again until it is as sure, or at its limit.
_AS_GOOD_AS_CERTAIN = 0.999
_MOST_DOUBTS = 2  # runs beyond bisection that go into a command which nothing speaks against
_FLAKE_LEFT = 0.03  # as likely as that, beside a culprit, a flake is not looked into
_FLAKE_LEFT_TO_THE_WARY = 0.005
# How often the tip must be green without a culprit that will be reverted: where somebody else is to blame and the bug
# hides one time in five it is so once in six hundred times, where it hides every second time once in sixteen.
_WARY_PROOFS = 4


@dataclass
class Terms:
    """The terms of one search: what was asked for, and what may be presumed of the command.

    Attributes:
        confidence: How sure to be.
        width: How many runs go on at once.
        reserve: How many rounds of the steady limit the caller keeps for a proof of its own.
        is_wary: Whether what is found will be reverted: the proof comes after the steady limit, is repeated, and
            rules out a flake.
        is_told_steady: Whether somebody said that the command never lies.
        knows_rates: Whether somebody said how often it does.
        may_presume: Whether it is taken not to lie until two outcomes contradict each other.
    """

    confidence: float
    width: int
    reserve: int
    is_wary: bool
    is_told_steady: bool
    knows_rates: bool
    may_presume: bool


class Demands:
    """What one search demands of its evidence.

    Args:
        seen: The evidence, while it grows.
        terms: On which the search is made.
    """

    def __init__(self, seen: Evidence, terms: Terms) -> None:
        self.dag = seen.dag
        self.seen = seen
        self.terms = terms

    @property
    def is_presumed_steady(self) -> bool:
        """Whether the command may be believed, since nobody asked to doubt it and nothing gave reason to.

        Who is wary has seen the tip red, and would not search otherwise: that it passes is reason enough.
        """
        has_faded = self.terms.is_wary and self.seen.count(self.dag.tip)[1]
        return self.terms.may_presume and self.seen.is_consistent and not has_faded

    def settled(self) -> int | None:
        """Return the culprit that is left, if one is, proved or not."""
        if self.seen.live:
            return only(self.seen.live)
        best, chance = self.seen.likeliest()
        return best if chance >= self.terms.confidence else None

    def lacking(self, culprit: int) -> list[int]:
        """Return the sites that must still be run so that ``culprit`` is proved: itself red, its parents green."""
        lacking = self._short_of(culprit, *self._repeats(culprit))
        if self.is_presumed_steady:
            lacking = lacking or self._doubtful(culprit)
        elif culprit != self.dag.tip and self.judge_tip(culprit) is None:
            lacking.append(self._confirming(culprit))
        return [site for site in lacking if site not in self.seen.untestable]

    def _short_of(self, culprit: int, fails: int, passes: int) -> list[int]:
        """Return the culprit and its parents, as far as they were not red and green that often."""
        lacking = [culprit] if self.seen.count(culprit)[0] < fails else []
        parents = self.dag.parents[culprit] or (GOOD_END,)
        return lacking + [each for each in parents if not self.seen.is_green(each, culprit, passes)]

    def one_of_several(self) -> int | None:
        """Return who broke the commits where somebody else breaks the tip too: without the one it is as surely red.

        To a search for one culprit such runs contradict each other however often they are made. So where they do so and
        nothing else does, the commits are asked alone, and the tip without whom they name. Two breaks are rarer than
        one that was mistaken for another: so much less error is allowed.
        """
        if self.is_presumed_steady:
            return None
        tested = self.seen.put_to_the_test()
        for suspect in tested:
            confidence = stopping.shared(self._as_sure_as_of_several, len(tested))
            fails, passes = self.seen.count(without(self.dag, suspect))
            lies = self.seen.lies_of_commits(suspect)
            is_liar = lies.alarms or lies.hidings or passes
            if not is_liar and stopping.judge_tip(lies, fails, 0, confidence) is False:
                return suspect
        return None

    def unsettled(self, culprit: int) -> list[int]:
        """Return what must be run so that the commits alone prove ``culprit``, whom the tip speaks against."""
        sure = self._as_sure_as_of_several
        lies = self.seen.lies_of_commits(culprit)
        fails = stopping.repeats(lies.most_alarms, sure)
        passes = stopping.repeats(lies.most_hidings, sure)
        lacking = self._short_of(culprit, fails, passes)
        return [site for site in lacking if site not in self.seen.untestable]

    @property
    def _as_sure_as_of_several(self) -> float:
        return stopping.insistent(stopping.insistent(self.terms.confidence))

    @property
    def steady_limit(self) -> int:
        """After how many rounds a command is believed that has never contradicted itself.

        One run at a time, halves of an odd number may leave a culprit a run early, uneven ones of a graph several.
        Bisection would be over then, too, so these are not spent, unless who is wary has a use for them; how early a
        right prior leaves one does not count, for bisection knows none.
        """
        size, width = self.dag.size, self.terms.width
        limit = stopping.steady_limit(size, width)
        if width > 1 or self.terms.is_wary or self.seen.isolated_after is None:
            return limit
        least = size.bit_length() - 1 if len(set(self.seen.weights)) > 1 else 0
        return limit - max(
            0, stopping.rounds_needed(size, 1) - max(least, self.seen.isolated_after)
        )

    def _doubtful(self, culprit: int) -> list[int]:
        """Return what to run once more, being red, where so few runs were red that a flake explains them too."""
        spent = (self.seen.runs if self.terms.width == 1 else self.seen.rounds) + self._owed(
            culprit
        )
        is_up = spent >= self.steady_limit
        if (
            is_up
            or self.seen.remembers
            or self._doubts(culprit) >= _MOST_DOUBTS
            or not self._looks_like_a_flake(_FLAKE_LEFT)
        ):
            return []
        ends = dict.fromkeys((culprit, self.dag.tip))
        return [site for site in ends if self.seen.count(site)[0] <= (site == culprit)] or [culprit]

    def _owed(self, culprit: int) -> int:
        """Return how many runs of the proof are still to come that have to fit into the steady limit."""
        proof = without(self.dag, culprit)
        if proof in self.seen.untestable:
            return 1  # it cannot be taken out of the tip: a run behind the last change of its files stands for it
        may_come_after = self.terms.is_wary or self.terms.width > 1 or culprit == self.dag.tip
        return not (may_come_after or self.seen.count(proof)[1])

    def _doubts(self, culprit: int) -> int:
        """Return how many runs of a culprit and the tip were red beyond the one that bisection needs."""
        return sum(self.seen.count(site)[0] for site in {culprit, self.dag.tip}) - 1

    def _looks_like_a_flake(self, left: float) -> bool:
        if self.terms.is_told_steady:
            return False
        counts = self.seen.posterior.counts.values()
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
        lies = self.seen.lies(culprit)
        fails = stopping.repeats(lies.most_alarms, self.terms.confidence)
        if culprit != self.dag.tip and without(self.dag, culprit) not in self.seen.untestable:
            return 1 if self.terms.knows_rates else fails, 1
        return fails, stopping.repeats(lies.most_hidings, self.terms.confidence)

    def judge_tip(self, culprit: int) -> bool | None:
        """Say whether the tip without ``culprit`` is green, as far as was recorded; None to run it on."""
        fails, passes = self.seen.count(without(self.dag, culprit))
        if not self.is_presumed_steady:
            confidence = stopping.shared(
                self.terms.confidence, len(self.seen.put_to_the_test() | {culprit})
            )
            verdict = stopping.judge_tip(self.seen.lies(culprit), fails, passes, confidence)
            if self.terms.knows_rates and verdict is not False:
                return True if passes and self._is_sure_at_any_rate(culprit) else None
            return verdict
        if self.terms.is_wary and not self.terms.is_told_steady:
            return True if passes >= _WARY_PROOFS and self.red_again(culprit) is None else None
        if self.terms.is_told_steady or self.terms.width > 1 or self.seen.remembers:
            return True if passes else None
        room = self.steady_limit - self.seen.runs + passes
        return True if passes >= max(1, min(room, _MOST_DOUBTS)) else None

    def is_worth_a_doubt(self, culprit: int) -> bool:
        """Whether a culprit that no revert can prove should fail once more, while there is a run left to spend.

        A flake is likelier to fail a good commit than a bug is to pass on a bad one, so it is the culprit that is run
        again and not its parent. One run is kept for a commit behind it.
        """
        spent = self.seen.runs if self.terms.width == 1 else self.seen.rounds
        return (
            self.is_presumed_steady
            and not (self.terms.is_told_steady or self.seen.remembers)
            and self.seen.count(culprit)[0] < _MOST_DOUBTS
            and spent + 1 < self.steady_limit
        )

    def red_again(self, culprit: int) -> int | None:
        """Return what must be red once more before a culprit is reverted, for few red runs may be a flake.

        None where that is as good as ruled out, and where nobody is wary, or somebody was lied to.
        """
        is_asked = self.terms.is_wary and self.is_presumed_steady
        if not is_asked or not self._looks_like_a_flake(_FLAKE_LEFT_TO_THE_WARY):
            return None
        ends = [site for site in (self.dag.tip, culprit) if site not in self.seen.untestable]
        return min(ends, key=lambda site: self.seen.count(site)[0], default=None)

    def _confirming(self, culprit: int) -> int:
        """Return what to run to be surer of a culprit: the tip without it, or itself where a flake is to be refuted."""
        now, proof = self.seen.posterior, without(self.dag, culprit)
        others = 1 - now.none - now.commits[culprit]
        is_flake_left = self.terms.knows_rates and now.none > others and self.seen.count(proof)[1]
        return culprit if is_flake_left else proof

    def _is_sure_at_any_rate(self, hypothesis: int) -> bool:
        return (
            self.seen.posterior.worst_odds(hypothesis)
            <= (1 - self.terms.confidence) / self.terms.confidence
        )

    def is_nobody_left(self) -> bool:
        """Whether the tip has passed often enough to say that nobody is to blame."""
        passes = self.seen.count(self.dag.tip)[1]
        if self.is_presumed_steady:
            return passes > 0
        if self.terms.knows_rates:
            return passes > 0 and self._is_sure_at_any_rate(self.dag.size)
        error = (1 - self.terms.confidence) * NONE_OF_THEM  # a culprit was likelier from the start
        return passes >= stopping.repeats(stopping.INTERMITTENT, 1 - error)

    def is_good_end_open(self) -> bool:
        """Whether the good end, which never passed, must fail again to be called red: a flake fails a few times, too.

        Where several commits break it each by itself, "born red" is left as the only word for what was seen.
        """
        fails, passes = self.seen.count(GOOD_END)
        if self.is_presumed_steady or passes or GOOD_END in self.seen.untestable:
            return False
        return not stopping.is_red(fails, 0, self.terms.confidence)

    def threshold(self) -> float:
        """Return the posterior to reach; without a contradiction, no more than what the limit of rounds allows."""
        if self.is_presumed_steady:
            is_up = (
                self.terms.width == 1 or self.seen.rounds >= self.steady_limit - self.terms.reserve
            )
            return 0.5 if self.seen.remembers or is_up else _AS_GOOD_AS_CERTAIN
        return self.terms.confidence
