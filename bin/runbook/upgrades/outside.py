"""Breakage that no lock pins: the baseline itself does not install, or is not green, any more.

A package that is built from source is built with the newest build requirements, which no lock names. They are a
second set of upgrades: what was newest when the baseline was made, against what is newest now; so they are searched
like the first, with constraints on build requirements in the place of pins. Where they are innocent, an older
interpreter is tried.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from runbook.culprit.probes.probing import Job, Word
from runbook.upgrades.case import NOT_ALLOWED
from runbook.upgrades.conclusion import conclude
from runbook.upgrades.core.asking import Answer, Free, Move, Outcome, Prove, drive
from runbook.upgrades.core.bound import first_bad, free
from runbook.upgrades.core.minimal import Names, Space, minimal_red_set
from runbook.upgrades.core.pins import normalise
from runbook.upgrades.core.suspects import said_by, scores, weigh
from runbook.upgrades.environments.laboratory import Trial
from runbook.upgrades.environments.pythons import older_pythons
from runbook.upgrades.environments.uv import fresh_builds
from runbook.upgrades.environments.workshop import Installation
from runbook.upgrades.report import Culprit, Result, Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from runbook.upgrades.case import Case
    from runbook.upgrades.core.asking import State
    from runbook.upgrades.environments.laboratory import Laboratory
    from runbook.upgrades.environments.resolver import Resolver

_BUILD_REQUIREMENTS = re.compile(r"Installing build requirements?: (.*)")
_PIN = re.compile(r"([\w.-]+)==([^\s,`]+)")
AS_PINNED = "the baseline as it is pinned"
_OLDER_PYTHONS = 2  # that are tried


def look_outside(case: Case, laboratory: Laboratory, why: str, *, resolves: bool = True) -> Result:
    """Say what broke the baseline: a build requirement, the interpreter, or that neither is known to be.

    Args:
        case: What is searched.
        laboratory: Its workshop is used.
        why: How the baseline shows that it is broken.
        resolves: Whether what the project requires does; where that alone does not, nothing outside is to blame.
    """
    yard = Yard(case, laboratory)
    if resolves:
        (baseline,) = laboratory.answer([Move(frozenset())])
        differs = case.not_allowed()
        if differs and yard.try_baseline(AS_PINNED).is_green:
            why = f"{NOT_ALLOWED}: {', '.join(differs)}; as it is pinned it is green"
            return _shown(conclude(case, laboratory, Verdict.BASELINE_RED, why), baseline)
    else:
        baseline = yard.try_baseline(AS_PINNED)
        if baseline.is_green:
            return conclude(case, laboratory, Verdict.UNRESOLVABLE, why)
    found = _build_requirements(yard, why) or _interpreter(yard, why)
    return _shown(found or conclude(case, laboratory, Verdict.BASELINE_RED, why), baseline)


def _shown(result: Result, baseline: Answer) -> Result:
    """Return a result with what the baseline failed with: whoever is told what to mend wants to see why."""
    return replace(
        result, failure=tuple(sorted(baseline.fingerprint)), says=said_by(baseline.output), log=baseline.output
    )  # fmt: skip


@dataclass(slots=True)
class Yard:
    """Installs the baseline again and again, each time with other build requirements and an empty build cache.

    Attributes:
        case: What is searched.
        laboratory: Where the trials are written down.
        then: The build requirements of the day of the baseline.
        now: Those of today.
    """

    case: Case
    laboratory: Laboratory
    then: dict[str, str] = field(default_factory=dict)
    now: dict[str, str] = field(default_factory=dict)
    _count: int = 0
    _known: dict[tuple[str, ...], Answer] = field(default_factory=dict)

    @property
    def moved(self) -> Names:
        """The build requirements that changed."""
        return frozenset(
            name for name in self.then.keys() & self.now.keys() if self.then[name] != self.now[name]
        )

    def fresh_folder(self) -> Path:
        """Return a folder that is not there yet."""
        self._count += 1
        return self.case.folder.path / f"outside-{self._count}"

    def answer(self, states: Sequence[State]) -> list[Answer]:
        """Try states of the build requirements, one after the other."""
        return [
            self._answer(state.state if isinstance(state, Prove) else state) for state in states
        ]

    def _answer(self, state: Move | Free) -> Answer:
        if isinstance(state, Free):
            pins = tuple(f"{name}{pin}" for name, pin in state.pins)
            moved = self.moved
        else:
            pins = tuple(
                f"{name}=={(self.now if name in state.names else self.then)[name]}"
                for name in sorted(self.moved)
            )
            moved = state.names
        if pins not in self._known:
            asked = f"build with {', '.join(pins) or 'the newest'}"
            self._known[pins] = self.try_baseline(asked, moved, build_pins=pins)
        return self._known[pins]

    def try_baseline(
        self,
        asked: str,
        moved: Names = frozenset(),
        *,
        cutoff: str | None = None,
        build_pins: tuple[str, ...] = (),
        python: Path | None = None,
    ) -> Answer:
        """Install the baseline with an empty build cache and run the command."""
        resolver, options = self.case.resolver, self.case.options
        interpreter = python or resolver.python
        pins = "".join(f"{name}=={version}\n" for name, version in sorted(resolver.wanted.items()))
        wanted = Installation(
            pins, resolver.horizon if cutoff is None else cutoff, interpreter, build_pins
        )
        uv = fresh_builds(self.case.uv, self.fresh_folder())
        job = Job(options.command, timeout=options.timeout)
        runs = self.laboratory.workshop.submit(asked, wanted, job, range(1, 3), uv).result()
        last = runs[-1]
        outcome = Outcome.GREEN if last.result.word is Word.PASS else Outcome.RED
        shown = tuple(sorted(last.result.fingerprint))
        seconds = sum(run.result.seconds for run in runs)
        self.laboratory.trials.append(
            Trial(asked, tuple(sorted(moved)), outcome, shown, seconds, len(runs))
        )
        self.case.say(f"{asked}: {outcome}")
        return Answer(outcome, moved, {}, last.result.fingerprint, last.output)

    def build_requirements(self, cutoff: str) -> dict[str, str]:
        """Return what is installed to build the baseline, for as much of it as can be built."""
        resolver, folder = self.case.resolver, self.fresh_folder()
        uv = fresh_builds(self.case.uv, folder / "cache")
        pins = folder / "pins.txt"
        pins.write_text(
            "".join(f"{name}=={version}\n" for name, version in resolver.wanted.items()),
            encoding="utf-8",
        )
        uv.run(
            "venv",
            "--quiet",
            "--no-project",
            "--python",
            resolver.python,
            folder / "environment",
            cwd=folder,
        )
        said = uv.narrate(
            "pip", "sync", "--verbose", pins, "--python", folder / "environment", "--exclude-newer", cutoff, cwd=folder
        )  # fmt: skip
        listed = " ".join(_BUILD_REQUIREMENTS.findall(said))
        return {normalise(name): version for name, version in _PIN.findall(listed)}


def _build_requirements(yard: Yard, why: str) -> Result | None:
    """Return the report where a build requirement is to blame."""
    day = _day_of_the_baseline(yard.case.resolver)
    if not day or not _has_moved(yard, day):
        return None
    if not yard.try_baseline(f"build as of {day}", cutoff=day).is_green:
        return None
    red = yard.try_baseline("build as of today")
    found, pins = _to_blame(yard, red)
    (green,) = yard.answer([free(pins)])
    build_pins = tuple(f"{name}{pin}" for name, pin in pins.items())
    said = f"{why}; a build requirement is to blame, which no lock names"
    fix = f"fix: [tool.uv] build-constraint-dependencies = {json.dumps(build_pins)}"
    yard.case.notes.append(fix)
    verdict = Verdict.OUTSIDE_LOCK if green.is_green else Verdict.INCONCLUSIVE
    result = conclude(yard.case, yard.laboratory, verdict, said)
    return replace(
        result, culprits=(found,), build_pins=build_pins if green.is_green else (),
        failure=tuple(sorted(red.fingerprint)), environments=len(result.trials),
        runs=sum(each.runs for each in result.trials),
    )  # fmt: skip


def _day_of_the_baseline(resolver: Resolver) -> str:
    """Return the moment up to which releases were seen when the baseline was made; empty where nobody knows."""
    dates = resolver.upload_times(resolver.wanted)
    if not (dates and resolver.horizon):
        return ""
    # A cutoff leaves out what is as old as itself.
    after = max(dates.values()) + timedelta(seconds=1)
    return f"{after:%Y-%m-%dT%H:%M:%SZ}"


def _has_moved(yard: Yard, day: str) -> bool:
    """Look up both sides of the build requirements; say whether they differ. Where nothing is built they do not."""
    yard.now = yard.build_requirements(yard.case.resolver.horizon)
    if not yard.now:
        return False
    yard.then = yard.build_requirements(day)
    return bool(yard.moved)


def _to_blame(yard: Yard, red: Answer) -> tuple[tuple[Culprit, ...], dict[str, str]]:
    """Return the build requirements that are red together, and the constraint on one of them that helps."""
    names = yard.moved
    weights = weigh(sorted(names), scores(red.output, dict.fromkeys(names, ())))
    space = Space(weights, sorted(names), lambda move: move.names)
    culprits = drive(minimal_red_set(space, names), yard.answer)
    found = []
    for name in sorted(culprits):
        sides = yard.then[name], yard.now[name]
        # The others stay at their newest: were one held back, all releases of this one would be green.
        bad = drive(first_bad(yard.case.resolver, name, sides, {}), yard.answer)
        found.append(Culprit(name, *sides, bad))
    first = found[0]  # one of those that are needed together is enough
    return tuple(found), {first.name: f"<{first.first_bad}"}


def _interpreter(yard: Yard, why: str) -> Result | None:
    """Return the report where the interpreter is to blame: an older one is green."""
    case, resolver = yard.case, yard.case.resolver
    today = _version(case, resolver.python)
    for python, version in older_pythons(case.uv, resolver.tree, today)[:_OLDER_PYTHONS]:
        if yard.try_baseline(f"the baseline on Python {version}", python=python).is_green:
            minor = ".".join(today.split(".")[:2])
            fix = f'requires-python = "<{minor}", or --python {version}'
            case.notes.append(f"fix: {fix}, until the project works on {minor}")
            said = f"{why}; it is green on Python {version}: the interpreter is to blame, which no lock names"
            result = conclude(case, yard.laboratory, Verdict.OUTSIDE_LOCK, said)
            return replace(result, culprits=((Culprit("python", version, today, minor),),))
    return None


def _version(case: Case, python: Path) -> str:
    said = case.uv.run("python", "find", "--show-version", python, cwd=case.resolver.tree)
    return said.strip()
