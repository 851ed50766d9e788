"""Smokes: a tier, those that a change needs, a subset of one, and the proof of the rows."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from runbook.arguments import check_count
from runbook.calls import call
from runbook.commands.edge import procedure
from runbook.errors import EnvironmentNotReady, UsageError, tell
from runbook.exit_codes import ExitCode
from runbook.json_files import hand_out, read_lines
from runbook.project import find_project
from runbook.prove.fault import faults_of, read_faults
from runbook.sessions.call_folder import call_folder
from runbook.sessions.running import run_session
from runbook.smoke import changed as changes
from runbook.smoke.tier import empty_json

if TYPE_CHECKING:
    from collections.abc import Sequence

    from runbook.project import Tier


@procedure
def run(  # noqa: PLR0913 - these are its options
    root: Path,
    *,
    tier: str = "fast",
    changed: bool = False,
    json_file: str = "",
    report_to: str = "",
    pytest_arguments: Sequence[str] = (),
) -> ExitCode:
    """Run a tier, or those that the changed files need, each in its session; the worst exit code wins."""
    project = find_project(root)
    own = ["--report-to", report_to] if report_to else []
    arguments = [*own, "--", *pytest_arguments]
    empty_json(json_file)
    if not changed:
        return _run_tiers(root, [project.tier(tier)], arguments, json_file)
    tiers = changes.tiers_for(project, changes.changed_files(root))
    said = ", ".join(each.name for each in tiers) or "none: nothing that a tier watches has changed"
    print(f"tiers that the change needs: {said}", file=sys.stderr)
    return _run_tiers(root, tiers, arguments, json_file, are_together=True)


def _run_tiers(
    root: Path,
    tiers: Sequence[Tier],
    arguments: Sequence[str],
    json_file: str,
    *,
    are_together: bool = False,
) -> ExitCode:
    """Run tiers, or none; the JSON of several runs, or of those that are asked for together, is one object."""
    codes = []
    with call_folder(find_project(root).state) as folder:
        file = folder / "runs.jsonl"
        own = ["--add-json", str(file)] if json_file else []
        lines = sys.stderr if json_file == "-" else None
        for tier in tiers:
            try:
                codes.append(run_session(root, tier.session, [*own, *arguments], stdout=lines))
            except EnvironmentNotReady as error:
                if not are_together:
                    raise
                codes.append(tell(error, ""))  # the other tiers may well run
            if codes[-1] in {ExitCode.RED, ExitCode.USAGE} and tier is not tiers[-1]:
                # What is red for the same cause would bury it, and what is green end as if all were.
                rest = ", ".join(each.name for each in tiers[tiers.index(tier) + 1 :])
                print(f"note: not run, since {tier.name} is not green: {rest}", file=sys.stderr)
                break
        runs = read_lines(file)
    worst = max(codes, default=ExitCode.GREEN)
    names = [each.name for each in tiers]
    if are_together or len(runs) > 1:
        together = {"schema": "runs/1", "tiers": names, "exit_code": int(worst), "runs": runs}
        hand_out(together, json_file)
    elif runs:
        hand_out(runs[0], json_file)
    return worst


@procedure
def filter_tests(root: Path, pattern: str, *, tier: str, json_file: str = "") -> None:
    """Run the tests of a tier whose names match."""
    if not pattern:
        raise UsageError("filter needs a pattern", next_step=call("filter visitor"))
    run(root, tier=tier, json_file=json_file, pytest_arguments=["-k", pattern])


@procedure
def prove(root: Path, *, test: str, tier: str, jobs: int, json_file: str) -> ExitCode:
    """Prove a row, or all of them, in the environment of the session for it.

    What can be refused is refused before there is one: it holds what every tier needs.
    """
    tests, tiers = [each for each in (test,) if each], [each for each in (tier,) if each]
    check_count("--jobs", jobs)
    project = find_project(root)
    faults_of(project, read_faults(project), tests, tiers)
    options = {"--tier": tier, "--jobs": jobs, "--json": _from_here(json_file)}
    chosen = [word for name, value in options.items() if value for word in (name, str(value))]
    return run_session(root, "faults", [*tests, *chosen])


def _from_here(file: str) -> str:
    """A file as it is found from any folder; - and no file at all stay as they are."""
    return file if file in {"", "-"} else str(Path(file).absolute())
