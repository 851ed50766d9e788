"""A newest side that does not resolve, attributed: a release that must be built to be read, and does not build.

What resolves with the pins of the baseline resolves without them too, whatever was released since, unless uv comes
upon a release that it cannot read. It names that one. Its first unreadable release is searched like the first bad one,
for which nothing is installed, and the newest side is resolved again without it.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from runbook.upgrades.core.asking import Answer, Free, Outcome, drive
from runbook.upgrades.core.bound import first_bad
from runbook.upgrades.core.pins import normalise
from runbook.upgrades.core.versions import key
from runbook.upgrades.environments.laboratory import Trial
from runbook.upgrades.environments.uv import UvFailed
from runbook.upgrades.report import Culprit, Result, Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from runbook.upgrades.case import Case
    from runbook.upgrades.core.asking import State
    from runbook.upgrades.environments.laboratory import Laboratory
    from runbook.upgrades.environments.resolver import Resolver

_UNREADABLE = re.compile(
    r"(?:Failed to (?:build|download and build|download|read metadata)|Invalid metadata for) `?([\w.-]+)==([^\s`]+)"
)
_MOST = 12  # packages that are left out; whoever has more is not helped by a list


def leave_out(case: Case, laboratory: Laboratory, error: UvFailed) -> tuple[Culprit, ...]:
    """Resolve the newest side without what cannot be read, and return that.

    Args:
        case: What is searched; its resolver has no newest side afterwards where nobody is to blame.
        laboratory: Where the resolutions that failed are written down.
        error: What the newest side failed with.
    """
    resolver = case.resolver
    found: list[Culprit] = []
    while len(found) < _MOST:
        culprit = _name(resolver, error)
        if culprit is None or any(culprit.name == each.name for each in found):
            return ()
        _write_down(laboratory, culprit)
        case.notes.append(f"left out of the newest, since uv cannot read it: {_pin(culprit)}")
        resolver.standing[culprit.name] = _bound(culprit)
        found.append(culprit)
        try:
            resolver.resolve_newest()
        except UvFailed as again:
            error = again
        else:
            return tuple(found)
    return ()


def _name(resolver: Resolver, error: UvFailed) -> Culprit | None:
    """Return the release that uv came upon, with the first of its kind; None where it says nothing of any."""
    named = _UNREADABLE.search(error.output)
    if named is None:
        return None
    name, bad = normalise(named[1]), named[2]
    before = resolver.baseline.pins.get(name, "")
    if not before:
        return Culprit(name, "", bad, bad)
    if key(before) > key(bad):
        return Culprit(name, before, bad)  # on the way down; there is no first one
    first = drive(
        first_bad(resolver, name, (before, bad), {}), lambda states: _read(resolver, states)
    )
    return Culprit(name, before, bad, first)


def _read(resolver: Resolver, states: Sequence[State]) -> list[Answer]:
    """Say of single releases whether uv can read them."""
    return [_answer(resolver, state) for state in states if isinstance(state, Free)]


def _answer(resolver: Resolver, state: Free) -> Answer:
    ((name, pin),) = state.pins
    version = pin.removeprefix("<=")
    readable = resolver.is_readable(name, version)
    return Answer(Outcome.GREEN if readable else Outcome.UNRESOLVABLE, frozenset(), {name: version})


def _bound(culprit: Culprit) -> str:
    return f"<{culprit.first_bad}" if culprit.first_bad else f">={culprit.before}"


def _pin(culprit: Culprit) -> str:
    return culprit.name + _bound(culprit)


def _shown(culprit: Culprit) -> str:
    return f"test:resolve {culprit.name}=={culprit.after}"


def _write_down(laboratory: Laboratory, culprit: Culprit) -> None:
    laboratory.trials.append(
        Trial("the newest", (), Outcome.UNRESOLVABLE, (_shown(culprit),), 0.0, 0)
    )
    laboratory.say(f"the newest does not resolve: {culprit.name} {culprit.after} cannot be read")


def blame_too(result: Result, left_out: Sequence[Culprit]) -> Result:
    """Return a result with what had to be left out of the newest among those to blame."""
    if not left_out:
        return result
    is_green = result.verdict in {Verdict.CLEAN, Verdict.FOUND}
    named = ", ".join(f"{each.name} {each.after}" for each in left_out)
    return replace(
        result,
        verdict=Verdict.FOUND if is_green else result.verdict,
        why=f"the newest does not resolve: {named} cannot be read; {result.why or 'without it'}",
        culprits=(*((each,) for each in left_out), *result.culprits),
        hold=tuple(sorted({*result.hold, *(each.name for each in left_out)})),
        pins=tuple(sorted({*result.pins, *map(_pin, left_out)})) if is_green else (),
        failure=result.failure or tuple(map(_shown, left_out)),
    )
