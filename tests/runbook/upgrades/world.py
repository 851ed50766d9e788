"""Packages that are red in given sets and carry each other along: what a search is held against, without uv."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from runbook.upgrades.core.asking import Answer, Free, Move, Outcome, Prove, drive
from runbook.upgrades.core.pins import Change, Resolution
from runbook.upgrades.core.search import Problem, Search
from runbook.upgrades.core.versions import key

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from runbook.upgrades.core.asking import State

NEWEST, OLDEST = 9, 1
MAJORS = tuple(f"{number}.0" for number in range(OLDEST, NEWEST + 1))
SERIES_WITHIN_A_MAJOR = ("1.0", "1.1", "1.2", "1.3", "1.4", "1.5", "1.6", "2.0", "2.1")


@dataclass
class World:
    """Packages p0, p1, ... with nine releases each; the baseline has the first of each, the newest the last.

    Attributes:
        size: How many there are.
        red: Sets that are red together, each with the release from which on each member is bad.
        carries: What a package needs at its newest as soon as it is newer than the baseline.
        loose: Who stays at its newest where what it needs is held.
        asked: The sets of versions that were tried.
        releases: What the nine are called.
        answered: Of those that were tried the ones before the first bad releases were looked for.
    """

    size: int
    red: list[dict[str, int]]
    carries: dict[str, set[str]] = field(default_factory=dict)
    loose: frozenset[str] = frozenset()
    asked: set[tuple[int, ...]] = field(default_factory=set)
    releases: tuple[str, ...] = MAJORS
    answered: set[tuple[int, ...]] = field(default_factory=set)

    @property
    def names(self) -> list[str]:
        return [f"p{number}" for number in range(self.size)]

    def closure(self, state: Move) -> frozenset[str]:
        grown = set(state.names)
        while more := {other for name in grown for other in self.carries.get(name, ())} - grown:
            grown |= more
        return frozenset(grown)

    def answer(self, states: Sequence[State]) -> list[Answer]:
        return [
            self._answer(state.state if isinstance(state, Prove) else state) for state in states
        ]

    def _answer(self, state: Move | Free) -> Answer:
        versions = self.reached(state)
        self.asked.add(tuple(versions.values()))
        is_red = self.is_red(versions)
        moved = frozenset(name for name, version in versions.items() if version > OLDEST)
        outcome = Outcome.RED if is_red else Outcome.GREEN
        shown = frozenset({"test:t.py::test"}) if is_red else frozenset()
        return Answer(
            outcome, moved, {name: self.called(each) for name, each in versions.items()}, shown
        )

    def reached(self, state: Move | Free) -> dict[str, int]:
        """Return the release of each package in a state."""
        if isinstance(state, Free):
            return self._freely(dict(state.pins))
        moved = self.closure(state)
        versions = {name: NEWEST if name in moved else OLDEST for name in self.names}
        return versions | {name: self.releases.index(at) + 1 for name, at in state.at}

    def is_red(self, versions: Mapping[str, int]) -> bool:
        """Whether one of the sets is there, each member at a bad release."""
        return any(all(versions[name] >= bad for name, bad in group.items()) for group in self.red)

    def _freely(self, pins: dict[str, str]) -> dict[str, int]:
        versions = dict.fromkeys(self.names, NEWEST)
        for name, pin in pins.items():
            limit = key(pin.lstrip("<="))
            versions[name] = sum(
                key(each) < limit or ("=" in pin and key(each) == limit) for each in self.releases
            )
        for name in sorted(
            set(self.names) - self.loose
        ):  # who needs the newest of what is held goes back
            if any(
                versions[other] < NEWEST for other in self.closure(Move(frozenset({name}))) - {name}
            ):
                versions[name] = OLDEST
        return versions

    def versions(self, state: Free) -> dict[str, str]:
        return {name: self.called(each) for name, each in self._freely(dict(state.pins)).items()}

    def called(self, number: int) -> str:
        return self.releases[number - 1]

    def below(self, _: str, version: str) -> str | None:
        return next((each for each in reversed(self.releases) if key(each) < key(version)), None)

    def at_least(self, _: str, version: str) -> str | None:
        return next((each for each in self.releases if key(each) >= key(version)), None)

    def between(self, _: str, low: str, high: str) -> str | None:
        inside = [each for each in self.releases if key(low) < key(each) < key(high)]
        return inside[len(inside) // 2] if inside else None

    def search(
        self,
        *,
        is_bounded: bool = False,
        width: int = 1,
        points_at: str = "",
        suspected: str = "",
    ) -> Search:
        before, after = self.called(OLDEST), self.called(NEWEST)
        newest = Resolution(dict.fromkeys(self.names, after))
        changes = tuple(Change(name, before, after) for name in self.names)
        imports = {name: frozenset({name}) for name in self.names}
        problem = Problem(
            changes,
            newest,
            self.closure,
            self,
            lambda: imports,
            self.versions,
            width,
            is_bounded=is_bounded,
            suspected=dict([suspected.split()]) if suspected else {},
        )
        (_, red) = self.answer([Move(frozenset()), Free()])
        assert red.is_red
        red = replace(red, output=f"E   ImportError: {points_at}\n")
        made = Search(problem, red, lambda _: None)
        drive(made.run(), self.answer)
        self.answered = set(self.asked)
        drive(made.tighten(), self.answer)
        return made
