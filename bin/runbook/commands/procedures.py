"""What changes something that others see, step by step: a revert, the gate."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from runbook.calls import call
from runbook.commands.edge import json_object, procedure
from runbook.errors import UsageError
from runbook.gate import project_gate
from runbook.json_files import say_or_write
from runbook.procedures.journal import person
from runbook.processes.standard_streams import narrate, say
from runbook.project import find_project

if TYPE_CHECKING:
    from collections.abc import Mapping

    from runbook.exit_codes import ExitCode


@procedure
def rollback(root: Path, arguments: Mapping[str, Any], how: Mapping[str, Any]) -> ExitCode:
    """Roll back; see `runbook.rollback.command.rollback`, and `How` for how it is called."""
    from runbook.rollback import command

    return command.rollback(find_project(root), arguments, command.How(**how))


@procedure
def revert_and_resmoke(
    root: Path, arguments: Mapping[str, Any], how: Mapping[str, Any]
) -> ExitCode:
    """Revert one commit and smoke it; see `runbook.rollback.command.revert_and_resmoke`."""
    from runbook.rollback import command

    if not (arguments["commit"] or how["plan"]):
        raise UsageError(
            "revert-and-resmoke needs a commit",
            next_step=call("revert-and-resmoke --commit SHA"),
        )
    return command.revert_and_resmoke(find_project(root), arguments, command.How(**how))


@procedure
def gate_open(root: Path, *, bot: bool, dry_run: bool, plan_file: str, json_file: str) -> None:
    """Smoke HEAD in a tree of its own and open the gate for it, or say why not.

    Args:
        root: This project's root.
        bot: Open it as a bot, which opens only what a bot has closed.
        dry_run: Say what would be done, and do nothing.
        plan_file: A plan that was made by a dry run, which must still hold; or empty.
        json_file: Where the plan, or what was proved, is written as JSON; ``-`` is standard output.
    """
    from runbook.gate.opening import open_gate, plan_opening
    from runbook.procedures.step_runner import read_plan_file

    project, by = find_project(root), project_gate.BOT if bot else person()
    files = (plan_file, json_file)
    if dry_run:
        plan = plan_opening(project, *files, by=by)
        say_or_write(plan.as_text(), plan.as_json(), json_file)
        return
    approved = read_plan_file(Path(plan_file)) if plan_file else None
    facts = open_gate(project, *files, by=by, say=narrate, approved=approved)
    said = f"gate open for commit {facts['commit'][:10]}, build {facts['build'][:12]}"
    say_or_write(said, facts, json_file)


@procedure
def gate_close(root: Path, *, reason: str, as_json: bool) -> None:
    """Close the gate, as the person who runs this."""
    if not reason.strip():
        raise UsageError("gate.close needs a reason", next_step='--reason "what is wrong"')
    by = person()
    why = " ".join(reason.split())
    project_gate.close(find_project(root), reason=why, by=by)
    say(json_object("gate-close/1", gate="closed", reason=why, by=by) if as_json else "gate closed")


@procedure
def gate_status(root: Path, *, url: str, as_json: bool) -> None:
    """Print what the gate says, what is served, and what would change it."""
    from runbook.gate.status import read_status

    status = read_status(find_project(root), url)
    say(json.dumps(status.as_json(), indent=2) if as_json else status.as_text())
