"""The end of an upgrade search for its two readers: ``drift/1`` as JSON, and text."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

from runbook.calls import call, typed
from runbook.culprit.command_line import probe_line
from runbook.exit_codes import ExitCode

if TYPE_CHECKING:
    from collections.abc import Mapping

    from runbook.upgrades.core.pins import Change
    from runbook.upgrades.environments.laboratory import Trial
    from runbook.upgrades.options import Options

SCHEMA = "drift/1"


class Verdict(StrEnum):
    """How a search over upgrades ends."""

    CLEAN = "clean"  # there is nothing to blame
    FOUND = "found"  # these upgrades are to blame, proved both ways
    # What broke it is pinned by no lock: a build requirement, the interpreter.
    OUTSIDE_LOCK = "outside-lock"
    BASELINE_RED = "baseline-red"  # the baseline fails today too, and nobody knows why
    UNRESOLVABLE = "unresolvable"  # there is no newest side
    INCONCLUSIVE = "inconclusive"


_EXIT_CODES = {
    Verdict.CLEAN: ExitCode.GREEN,
    Verdict.FOUND: ExitCode.GREEN,
    Verdict.OUTSIDE_LOCK: ExitCode.GREEN,
    Verdict.BASELINE_RED: ExitCode.RED,
    Verdict.UNRESOLVABLE: ExitCode.RED,
    Verdict.INCONCLUSIVE: ExitCode.INCONCLUSIVE,
}


@dataclass(frozen=True, slots=True)
class Culprit:
    """One upgrade that is to blame, by itself or together with others.

    Attributes:
        name: The package.
        before: Its version in the baseline.
        after: Its newest.
        first_bad: Its first bad release; empty where it was not looked for.
    """

    name: str
    before: str
    after: str
    first_bad: str = ""

    def to_json(self) -> dict[str, str]:
        """Return the keys of ``drift/1``."""
        return {
            "name": self.name,
            "from": self.before,
            "to": self.after,
            "first_bad": self.first_bad,
        }


@dataclass(frozen=True, slots=True)
class Result:
    """How a search over upgrades ended.

    Attributes:
        verdict: The answer.
        changed: All that moved.
        culprits: Minimal sets, each red by itself with today's failure.
        carried: Moved along with a culprit, and innocent.
        hold: What ends below its newest version where the pins are proved green.
        pins: The constraints, such as ``click<8.2``.
        build_pins: Constraints on build requirements.
        trials: What was tried, in order.
        environments: Distinct sets of pins that were installed.
        bound_environments: Of these, those that only the first bad releases took.
        runs: How often the command was run.
        seconds: How long it took.
        why: The verdict in words.
        notes: What a person should know besides.
        options: What was asked.
        cutoff: The moment that the newest side stands for; empty where the index has no dates.
        python: The interpreter.
        unresolvable: Probes that did not resolve.
        resolutions: How often uv resolved.
        newest: The newest side.
        baseline: The other.
        failure: The fingerprint of the first culprits' failure.
        says: What that failure raised, in its own words.
        ages: The age of each newest release in days, where the index says.
        log: What the newest printed where it was red.
        shown_at: The releases at which the first culprits were proved red, of those that were not at their newest.
    """

    verdict: Verdict
    why: str
    changed: tuple[Change, ...]
    trials: tuple[Trial, ...]
    environments: int
    runs: int
    seconds: float
    notes: tuple[str, ...]
    options: Options
    cutoff: str
    python: str
    unresolvable: int
    resolutions: int
    newest: Mapping[str, str]
    baseline: Mapping[str, str]
    culprits: tuple[tuple[Culprit, ...], ...] = ()
    carried: tuple[str, ...] = ()
    hold: tuple[str, ...] = ()
    pins: tuple[str, ...] = ()
    build_pins: tuple[str, ...] = ()
    failure: tuple[str, ...] = ()
    says: str = ""
    ages: Mapping[str, int] = field(default_factory=dict)
    log: str = ""
    bound_environments: int = 0
    shown_at: Mapping[str, str] = field(default_factory=dict)

    @property
    def exit_code(self) -> ExitCode:
        """A search that ended with a proof is green, whatever it proved."""
        return _EXIT_CODES[self.verdict]

    def to_json(self) -> dict[str, Any]:
        """Return ``drift/1``."""
        return {
            "schema": SCHEMA,
            "verdict": str(self.verdict),
            "changed": [_listed(each, self.ages.get(each.name)) for each in self.changed],
            **self._named(),
            "probes": [each.to_json() for each in self.trials],
            **self._counted(),
            **self._failed(),
            "why": self.why,
            "notes": list(self.notes),
            "as_of": self.cutoff,
            "python": self.python,
            "command": self.options.command,
            "repeat": self.repeat(),
            "newest": dict(self.newest),
            "baseline": dict(self.baseline),
        }

    def _named(self) -> dict[str, Any]:
        """Return who is to blame, and what to do about it."""
        return {
            "culprits": [[each.to_json() for each in group] for group in self.culprits],
            "carried": list(self.carried),
            "hold": list(self.hold),
            "pins": list(self.pins),
            "build_pins": list(self.build_pins),
        }

    def _counted(self) -> dict[str, Any]:
        """Return what it cost."""
        return {
            "environments": self.environments,
            "bound_environments": self.bound_environments,
            "runs": self.runs,
            "seconds": round(self.seconds, 3),
            "resolutions": self.resolutions,
            "unresolvable": self.unresolvable,
        }

    def _failed(self) -> dict[str, Any]:
        """Return how the newest failed."""
        return {"failure": list(self.failure), "says": [self.says] if self.says else []}

    def _asked(self) -> list[str]:
        """Return the options of the search, so that it can be asked for again."""
        options = self.options
        asked = {
            "project": _shortest(options.project),
            "baseline": _shortest(options.baseline),
            "command": options.command,
            "as-of": self.cutoff,
            "python": options.python,
            "group": ",".join(options.groups),
            "prerelease": ",".join(options.prerelease),
            "resolution": options.resolution if options.resolution != "highest" else "",
        }
        words = [word for name, value in asked.items() if value for word in (f"--{name}", value)]
        flags = {"--only-groups": options.only_groups, "--lift": options.lift}
        return [*words, *(flag for flag, is_set in flags.items() if is_set)]

    def _moved_to(self, culprit: Culprit) -> str:
        release = self.shown_at.get(culprit.name)
        return f"{culprit.name}=={release}" if release else culprit.name

    def repeat(self) -> dict[str, str]:
        """Return the commands that repeat the search and each half of the proof."""
        again = call(f"find-offending-upgrade {typed(self._asked())}")
        said = {"search": again}
        if self.culprits and self.verdict in {Verdict.FOUND, Verdict.INCONCLUSIVE}:
            moved = ",".join(map(self._moved_to, self.culprits[0]))
            said["red"] = f"{again} --only {moved}"
        if self.pins:
            said["green"] = f"{again} --pins {shlex.quote(','.join(self.pins))}"
        if self.verdict is Verdict.OUTSIDE_LOCK:
            said |= self._proof_outside(again)
        return said

    def _proof_outside(self, again: str) -> dict[str, str]:
        """Return both halves of a proof on the baseline as it is pinned: today, and with what mends it."""
        red = f"{again} --as-pinned"
        if self.build_pins:
            pins = shlex.quote(",".join(self.build_pins))
            return {"red": red, "green": f"{again} --build-pins {pins}"}
        older = replace(self.options, python=self.culprits[0][0].before)
        asked = typed(replace(self, options=older)._asked())  # noqa: SLF001 - its own
        return {"red": red, "green": call(f"find-offending-upgrade {asked} --as-pinned")}


def _listed(change: Change, age: int | None) -> dict[str, Any]:
    return {
        "name": change.name,
        "from": change.before,
        "to": change.after,
        "direct": change.is_direct,
        "jump": str(change.jump),
        "age_days": age,
    }


def _shortest(path: Path) -> str:
    """Return a path as a person in this folder would write it."""
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)


def render(result: Result) -> str:
    """Return the report for a person; the last line says what happened."""
    lines = [
        probe_line(
            each.outcome, each.seconds, f"{each.runs} run{'s' * (each.runs != 1)}  {each.asked}"
        )
        for each in result.trials
    ]
    lines.append("")
    for group in result.culprits:
        lines.append("  to blame" + (", only together" if len(group) > 1 else ""))
        lines += [
            f"    {each.name} {each.before} -> {each.after or 'no version that can be had'}"
            + (f", first bad {each.first_bad}" if each.first_bad else "")
            for each in group
        ]
    for title, names in (
        ("carried", result.carried), ("hold", result.hold), ("pins", result.pins), ("build pins", result.build_pins),
    ):  # fmt: skip
        if names:
            lines.append(f"  {title:<10}  {', '.join(names)}")
    lines += [f"  says        {result.says}"] if result.says else []
    lines += [f"  note        {note}" for note in result.notes]
    lines += [f"  {name:<10}  {command}" for name, command in result.repeat().items()]
    lines.append(
        f"  cost        {result.environments} environments, {result.runs} runs, {result.resolutions} resolutions, "
        f"{result.seconds:.1f} s; {len(result.changed)} packages moved"
    )
    return "\n".join([*lines, "", headline(result)]).lstrip("\n")


def headline(result: Result) -> str:
    """Return the verdict in one line."""
    if result.verdict is Verdict.FOUND:
        groups = "; and by itself ".join(
            " with ".join(f"{each.name} {each.first_bad or each.after}" for each in group)
            for group in result.culprits
        )
        return f"found: {groups} broke it; green with {', '.join(result.pins)}"
    return f"{result.verdict}: {result.why}"
