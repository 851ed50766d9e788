"""The search over upgrades: every minimal red set, and the shortest constraint that is green. Pure.

A smallest set to hold back has a member in common with every minimal red set, and the other way round (Reiter's
duality), so the two are searched in turns: find a red set, hold back a smallest hitting set of all that were
found, and where that is still red find the next in what is left. What is held is tried on a free resolution.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from runbook.culprit.core.fingerprint import is_same
from runbook.upgrades.core.asking import Answer, Asking, Contradicted, Move, Outcome, Prove, ask
from runbook.upgrades.core.bound import Releases, first_bad, first_guess, free
from runbook.upgrades.core.minimal import Names, Space, minimal_red_set, smallest_hitting_sets
from runbook.upgrades.core.pins import neighbours_first
from runbook.upgrades.core.suspects import BROKE_ANOTHER, STRONG, scores, weigh
from runbook.upgrades.core.versions import key, next_series

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from runbook.upgrades.core.asking import Free
    from runbook.upgrades.core.pins import Change, Resolution

_MOST_HOLDS = 8  # ways to hold back that are compared; each takes a resolution
_MOST_SETS = 12  # of culprits; whoever breaks in more ways is not helped by a list


@dataclass(frozen=True, slots=True)
class Problem:
    """What is searched.

    Attributes:
        changes: All that moved.
        newest: What everything moved to.
        closure: What really moves in a state; None where that cannot be resolved.
        releases: The releases of each package.
        imports: The names by which each package is imported.
        versions: What the newest with some constraints comes to; None where that cannot be resolved.
        width: How many environments can be tried at once.
        is_bounded: Whether to look for the first bad release of each culprit.
        suspected: Upgrades that broke another command, each with its first bad release.
    """

    changes: tuple[Change, ...]
    newest: Resolution
    closure: Callable[[Move], Names | None]
    releases: Releases
    imports: Callable[[], Mapping[str, frozenset[str]]]
    versions: Callable[[Free], Mapping[str, str] | None]
    width: int = 1
    is_bounded: bool = True
    suspected: Mapping[str, str] = field(default_factory=dict)

    @property
    def movable(self) -> Names:
        """What can be held back or moved: it has a version on both sides."""
        return frozenset(each.name for each in self.changes if each.before and each.after)

    def before(self, name: str) -> str:
        """Return the version of the baseline."""
        return next(each.before or "" for each in self.changes if each.name == name)

    def after(self, name: str) -> str:
        """Return the version of the newest."""
        return self.newest.pins[name]

    def goes_up(self, name: str) -> bool:
        """Whether a package moves to a higher version, so that a constraint on it is an upper bound.

        Where the newest side is the lowest, or that of an earlier day, some go up and others down.
        """
        return key(self.after(name)) > key(self.before(name))

    def early(self, name: str) -> str | None:
        """Return the release with which a break most likely came, where that is not the newest."""
        if not (self.is_bounded and self.goes_up(name)):
            return None
        series = self.suspected.get(name) or next_series(self.before(name), self.after(name))
        release = self.releases.at_least(name, series) if series else None
        return release if release and key(release) < key(self.after(name)) else None


@dataclass(slots=True)
class Findings:
    """What the search knows, while it goes on and when it has ended.

    Attributes:
        culprits: The minimal red sets, in the order in which they were found.
        reds: For each of them, and for those in `others`, the answer that proved it red.
        others: Sets that are red only where a culprit is held back: they must be held, and are not to blame.
        pins: The constraints, by package.
        first_bad: The first bad release of each culprit.
        green: The answer that proved the constraints green, or None.
        why: What stood in the way.
        shown: For each of the sets the state that proved it red.
    """

    culprits: list[Names] = field(default_factory=list)
    reds: dict[Names, Answer] = field(default_factory=dict)
    others: list[Names] = field(default_factory=list)
    pins: dict[str, str] = field(default_factory=dict)
    first_bad: dict[str, str] = field(default_factory=dict)
    green: Answer | None = None
    why: str = ""
    shown: dict[Names, Move] = field(default_factory=dict)

    @property
    def sets(self) -> list[Names]:
        """All that must be hit by what is held."""
        return self.culprits + self.others

    @property
    def are_plain(self) -> bool:
        """Whether one upgrade explains everything: what is named more often than that, a command that lies names."""
        return [len(names) for names in self.sets] == [1]


class Search:
    """One search, told of the newest state that it is red.

    Args:
        problem: What is searched.
        red: The answer of the newest state.
        hunt: Called with the fingerprint that is hunted from then on.
    """

    def __init__(
        self, problem: Problem, red: Answer, hunt: Callable[[frozenset[str]], None]
    ) -> None:
        self._problem = problem
        self._today = red
        self._hunt = hunt
        self._green: list[Names] = []
        self._suspicion: dict[str, float] = {}
        self._bad: dict[str, str] = {}  # releases before the newest that were red
        self._survived: dict[str, str] = {}  # those that were not
        self.findings = Findings()

    def run(self) -> Asking[Findings]:
        """Search until the constraints are green, or nothing is left to hold.

        Raises:
            Contradicted: A set that was found to be red is green when it is proved.
        """
        found, red = self.findings, self._today
        left = self._problem.movable
        while left and len(found.sets) < _MOST_SETS:
            self._hunt(red.fingerprint)
            space = self._space(red, free(found.pins))
            culprits = yield from minimal_red_set(space, left)
            shown = space.state_of(culprits)
            proof = yield from ask(Prove(shown))
            if not proof.is_red:
                raise Contradicted(shown)
            self._bad |= dict(shown.at)
            found.shown[culprits] = shown
            answer = yield from self._blame(culprits, proof, is_todays=self._is_todays(red))
            if answer.is_green:
                found.green = answer
                return found
            if shown.at:
                yield from self._confirm(culprits)
            if answer.outcome is Outcome.UNRESOLVABLE:
                found.why = "what is to blame cannot be held back: nothing resolves without it"
                return found
            red = answer
            left = self._problem.movable - set(found.pins)
        found.why = "it stays red whatever is held back"
        return found

    def _blame(self, culprits: Names, proof: Answer, *, is_todays: bool) -> Asking[Answer]:
        """Add a minimal red set and hold everything that was found, but for what it shows to be innocent.

        Two packages of which neither moves without the other are told apart by holding alone: the one that was
        named first was held, and it stayed red.
        """
        found = self.findings
        moved = self._problem.closure(Move(culprits))
        coupled = [each for each in found.culprits if self._problem.closure(Move(each)) == moved]
        found.reds[culprits] = proof
        (found.culprits if is_todays else found.others).append(culprits)
        if coupled:
            every = found.culprits
            found.culprits = [each for each in every if each not in coupled]
            answer = yield from self._hold()
            if answer.is_green:
                return answer
            found.culprits = every
        return (yield from self._hold())

    def _confirm(self, culprits: Names) -> Asking[None]:
        """Try at its newest what was red before that, since holding it back alone has not proved it to blame.

        Where it is green there, what it broke on the way is mended, and today's failure is another's.
        """
        found = self.findings
        proof = yield from ask(Prove(Move(culprits)))
        if proof.is_red:
            found.reds[culprits], found.shown[culprits] = proof, Move(culprits)
            return
        for each in (found.reds, found.shown):
            each.pop(culprits, None)
        for sets in (found.culprits, found.others):
            if culprits in sets:
                sets.remove(culprits)

    def _space(self, red: Answer, evidence: Free) -> Space:
        names = self._problem.movable
        scored = self._scores(red)
        for name in names & self._problem.suspected.keys():
            scored[name] = scored.get(name, 0.0) + BROKE_ANOTHER
        weights = weigh(sorted(names), scored, self._problem.newest.direct)
        for name, weight in weights.items():
            self._suspicion[name] = max(weight, self._suspicion.get(name, 0.0))
        order = neighbours_first(names, self._problem.newest.required_by)
        return Space(
            weights, order, self._problem.closure, self._problem.width, self._green, self._problem.early,
            survived=self._survived, evidence=evidence,
        )  # fmt: skip

    def _scores(self, red: Answer) -> dict[str, float]:
        return scores(red.output, self._problem.imports(), self._problem.newest.required_by)

    def _is_todays(self, red: Answer) -> bool:
        """Whether a failure is one of today's, or was hidden behind one that let nothing else be seen."""
        if is_same(red.fingerprint, self._today.fingerprint):
            return True
        has_hidden = not any("::" in name for name in self._today.fingerprint)
        points_at = self._scores(red)
        return has_hidden and not any(
            points_at.get(name, 0.0) >= STRONG for name in self.findings.pins
        )

    def _hold(self) -> Asking[Answer]:
        """Hold back a smallest hitting set: where a guess says the break came, or else as far as the baseline."""
        found = self.findings
        held = self._to_hold()
        tight = {name: self._at_baseline(name) for name in held}
        guessed = {name: self._guess(name) for name in held}
        missed: Answer | None = None
        for pins in [guessed, tight] if guessed != tight else [tight]:
            found.pins = pins
            answer = yield from ask(free(pins))
            if answer.is_green:
                self._learn_from(missed)
                return (yield from ask(Prove(free(pins))))
            if found.culprits and not self._shows_a_held_failure(answer):
                break
            missed = answer
        return (yield from ask(Prove(free(found.pins))))

    def _to_hold(self) -> Names:
        """Return a smallest hitting set; of several the one that leaves the fewest behind, and then the likeliest."""
        likeliest_first = sorted(
            smallest_hitting_sets(self.findings.sets),
            key=lambda names: -sum(self._suspicion.get(name, 0.0) for name in sorted(names)),
        )
        few = likeliest_first[:_MOST_HOLDS]
        return few[0] if len(few) == 1 else min(few, key=self._left_behind)

    def _left_behind(self, names: Names) -> int:
        """Return how many packages end below their newest where some are held as far back as is guessed."""
        problem = self._problem
        versions = problem.versions(free({name: self._guess(name) for name in names}))
        if versions is None:
            return len(problem.movable)
        return len(self._below_newest(versions))

    def _learn_from(self, missed: Answer | None) -> None:
        """Note the release of a guess that was red, where holding the same one package further back is green."""
        if missed is None or len(self.findings.pins) > 1:
            return
        (name,) = self.findings.pins
        version = missed.versions.get(name, "")
        if missed.is_red and version and key(version) < key(self._problem.after(name)):
            self._bad[name] = version

    def _shows_a_held_failure(self, answer: Answer) -> bool:
        """Whether tests still fail that failed with the held upgrades alone: then they are not held back enough.

        Unless they fail over somebody else now, who was hidden behind what is held.
        """
        return not self._points_elsewhere(answer) and any(
            _tests(answer.fingerprint) & _tests(red.fingerprint) or not _tests(red.fingerprint)
            for red in self.findings.reds.values()
        )

    def _points_elsewhere(self, answer: Answer) -> bool:
        """Whether a failure is about an upgrade that is not held, and about none that is."""
        strong = {name for name, score in self._scores(answer).items() if score >= STRONG}
        held = self.findings.pins.keys()
        return not strong.isdisjoint(self._problem.movable - held) and strong.isdisjoint(held)

    def _guess(self, name: str) -> str:
        if name in self.findings.first_bad or not self._problem.goes_up(name):
            return self._at_baseline(name)
        if name in self._bad:
            return f"<{self._bad[name]}"
        reached = self._survived[name] if self._is_survivor(name) else self._problem.before(name)
        return first_guess(reached, self._problem.after(name))

    def _is_survivor(self, name: str) -> bool:
        """Whether one that is red by itself was not red before its newest; one that needs partners says nothing."""
        return name in self._survived and frozenset({name}) in self.findings.sets

    def _at_baseline(self, name: str) -> str:
        return f"{'<=' if self._problem.goes_up(name) else '>='}{self._problem.before(name)}"

    def tighten(self) -> Asking[None]:
        """Find the first bad release of each culprit, and hold back those that are held no further than that.

        One that was proved red before its newest is looked for below that alone.
        """
        problem, found = self._problem, self.findings
        if not problem.is_bounded or found.green is None:
            return
        for name in sorted(filter(problem.goes_up, found.pins)):
            others = {other: pin for other, pin in found.pins.items() if other != name}
            good = found.green.versions.get(name, problem.before(name))
            bad = self._bad.get(name, problem.after(name))
            likely = None if self._is_survivor(name) else problem.early(name)
            bad = yield from first_bad(problem.releases, name, (good, bad), others, likely)
            found.first_bad[name] = bad
            found.pins[name] = f"<{bad}"
            found.green = yield from ask(free(found.pins))
        for culprits in found.culprits:
            for name in sorted(filter(problem.goes_up, culprits - set(found.pins))):
                yield from self._tighten_partner(name, culprits)

    def _tighten_partner(self, name: str, culprits: Names) -> Asking[None]:
        """Find the first bad release of a culprit that need not be held, since its partner is."""
        problem, found = self._problem, self.findings
        others = {other: pin for other, pin in found.pins.items() if other not in culprits}
        bad = problem.after(name)
        for pin in dict.fromkeys((self._guess(name), self._at_baseline(name))):
            answer = yield from ask(free({**others, name: pin}))
            reached = answer.versions.get(name, bad)
            if answer.is_green:
                found.first_bad[name] = yield from first_bad(
                    problem.releases, name, (reached, bad), others, problem.early(name)
                )
                return
            if answer.is_red and key(reached) < key(bad):
                bad = reached

    def held_below(self) -> Names:
        """Return what ends below its newest version in the state that is proved green."""
        green = self.findings.green
        return frozenset() if green is None else self._below_newest(green.versions)

    def _below_newest(self, versions: Mapping[str, str]) -> Names:
        newest = self._problem.newest.pins
        return frozenset(
            name
            for name in self._problem.movable
            if name in versions and key(versions[name]) != key(newest[name])
        )


def _tests(fingerprint: frozenset[str]) -> frozenset[str]:
    return frozenset(name for name in fingerprint if name.startswith("test:"))
