"""One minimal set of upgrades that is red by itself. Pure.

Repeated halving over prefixes: the smallest red prefix of an order ends with an upgrade that is needed; with it as
background the next is found in what stands before it, until the background alone is red. That takes
``k (ceil(log2 n) + 1)`` environments for ``k`` upgrades (QuickXplain of Junker, 2004, takes ``2 k log2(n / k) + 2 k``).
Prefixes are cut where half of the belief lies, so a suspect that is right is found at once. Whatever a probe
carries along is told from the culprit at the end.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import accumulate
from typing import TYPE_CHECKING

from runbook.upgrades.core.asking import Answer, Asking, Contradicted, Move, Outcome, Prove, ask

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from runbook.upgrades.core.asking import Free

_STANDS_OUT = 0.3  # of the belief: this suspect is tried alone
_TRUSTED = 0.5  # of the belief: whoever has more of it is likelier to blame than not
_SURE = 3  # runs of what is red before it is built upon any further
_SKIPS = 2  # other cuts that are tried where one showed another failure

Names = frozenset[str]


@dataclass(slots=True)
class Space:
    """The upgrades among which to search.

    Attributes:
        weights: The chance that each is to blame.
        order: All of them, those that are coupled side by side.
        closure: What really moves in a state; None where that cannot be resolved.
        width: How many environments can be tried at once.
        green: Sets that were seen green. Of a green set no subset is asked for.
        early: The release at which one that is likely to blame is tried before its newest, if there is one. Where
            that is red already, the first bad release is half proved by it.
        shown_by: For each set that was red before its newest the state that showed it.
        survived: The release at which one was tried before its newest, and was not red.
        red: Sets that were seen red at their newest.
        evidence: What showed that all of them together are red, where one look may have been wrong.
    """

    weights: Mapping[str, float]
    order: Sequence[str]
    closure: Callable[[Move], Names | None]
    width: int = 1
    green: list[Names] = field(default_factory=list)
    early: Callable[[str], str | None] = lambda _: None
    shown_by: dict[Names, Move] = field(default_factory=dict)
    survived: dict[str, str] = field(default_factory=dict)
    red: set[Names] = field(default_factory=set)
    evidence: Free | None = None

    def likeliest_first(self, names: Names) -> list[str]:
        """Return names by weight, those of equal weight in the order of the space."""
        at = {name: place for place, name in enumerate(self.order)}
        return sorted(names, key=lambda name: (-self.weights[name], at[name]))

    def try_all(
        self, candidates: Sequence[Names], *, are_likely: bool = False
    ) -> Asking[list[Answer]]:
        """Ask for several moves, but for those that are known to be green.

        Args:
            candidates: What to move.
            are_likely: Whether they are red as far as anybody can tell.
        """
        wanted = [names for names in candidates if not self.is_known_green(names)]
        answers = yield from self._try_early(wanted, are_likely=are_likely)
        late = [names for names in wanted if names not in answers]
        answers |= dict(zip(late, (yield tuple(map(Move, late))), strict=True)) if late else {}
        self.green += [answers[names].moved for names in late if answers[names].is_green]
        self.red |= {names for names in late if answers[names].is_red}
        known = Answer(Outcome.GREEN, frozenset())
        return [answers.get(names, known) for names in candidates]

    def _try_early(
        self, wanted: Sequence[Names], *, are_likely: bool
    ) -> Asking[dict[Names, Answer]]:
        """Try those that are likely to blame before their newest, and return the answers that are red."""
        states: dict[Names, Move] = {}
        for names in wanted:
            if early := self._early_state(names, is_likely=are_likely):
                states[names] = early
        answers = (yield tuple(states.values())) if states else ()
        red: dict[Names, Answer] = {}
        for (names, state), answer in zip(states.items(), answers, strict=True):
            if answer.is_red:
                self.shown_by[names], red[names] = state, answer
            else:
                self.survived |= dict(state.at)
        return red

    def _early_state(self, names: Names, *, is_likely: bool) -> Move | None:
        if len(names) != 1:
            return None
        (name,) = names
        if name in self.survived or not (is_likely or self.weights[name] >= _TRUSTED):
            return None
        release = self.early(name)
        state = Move(names, ((name, release),)) if release else None
        return state if state and self.closure(state) is not None else None

    def state_of(self, names: Names) -> Move:
        """Return the state in which a set was red, if it was."""
        return self.shown_by.get(names, Move(names))

    def is_known_green(self, names: Names) -> bool:
        """Whether what would move is part of a set that was green."""
        moved = self.closure(Move(names))
        return moved is not None and any(moved <= green for green in self.green)


def minimal_red_set(space: Space, names: Names) -> Asking[Names]:
    """Return a minimal red part of ``names``, which are red together."""
    needed = yield from _halve(space, names)
    if len(needed) > 1:
        needed = yield from _without_the_idle(space, needed)
    return (yield from _without_carriers(space, needed))


def _halve(space: Space, names: Names) -> Asking[Names]:
    """Return a red part of ``names`` by repeated halving."""
    needed: Names = frozenset()
    rest = space.likeliest_first(names)
    while rest:
        place = yield from _smallest_red_prefix(space, needed, rest)
        needed |= {rest[place]}
        rest = rest[:place]
        if rest:
            (alone,) = yield from space.try_all([needed], are_likely=True)
            if alone.is_red:
                break
            yield from _confirm(space, needed.union(rest))
    return needed


def _confirm(space: Space, names: Names) -> Asking[None]:
    """See some more times that a set is red of which one upgrade alone is not, before anybody looks for its partner.

    Raises:
        Contradicted: It is not.
    """
    state = Move(names) if names in space.red else space.evidence
    if state is not None and not (yield from ask(Prove(state, _SURE))).is_red:
        raise Contradicted(state)


def _smallest_red_prefix(space: Space, needed: Names, rest: Sequence[str]) -> Asking[int]:
    """Return the least ``i`` for which ``needed`` and ``rest[: i + 1]`` are red; that all of them are is known."""
    low, high = 0, len(rest) - 1
    obscured: set[int] = set()  # cuts that showed another failure

    def prefix(place: int) -> Names:
        return needed.union(rest[: place + 1])

    while low < high:
        cuts = _cuts(space, rest, low, high, obscured)
        if not cuts:
            break  # nothing between the two can be seen: the upper one is red
        answers = yield from space.try_all([prefix(cut) for cut in cuts])
        for cut, answer in zip(cuts, answers, strict=True):
            if answer.is_red:
                high = min(high, cut)
            elif answer.is_green or len(obscured) >= _SKIPS:
                low = max(low, cut + 1)
            else:
                obscured.add(cut)
    return high


def _cuts(space: Space, rest: Sequence[str], low: int, high: int, obscured: set[int]) -> list[int]:
    """Return where to cut between ``low`` and ``high``: at the quantiles of the belief, or at a strong suspect."""
    masses = list(accumulate(space.weights[name] for name in rest[low : high + 1]))
    places = [place for place in range(low, high) if place not in obscured]
    chosen: list[int] = []
    for part in range(1, space.width + 1):
        aim = masses[-1] * part / (space.width + 1)
        free = [place for place in places if place not in chosen]
        if free:
            chosen.append(min(free, key=lambda place: abs(masses[place - low] - aim)))
    if low in places and masses[0] >= _STANDS_OUT * masses[-1] and low not in chosen:
        chosen[0] = low
    return sorted(chosen)


def _without_the_idle(space: Space, needed: Names) -> Asking[Names]:
    """Return a part of ``needed`` that is red and of which nothing can be left out.

    Halving alone sees to that, unless other failures hid the one that is hunted.
    """
    for name in space.likeliest_first(needed):
        less = needed - {name}
        if not less:
            break
        (answer,) = yield from space.try_all([less])
        if answer.is_red:
            needed = less
    return needed


def _without_carriers(space: Space, needed: Names) -> Asking[Names]:
    """Return the culprits themselves, where a package of ``needed`` only brought them along."""
    whole = space.closure(space.state_of(needed))
    if whole is None:
        return needed
    for carrier in space.likeliest_first(needed):
        others = needed - {carrier}
        brought = (space.closure(Move(frozenset({carrier}))) or frozenset()) - {carrier}
        brought = frozenset(name for name in brought if name in space.weights) - others
        for fewer in _smaller(space, whole, others, brought):
            (answer,) = yield from space.try_all([fewer])
            if answer.is_red:
                return (yield from minimal_red_set(space, fewer))
            if answer.is_green:
                break  # so is every part of it
    return needed


def _smaller(space: Space, whole: Names, others: Names, brought: Names) -> list[Names]:
    """Return what to try without the carrier: all that it brought, and if need be each by itself."""
    parts = (
        [brought]
        if len(brought) < 2
        else [brought, *(frozenset({one}) for one in space.likeliest_first(brought))]
    )
    tried = [others | part for part in parts if part]
    return [
        each for each in tried if (moved := space.closure(Move(each))) is not None and moved < whole
    ]


def smallest_hitting_sets(sets: Sequence[Names]) -> list[Names]:
    """Return the smallest sets that have a member in common with each of ``sets`` (Reiter, 1987).

    Args:
        sets: Few and small, as red sets are.
    """
    found: set[Names] = set()

    def grow(chosen: Names, left: Sequence[Names]) -> None:
        least = min(map(len, found), default=len(sets))
        if len(chosen) > least:
            return
        if not left:
            found.add(chosen)
            return
        for name in sorted(left[0]):
            grow(chosen | {name}, [each for each in left if name not in each])

    grow(frozenset(), list(sets))
    least = min(map(len, found))
    return sorted((each for each in found if len(each) == least), key=sorted)
