"""Whole searches in a world of which the command lies now and then: the same lies for the same seed, and no uv."""

from __future__ import annotations

import random
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from runbook.culprit.probes.probing import Job, ProbeResult, Word
from runbook.upgrades.case import Case
from runbook.upgrades.core.noise import Rates
from runbook.upgrades.core.pins import Resolution, parse
from runbook.upgrades.environments.laboratory import Laboratory
from runbook.upgrades.environments.resolver import Resolver
from runbook.upgrades.environments.workshop import Installation, Run
from runbook.upgrades.find import search_in
from runbook.upgrades.options import Options
from tests.runbook.upgrades.world import NEWEST, OLDEST, World

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from runbook.culprit.probes.memory import Memory
    from runbook.upgrades.core.asking import Free, Move
    from runbook.upgrades.environments.workshop import Workshop
    from runbook.upgrades.report import Result

TEST = "test:t.py::test"


class WorldResolver(Resolver):
    """Resolves as a world does."""

    def __init__(self, world: World) -> None:
        nowhere = Path("nowhere")
        super().__init__(cast("Any", None), nowhere, nowhere, nowhere, "", "")
        self.world = world
        self.baseline, self.newest = (
            Resolution(dict.fromkeys(world.names, world.called(end))) for end in (OLDEST, NEWEST)
        )

    def resolve_baseline(self, _: Mapping[str, str]) -> Resolution:
        return self.baseline

    def resolve_newest(self) -> Resolution:
        return self.newest

    def resolve(self, state: Move | Free) -> Resolution:
        reached = self.world.reached(state)
        return Resolution({name: self.world.called(each) for name, each in reached.items()})

    def known(self, state: Move | Free) -> Resolution:
        return self.resolve(state)

    def closure(self, state: Move) -> frozenset[str]:
        return self.world.closure(state)

    def versions(self, state: Free) -> Mapping[str, str]:
        return self.world.versions(state)

    def below(self, name: str, version: str) -> str | None:
        return self.world.below(name, version)

    def at_least(self, name: str, version: str) -> str | None:
        return self.world.at_least(name, version)

    def between(self, name: str, low: str, high: str) -> str | None:
        return self.world.between(name, low, high)


@dataclass
class Liar:
    """A workshop in which a command fails by itself, as often as `rate` says.

    Attributes:
        world: In which it fails in any case where something is red.
        rate: How often it lies.
        points_at: Whom a failure that is none of its lies names, with an exception of its own.
        dice: What decides when.
        runs: How often it was run.
    """

    world: World
    rate: float
    points_at: str
    dice: random.Random
    runs: int = 0

    def submit(
        self, _: str, wanted: Installation, __: Job, attempts: Sequence[int]
    ) -> Future[list[Run]]:
        pins = parse(wanted.pins).pins
        versions = {name: self.world.releases.index(pin) + 1 for name, pin in pins.items()}
        runs: list[Run] = []
        for _attempt in attempts:
            runs.append(self._run(is_red=self.world.is_red(versions)))
            if runs[-1].result.word is Word.PASS:
                break
        future: Future[list[Run]] = Future()
        future.set_result(runs)
        return future

    def _run(self, *, is_red: bool) -> Run:
        self.runs += 1
        imports = {name: frozenset({name}) for name in self.world.names}
        if not is_red and self.dice.random() >= self.rate:
            return Run(ProbeResult("", Word.PASS, 1.0), "", imports=imports)
        raised = "ImportError" if is_red and self.points_at else "AssertionError"
        told = f"E   {raised}: {self.points_at if is_red else ''}\n"
        shown = frozenset({TEST, f"error:{raised}"})
        return Run(ProbeResult("", Word.FAIL, 1.0, "", shown), told, imports=imports)


class Forgetful:
    """A memory of nothing."""

    def add(self, _: str, __: ProbeResult, *, at: float) -> None:
        """Forget it."""


def searched(
    seed: int, world: World, *, rate: float, told: float = 0.0, points_at: str = ""
) -> Result:
    """Search a world with a command that lies; it is told how often, or has to find out."""
    resolver, nothing = WorldResolver(world), Path("nothing")
    job, liar = Job("check"), Liar(world, rate, points_at, random.Random(seed))  # noqa: S311 - a seed, so that the lies are the same
    laboratory = Laboratory(
        resolver, cast("Workshop", liar), job, cast("Memory", Forgetful()), {}, lambda _: None
    )
    if told:
        laboratory.rates = Rates(good_fails=told)
    options = Options(project=nothing, baseline=nothing, command="check", flake_rate=told or None)
    case = Case(
        options, cast("Any", None), cast("Any", None), cast("Any", None), resolver, lambda _: None
    )
    return search_in(case, laboratory)
