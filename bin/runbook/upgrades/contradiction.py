"""Requirements that cannot all be met, attributed: a smallest part of what the project requires that does not resolve.

Nothing is installed for it: one resolution is one probe. The search is that over upgrades, with the requirements of
the project in the place of the packages that moved.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from runbook.upgrades.core.asking import Answer, Move, Outcome, Prove, drive
from runbook.upgrades.core.minimal import Names, Space, minimal_red_set
from runbook.upgrades.core.pins import name_of
from runbook.upgrades.core.suspects import scores, weigh
from runbook.upgrades.report import Culprit, Result
from runbook.upgrades.requirements import listed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from runbook.upgrades.core.asking import State
    from runbook.upgrades.environments.resolver import Resolver

_FAILURE = "test:resolve"


def blame_what_contradicts(result: Result, resolver: Resolver, said: str) -> Result:
    """Return a result with the requirements that contradict each other as the one set that is to blame.

    Args:
        result: It says that there is no newest side.
        resolver: It knows what the project requires.
        said: What uv said when it gave up; the names in it are tried first.
    """
    requirements: dict[str, list[str]] = {}
    for each in listed(resolver.tree, resolver.requirements):
        requirements.setdefault(name_of(each), []).append(each)
    names = frozenset(filter(None, requirements))

    def answer(states: Sequence[State]) -> list[Answer]:
        return [_answer(state) for state in states]

    def _answer(state: State) -> Answer:
        moved = _names(state)
        wanted = [each for name in sorted(moved) for each in requirements[name]]
        is_met = resolver.compiles(wanted) is not None
        return Answer(Outcome.GREEN if is_met else Outcome.RED, moved)

    if not names or answer([Move(names)])[0].is_green:
        return result  # what contradicts stands elsewhere: in a constraint, or in a requirement without a name
    weights = weigh(sorted(names), scores(said, dict.fromkeys(names, ())))
    space = Space(weights, sorted(names), _names)
    group = drive(minimal_red_set(space, names), answer)
    told = ", ".join(each for name in sorted(group) for each in requirements[name])
    blamed = tuple(_culprit(resolver, name, requirements[name]) for name in sorted(group))
    return replace(
        result, culprits=(blamed,), failure=(_FAILURE,),
        why=f"{result.why}; what cannot be met {'together' if len(group) > 1 else 'by itself'}: {told}",
        notes=(*result.notes, f"fix: change what the project requires: {told}"),
    )  # fmt: skip


def _names(state: State) -> Names:
    plain = state.state if isinstance(state, Prove) else state
    return plain.names if isinstance(plain, Move) else frozenset()


def _culprit(resolver: Resolver, name: str, requirements: Sequence[str]) -> Culprit:
    """Return who is to blame with the version that it would have if only it were required."""
    alone = resolver.compiles(requirements)
    after = alone.pins.get(name, "") if alone else ""
    return Culprit(name, resolver.wanted.get(name, ""), after)
