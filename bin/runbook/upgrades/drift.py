"""``python -m runbook.upgrades.drift``: this project on floating dependencies, tier by tier, and who broke it.

Each tier's lock is the baseline, and what its group resolves to today is the newest side. Where that is red the
search goes on by itself. A group that no tier is run in is resolved and installed, which has to succeed too. The
locks are never written; a constraint becomes a commit on a branch of its own.
"""

from __future__ import annotations

import contextlib
import sys
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from runbook import browsers
from runbook.arguments import Parser
from runbook.calls import before_options, call, call_session
from runbook.culprit.command_line import Ended, end
from runbook.culprit.options import check_jobs
from runbook.errors import EnvironmentNotReady, RunbookError
from runbook.lines import line
from runbook.processes.standard_streams import narrate, say
from runbook.project import find_project
from runbook.upgrades.find import find_offending_upgrade
from runbook.upgrades.options import RESOLUTIONS, Options, moment
from runbook.upgrades.report import Result, render
from runbook.upgrades.weekly import constraints, evidence, issue, week
from runbook.upgrades.weekly.edit import holding, lifting
from runbook.upgrades.weekly.floated import all_floated
from runbook.upgrades.weekly.healing import (
    gone,
    is_conclusive,
    seen_in_constraints,
    seen_in_records,
    way_of,
)
from runbook.upgrades.weekly.stack import Stack

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from runbook.project import Project
    from runbook.upgrades.weekly.floated import Floated
    from runbook.upgrades.weekly.healing import Seen, Spot
    from runbook.upgrades.weekly.stack import Standing

_MODULE = "runbook.upgrades.drift"
_BROWSER_TIERS = {"browser", "hub-browser"}


@dataclass(slots=True)
class Drift:
    """One run.

    Attributes:
        project: This project.
        options: What every search is asked besides its own.
        wanted: The tiers and groups that were asked for; none for all.
        tiers: The record of each tier or group that was looked at.
        logs: What failing runs printed, by tier.
    """

    project: Project
    options: Mapping[str, Any]
    wanted: Sequence[str] = ()
    tiers: dict[str, dict[str, Any]] = field(default_factory=dict)
    logs: dict[str, str] = field(default_factory=dict)

    @property
    def way(self) -> str:
        """How dependencies float in this run."""
        options = self.options
        return way_of(
            options.get("resolution", "highest"), options.get("prerelease", ()), options.get("python", "")
        )  # fmt: skip

    def look_at(self, floated: Floated) -> Result:
        """Search one tier or group, and keep its record."""
        options = Options(
            project=self.project.root, baseline=floated.lock, groups=(floated.group,), only_groups=True,
            command=floated.command, lift=True, ages=True, newest_first=not floated.is_tested,
            suspected=self.blamed(), **self.options,
        )  # fmt: skip
        result = find_offending_upgrade(options, say=narrate)
        self.tiers[floated.name] = result.to_json() | {"tier": floated.name}
        if result.log:
            self.logs[floated.name] = result.log
        return result

    def blamed(self) -> tuple[tuple[str, str], ...]:
        """Return whom the tiers were broken by so far, with their first bad releases: another tier may be, too."""
        return tuple(
            (each["name"], each["first_bad"])
            for record in self.tiers.values()
            for group in record["culprits"]
            for each in group
        )

    def record(self) -> dict[str, Any]:
        """Return ``drift/1`` of all tiers together: the most serious verdict, and everything that was found."""
        command = self._command()
        made = {"command": command, "repeat": {"search": command}, "tiers": self.tiers}
        return week.together(list(self.tiers.values()), self.way) | made

    def _command(self) -> str:
        """Return the command that makes this run again, on the same day's releases."""
        words = [f"--{name.replace('_', '-')}={value}" for name, value in self.options.items()
                 if name in {"as_of", "python", "resolution"} and value not in {"", "highest"}]  # fmt: skip
        prerelease = self.options.get("prerelease", ())
        words += (
            ["--prerelease", *(each for each in prerelease if each != "*")] if prerelease else []
        )
        words += [f"--tier={name}" for name in self.wanted]
        return call_session("drift", *words, module=_MODULE)

    def issues(self) -> list[issue.Issue]:
        """Return an open issue for each cause, and a closed one for each that was open and is gone."""
        found = {each.key: each for each in issue.issues_of(self.tiers.values())}
        known = self._known(constraints.standing(_pyproject(self.project.root)))
        why = "The newest is green without it; what drift held back because of it is lifted."
        healed = [issue.healed(key, why) for key in gone(known, self._looked_at(), found)]
        return [*found.values(), *healed]

    def _known(self, standing: Iterable[constraints.Constraint]) -> Seen:
        """Return where each cause has shown: a constraint names one tier, the records all of them."""
        known = seen_in_constraints(standing)
        past = [record for _, record in evidence.read_all(self.project.state)]
        for key, spots in seen_in_records(past).items():
            known[key] = known.get(key, {}) | spots
        return known

    def _looked_at(self) -> dict[Spot, str]:
        return {
            (self.way, name): record["as_of"]
            for name, record in self.tiers.items()
            if is_conclusive(record)
        }

    def commit(self) -> list[Standing]:
        """Write the constraints of each new cause, and lift those of each that is gone, on a branch of its own."""
        standing = constraints.standing(_pyproject(self.project.root))
        there = {(each.key, each.pin) for each in standing}
        wanted = [each for record in self.tiers.values() for each in _constraints(record, self.way)]
        new = [each for each in wanted if (each.key, each.pin) not in there]
        healed = gone(self._known(standing), self._looked_at(), {each.key for each in wanted})
        stack = Stack(self.project.root, healed)
        done = stack.put([*holding(new), *lifting(standing, healed)])
        for branch in stack.left:
            narrate(
                f"note: {branch} is left as it is: somebody has changed it, and it does not merge as it stands"
            )
        return done


def _constraints(record: Mapping[str, Any], way: str) -> Iterable[constraints.Constraint]:
    """Yield the constraints that a tier asks for, each with the key of the cause that it answers."""
    groups = issue.keys_of(record)
    today = record["as_of"][:10] or f"{datetime.now(UTC):%Y-%m-%d}"
    shows = ", ".join(record["failure"][:2])
    for kind, pins in (
        (constraints.RUNTIME, record["pins"]),
        (constraints.BUILD, record["build_pins"]),
    ):
        for pin in pins:
            key = next(
                (
                    key
                    for key, group in groups.items()
                    if any(_is_pin_of(pin, each["name"]) for each in group)
                ),
                next(iter(groups), "00000000"),
            )
            why = (
                f"breaks {record['tier']} on {way} ({shows}); since {today}; issue: drift-key {key}"
            )
            yield constraints.Constraint(key, pin, why, kind)


def _is_pin_of(pin: str, name: str) -> bool:
    return (
        pin.startswith(name) and not pin[len(name) :][:1].isalnum() and pin[len(name) :][:1] != "-"
    )


def _pyproject(root: Path) -> str:
    return (root / "pyproject.toml").read_text(encoding="utf-8")


def main(argv: Sequence[str] | None = None) -> int:
    """Look at the tiers as the command line says; return an `ExitCode`."""
    arguments = vars(_parser().parse_args(argv))
    json_file = arguments.pop("json")
    # Of what goes on meanwhile nothing may stand before the one object that a program reads.
    tell = narrate if json_file == "-" else say
    return end(
        lambda: _run(arguments, tell), json_file, interrupted="the same command goes on from here"
    )


def _run(arguments: dict[str, Any], tell: Callable[[str], None]) -> Ended:
    started = time.monotonic()
    check_jobs(arguments["jobs"])
    wanted, is_dry = arguments.pop("tiers"), arguments.pop("dry_run")
    named = arguments["prerelease"]
    arguments["prerelease"] = () if named is None else tuple(named or ["*"])
    arguments["as_of"] = moment(arguments["as_of"] or f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}")
    project = find_project(Path.cwd())
    everything = all_floated(project, wanted, _left_out(wanted))
    evidence.prepare(project.state)
    drift = Drift(project, arguments, wanted)
    names = ",".join(each.name for each in everything)
    tell(line(["DRIFT v1"], [("as_of", arguments["as_of"]), ("tiers", names)]))
    _look_at_all(drift, everything, tell)
    record, issues = drift.record(), drift.issues()
    record["issues"] = [
        {"key": each.key, "state": each.state, "title": each.title} for each in issues
    ]
    record["branches"] = [] if is_dry else _commit_or_say_why_not(drift)
    folder = evidence.make_folder(project.state, f"{datetime.now(UTC):%Y-%m-%d}")
    evidence.write(folder, record, drift.logs, issues)
    text = week.last_line(record, folder.relative_to(project.root), time.monotonic() - started)
    return Ended(text, record, week.exit_code_of(record["verdict"]))


def _look_at_all(drift: Drift, everything: Sequence[Floated], tell: Callable[[str], None]) -> None:
    """Look at one after the other; one that cannot be looked at does not keep the rest from it.

    Raises:
        RunbookError: None could be looked at.
    """
    failed: list[tuple[Floated, RunbookError]] = []
    for each in everything:
        try:
            result = drift.look_at(each)
        except RunbookError as error:
            failed.append((each, error))
        else:
            tell(f"== {each.name}\n{week.table(result)}\n{render(result)}")
    if not drift.tiers and failed:
        raise failed[-1][1]
    for each, reason in failed:
        narrate(f"error: {each.name}: {reason}")
        drift.tiers[each.name] = week.not_looked_at(each, str(reason), drift.options["as_of"])


def _commit_or_say_why_not(drift: Drift) -> list[str]:
    """Commit; where git will not have it, the finding stands all the same."""
    try:
        done = drift.commit()
    except RunbookError as error:
        narrate(f"note: no branch was written: {error}")
        return []
    for each in done:
        below = f" on top of {each.on}, which it brings along" if each.on else ""
        narrate(f"note: committed on the branch {each}{below}; merge it, or open a pull request")
    return [str(each) for each in done]


def _left_out(wanted: Sequence[str]) -> set[str]:
    """Return the tiers that need a browser, where none works here; who names one wants to know why."""
    return set() if wanted or _has_browser() else _BROWSER_TIERS


def _has_browser() -> bool:
    with contextlib.suppress(EnvironmentNotReady):
        browsers.find_working_browser()
        return True
    narrate(
        f"note: no browser works here: its tiers are left out; next: {call('install-browsers')}"
    )
    return False


def _parser() -> Parser:
    parser = Parser(prog=before_options("drift", module=_MODULE), description=__doc__)
    add = parser.add_argument
    add("--as-of", default="", help="what was newest then: a date, or RFC 3339 (default: now)")
    add("--resolution", choices=RESOLUTIONS, default="highest", help="of the newest side")
    add("--prerelease", nargs="*", help="packages of which pre-releases are taken; none named: all")
    add("--python", default="", help="a version or an interpreter")
    add(
        "--tier",
        dest="tiers",
        action="append",
        default=[],
        help="a tier, or a group that has none (default: all; a group without a tier is only installed)",
    )
    add("--jobs", type=int, default=1, help="environments at once")
    add("--fresh", action="store_true", help="believe nothing that earlier runs saw")
    add("--dry-run", action="store_true", help="write no branch")
    add("--json", default="", help="a file to write the record to; - for standard output")
    return parser


if __name__ == "__main__":
    sys.exit(main())
