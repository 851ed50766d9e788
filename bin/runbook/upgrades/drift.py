"""``python -m runbook.upgrades.drift``: this project on floating dependencies, tier by tier, and who broke it.

Each tier's lock is the baseline, and what its group resolves to today is the newest side. Where that is red the
search goes on by itself. The locks are never written; a constraint becomes a commit on a branch of its own.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import sys
import time
import tomllib
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from runbook import browsers
from runbook.errors import EnvironmentNotReady, RunbookError, UsageError
from runbook.exit_codes import ExitCode
from runbook.lines import line
from runbook.locks import FOLDER, read_locks
from runbook.project import find_project
from runbook.upgrades import constraints, evidence, issue
from runbook.upgrades.branch import commit_file
from runbook.upgrades.find import find_offending_upgrade
from runbook.upgrades.options import RESOLUTIONS, Options, moment
from runbook.upgrades.report import SCHEMA, Result, Verdict, render

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from runbook.project import Project, Tier

_BROWSER = "browser"
_SERIOUS = (
    Verdict.FOUND, Verdict.OUTSIDE_LOCK, Verdict.BASELINE_RED, Verdict.UNRESOLVABLE, Verdict.INCONCLUSIVE,
    Verdict.CLEAN,
)  # fmt: skip
_ADDED = ("changed", "culprits", "carried", "hold", "pins", "build_pins", "probes", "notes")
_COUNTED = ("environments", "runs", "seconds", "resolutions", "unresolvable")


@dataclass(slots=True)
class Drift:
    """One run.

    Attributes:
        project: This project.
        options: What every tier's search is asked besides its own.
        folder: Where the evidence goes.
        tiers: The record of each tier that was looked at.
        logs: What failing runs printed, by tier.
    """

    project: Project
    options: Mapping[str, Any]
    folder: Path
    tiers: dict[str, dict[str, Any]] = field(default_factory=dict)
    logs: dict[str, str] = field(default_factory=dict)

    def look_at(self, tier: Tier) -> Result:
        """Search one tier, and keep its record."""
        group, file = _lock_of(self.project.root, tier)
        options = Options(
            project=self.project.root, baseline=file, groups=(group,), only_groups=True,
            command=f"PYTHONPATH=bin python -m runbook.smoke --tier {tier.name} -- --tb=short",
            rewrite=constraints.without, ages=True, **self.options,
        )  # fmt: skip
        result = find_offending_upgrade(options, say=_say)
        self.tiers[tier.name] = result.to_json() | {"tier": tier.name}
        if result.log:
            self.logs[tier.name] = result.log
        return result

    def record(self) -> dict[str, Any]:
        """Return ``drift/1`` of all tiers together: the most serious verdict, and everything that was found."""
        records = list(self.tiers.values())
        verdict = next(
            str(each) for each in _SERIOUS if any(str(each) == tier["verdict"] for tier in records)
        )
        whole: dict[str, Any] = {"schema": SCHEMA, "verdict": verdict}
        whole |= {key: _merged(records, key) for key in _ADDED}
        whole |= {key: sum(tier[key] for tier in records) for key in _COUNTED}
        whole["why"] = "; ".join(
            f"{tier['tier']}: {tier['why'] or tier['verdict']}" for tier in records
        )
        whole["failure"] = _merged(records, "failure")
        whole["as_of"] = records[0]["as_of"]
        whole["command"] = whole["repeat"] = "bin/nox -s drift"
        return whole | {"tiers": self.tiers}

    def issues(self) -> list[issue.Issue]:
        """Return an open issue for each cause, and a closed one for each that was open and is gone."""
        found = {
            each.key: each for record in self.tiers.values() for each in issue.issues_of(record)
        }
        past = evidence.read_all(self.project.state)
        known = {each.key for each in constraints.standing(_pyproject(self.project.root))}
        if past:
            known |= {
                key
                for record in past[-1][1].get("tiers", {}).values()
                for key in issue.keys_of(record)
            }
        why = "The newest is green without it; what drift held back because of it is lifted."
        is_whole = all(record["verdict"] != "inconclusive" for record in self.tiers.values())
        gone = sorted(known - found.keys()) if is_whole else []
        return [*found.values(), *(issue.healed(key, why) for key in gone)]

    def commit(self) -> list[str]:
        """Write each new constraint, and lift each that is not needed any more, on a branch of its own."""
        root = self.project.root
        before = _pyproject(root)
        wanted = [each for record in self.tiers.values() for each in _constraints(record)]
        keys = {each.key for each in wanted}
        healed = [each for each in constraints.standing(before) if each.key not in keys]
        done = []
        for each in wanted:
            if (each.key, each.pin) not in {
                (old.key, old.pin) for old in constraints.standing(before)
            }:
                message = f"fix(deps): hold {each.pin} back\n\n{each.why}"
                done.append(
                    _commit(root, f"drift/{each.key}", constraints.add(before, each), message)
                )
        for each in (
            healed
            if all(record["verdict"] != "inconclusive" for record in self.tiers.values())
            else []
        ):
            message = f"fix(deps): lift {each.pin}\n\nThe newest is green without it."
            done.append(
                _commit(root, f"drift/lift-{each.key}", constraints.remove(before, each), message)
            )
        return done


def _commit(root: Path, branch: str, text: str, message: str) -> str:
    sha = commit_file(root, branch, "pyproject.toml", text, message)
    return f"{branch} {sha[:10]}"


def _constraints(record: Mapping[str, Any]) -> Iterable[constraints.Constraint]:
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
            why = f"breaks {record['tier']} ({shows}); since {today}; issue: drift-key {key}"
            yield constraints.Constraint(key, pin, why, kind)


def _is_pin_of(pin: str, name: str) -> bool:
    return (
        pin.startswith(name) and not pin[len(name) :][:1].isalnum() and pin[len(name) :][:1] != "-"
    )


def _pyproject(root: Path) -> str:
    return (root / "pyproject.toml").read_text(encoding="utf-8")


def _lock_of(root: Path, tier: Tier) -> tuple[str, Path]:
    """Return the group and the lock of a tier.

    Raises:
        UsageError: It has none.
    """
    for lock in read_locks(tomllib.loads(_pyproject(root))):
        if lock.name == tier.session:
            return lock.group, root / FOLDER / f"{lock.name}.txt"
    raise UsageError(
        f"the tier {tier.name} has no lock called {tier.session}",
        next_step="add it to [tool.runbook.locks]",
    )


def _merged(records: Sequence[Mapping[str, Any]], key: str) -> list[Any]:
    """Return what any of the records lists, each once."""
    return list(
        {
            json.dumps(each, sort_keys=True): each for record in records for each in record[key]
        }.values()
    )


def main(argv: Sequence[str] | None = None) -> int:
    """Look at the tiers as the command line says; return an `ExitCode`."""
    arguments = vars(_parser().parse_args(argv))
    try:
        return _run(arguments)
    except RunbookError as error:
        _say(f"error: {error}")
        return error.exit_code
    except KeyboardInterrupt:
        _say("interrupted; the same command goes on from here")
        return ExitCode.INTERRUPTED


def _run(arguments: dict[str, Any]) -> int:
    started = time.monotonic()
    json_file, wanted, is_dry = (
        arguments.pop("json"),
        arguments.pop("tiers"),
        arguments.pop("dry_run"),
    )
    named = arguments["prerelease"]
    arguments["prerelease"] = () if named is None else tuple(named or ["*"])
    arguments["as_of"] = moment(arguments["as_of"] or f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}")
    project = find_project(Path.cwd())
    tiers = _tiers(project, wanted)
    drift = Drift(
        project, arguments, evidence.make_folder(project.state, f"{datetime.now(UTC):%Y-%m-%d}")
    )
    print(
        line(
            ["DRIFT v1"],
            [("as_of", arguments["as_of"]), ("tiers", ",".join(each.name for each in tiers))],
        ),
        flush=True,
    )
    for tier in tiers:
        result = drift.look_at(tier)
        print(f"== {tier.name}\n{table(result)}\n{render(result)}", flush=True)
    record = drift.record()
    issues = drift.issues()
    record["issues"] = [
        {"key": each.key, "state": each.state, "title": each.title} for each in issues
    ]
    record["branches"] = [] if is_dry else _commit_or_say_why_not(drift)
    evidence.write(drift.folder, record, drift.logs, issues)
    if json_file not in {"", "-"}:
        Path(json_file).write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
    print(
        json.dumps(record, indent=2)
        if json_file == "-"
        else _last_line(drift, record, time.monotonic() - started)
    )
    return _exit_code(record["verdict"])


def _commit_or_say_why_not(drift: Drift) -> list[str]:
    """Commit; where git will not have it, the finding stands all the same."""
    try:
        done = drift.commit()
    except RunbookError as error:
        _say(f"note: no branch was written: {error}")
        return []
    for each in done:
        _say(f"note: committed on the branch {each}; merge it, or open a pull request")
    return done


def _tiers(project: Project, wanted: Sequence[str]) -> list[Tier]:
    if wanted:
        return [project.tier(name) for name in wanted]
    return [tier for tier in project.tiers.values() if tier.name != _BROWSER or _has_browser()]


def _has_browser() -> bool:
    with contextlib.suppress(EnvironmentNotReady):
        browsers.find_working_browser()
        return True
    _say(
        "note: no browser works here: the browser tier is left out; next: bin/invoke install-browsers"
    )
    return False


def _last_line(drift: Drift, record: Mapping[str, Any], seconds: float) -> str:
    color = "green" if record["verdict"] == "clean" else "red"
    blamed = (
        ",".join("+".join(each["name"] for each in group) for group in record["culprits"]) or "none"
    )
    return line(
        ["RESULT", color],
        [
            ("verdict", record["verdict"]), ("moved", len(record["changed"])), ("culprits", blamed),
            ("pins", " ".join(record["pins"] + record["build_pins"]) or "none"),
            ("environments", record["environments"]), ("seconds", f"{seconds:.1f}"),
            ("evidence", drift.folder.relative_to(drift.project.root)),
        ],
    )  # fmt: skip


def _exit_code(verdict: str) -> ExitCode:
    if verdict == "clean":
        return ExitCode.GREEN
    return ExitCode.INCONCLUSIVE if verdict == "inconclusive" else ExitCode.RED


def table(result: Result) -> str:
    """Return what moved, for a person: from, to, age, direct or transitive, and which part of the number."""
    if not result.changed:
        return "  nothing moved"
    rows = [("package", "from", "to", "age", "kind", "jump")]
    rows += [
        (
            each.name, each.before or "absent", each.after or "absent", _age(result.ages.get(each.name)),
            "direct" if each.is_direct else "transitive", str(each.jump),
        )
        for each in result.changed
    ]  # fmt: skip
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  "
        + "  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )


def _age(days: int | None) -> str:
    return "unknown" if days is None else f"{days} d"


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="nox -s drift --", description=__doc__)
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
        help="a tier (default: all that can run)",
    )
    add("--jobs", type=int, default=1, help="environments at once")
    add("--fresh", action="store_true", help="believe nothing that earlier runs saw")
    add("--dry-run", action="store_true", help="write no branch")
    add("--json", default="", help="a file to write the record to; - for standard output")
    return parser


if __name__ == "__main__":
    sys.exit(main())
