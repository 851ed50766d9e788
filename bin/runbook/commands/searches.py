"""Who broke it: a commit, or an upgrade."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from runbook.calls import call, call_session
from runbook.commands.edge import procedure
from runbook.errors import UsageError
from runbook.exit_codes import ExitCode
from runbook.processes.standard_streams import say
from runbook.project import find_project

if TYPE_CHECKING:
    from collections.abc import Mapping


@procedure
def find_offending_commit(  # noqa: PLR0913 - these are its options
    root: Path,
    *,
    test: str,
    file: str,
    repo: str,
    command: str,
    options: Mapping[str, str | int],
    flags: Mapping[str, bool],
) -> ExitCode:
    """Search the history for the commit that broke a row or a command.

    Args:
        root: This project's root.
        test: A row of this project, instead of a command.
        file: A suspected file; its end is enough.
        repo: The repository to search, or empty for this one.
        command: What tells good from bad.
        options: Further options of the search, by name; those that are empty are left out, a 0 is not.
        flags: Switches of the search, by name.
    """
    from runbook.culprit.__main__ import main as search
    from runbook.culprit.row_search import file_arguments, row_search

    if bool(test) == bool(command):
        raise UsageError("a search needs either --test or --command", next_step=call("rows"))
    where = Path(repo) if repo else root
    arguments = ["--repo", str(where)]
    may_make = not flags["dry-run"]
    arguments += (
        row_search(find_project(root), test, may_make=may_make).as_arguments()
        if test
        else ["--command", command]
    )
    arguments += file_arguments(where, file) if file else []
    for name, value in options.items():
        arguments += [f"--{name}", str(value)] if value != "" else []
    arguments += [f"--{name}" for name, is_on in flags.items() if is_on]
    return ExitCode(search(arguments))


@procedure
def find_offending_upgrade(
    *,
    baseline: str,
    command: str,
    options: Mapping[str, str | int],
    lists: Mapping[str, str],
    flags: Mapping[str, bool],
) -> ExitCode:
    """Search the upgrades since a baseline for those that broke a command.

    Args:
        baseline: A file of pins that was green.
        command: What tells green from red.
        options: Further options of the search, by name; those that are empty are left out, a 0 is not.
        lists: Options that may be given several times, their values with commas between.
        flags: Switches of the search, by name.
    """
    from runbook.upgrades.__main__ import main as search

    if not (baseline and command):
        example = call("find-offending-upgrade --baseline pins.txt --command 'python -m pytest -q'")
        raise UsageError("a search needs --baseline and --command", next_step=example)
    arguments = [f"--baseline={baseline}", f"--command={command}"]
    arguments += [f"--{name}={value}" for name, value in options.items() if value != ""]
    arguments += [
        f"--{name}={each}" for name, values in lists.items() for each in values.split(",") if each
    ]
    arguments += [f"--{name}" for name, is_on in flags.items() if is_on]
    return ExitCode(search(arguments))


@procedure
def drift_history(root: Path, *, as_json: bool) -> None:
    """Print what every run of drift saw, the oldest first."""
    from runbook.upgrades.weekly import evidence

    runs = evidence.history(evidence.read_all(find_project(root).state))
    if as_json:
        say(json.dumps(runs, indent=2))
        return
    for each in runs:
        blamed = "; ".join(" with ".join(group) for group in each["culprits"])
        said = f"{each['date']:<14}{each['verdict']:<14}{each['drifted']:>3} moved since the lock"
        said += f", {len(each['since_last'])} since the run before"
        say(
            f"{said}{f'; to blame: {blamed}' if blamed else ''}{'; ' if each['pins'] else ''}{' '.join(each['pins'])}"
        )
    if not runs:
        say(f"no drift has been looked at yet; next: {call_session('drift')}")
