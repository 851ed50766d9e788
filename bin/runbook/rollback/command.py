"""The two procedures as commands: plan or do, and say it to a person or to a program."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from runbook.culprit.options import check_jobs
from runbook.exit_codes import ExitCode
from runbook.json_files import say_or_write
from runbook.procedures.step_runner import read_plan_file
from runbook.processes.standard_streams import narrate
from runbook.rollback.ground import Ground, Wish
from runbook.rollback.resmoke import Resmoke
from runbook.rollback.whole import Hint, Rollback
from runbook.rollback.wording import how_sure

if TYPE_CHECKING:
    from collections.abc import Mapping

    from runbook.procedures.steps import Plan
    from runbook.project import Project


@dataclass(frozen=True, slots=True)
class How:
    """How a procedure is called.

    Attributes:
        dry_run: Print the plan, and touch nothing.
        plan: The file of a plan that was read; its arguments are those of the call.
        resume: Go on where this same plan ended before.
        json_file: Where the result goes as JSON; ``-`` is standard output.
    """

    dry_run: bool = False
    plan: str = ""
    resume: bool = False
    json_file: str = ""

    @property
    def files(self) -> tuple[str, str]:
        """What the call itself reads and writes, where those are files."""
        return self.plan, self.json_file


def rollback(project: Project, arguments: Mapping[str, Any], how: How) -> ExitCode:
    """Roll back: smoke, search, revert, smoke again.

    Args:
        project: The user's.
        arguments: ``file``, ``test``, ``commit``, ``mainline``, ``fresh``, ``yes`` and ``jobs``.
        how: How it is called.

    Raises:
        RunbookError: It failed, or said no.
    """
    approved, given = _approved(arguments, how)
    jobs = int(given["jobs"])
    check_jobs(jobs)
    hint = Hint(given["file"], given["test"], given["commit"], jobs, bool(given["fresh"]))
    procedure = Rollback(Ground(project, *how.files), hint, _wish(given), narrate)
    plan = procedure.plan()
    if how.dry_run:
        return _tell_plan(plan, how.json_file)
    ended = procedure.carry_out(plan, approved=approved, resume=how.resume)
    return _tell_result(procedure.as_json(ended), how.json_file)


def revert_and_resmoke(project: Project, arguments: Mapping[str, Any], how: How) -> ExitCode:
    """Revert one commit on a branch, and smoke it.

    Args:
        project: The user's.
        arguments: ``commit``, ``mainline`` and ``yes``.
        how: How it is called.

    Raises:
        RunbookError: It failed, or said no.
    """
    approved, given = _approved(arguments, how)
    procedure = Resmoke(Ground(project, *how.files), given["commit"], _wish(given))
    plan = procedure.plan()
    if how.dry_run:
        return _tell_plan(plan, how.json_file)
    ended = procedure.carry_out(plan, approved=approved, resume=how.resume, say=narrate)
    return _tell_result(procedure.as_json(ended), how.json_file)


def _approved(arguments: Mapping[str, Any], how: How) -> tuple[Plan | None, dict[str, Any]]:
    """The plan of ``--plan`` and its arguments, or none and those that were given."""
    if not how.plan:
        return None, dict(arguments)
    plan = read_plan_file(Path(how.plan))
    return plan, {**arguments, **dict(plan.arguments)}


def _wish(given: Mapping[str, Any]) -> Wish:
    return Wish(int(given["mainline"]), bool(given["yes"]))


def _tell_plan(plan: Plan, json_file: str) -> ExitCode:
    """Say what would be done."""
    say_or_write(plan.as_text(), plan.as_json(), json_file)
    return ExitCode.GREEN


def _tell_result(record: dict[str, Any], json_file: str) -> ExitCode:
    """Say what was done."""
    code = ExitCode.RED if record.get("still_red") else ExitCode.GREEN
    say_or_write(_text(record), {**record, "exit_code": int(code)}, json_file)
    return code


def _text(record: dict[str, Any]) -> str:
    """The result for a person; the commands to type next come last."""
    if record["verdict"] == "nothing-to-do":
        return "\n".join([*record["smokes"], "nothing to do: HEAD is green"])
    culprit, revert = record.get("culprit"), record["revert"]
    named = (
        f"{record['reverts'][:10]} {culprit['subject']!r}" if culprit else record["reverts"][:10]
    )
    lines = [
        f"culprit   {named}, {how_sure(record['probability'], record['runs'], record['remembered'])}"
        if culprit
        else "",
        *(f"note      {note}" for note in record.get("notes", ())),
        f"reverted  {named} on {revert['branch']}, {revert['commit'][:10]}",
        *(f"smoked    {line}" for line in record["smokes"]),
        *(
            f"still red {test}: it was red before, for another reason"
            for test in record.get("still_red", ())
        ),
        f"incident  {record['incident']}" if record.get("incident") else "",
        f"gate      {record['gate']}, to be left so until the revert is merged"
        if record.get("gate")
        else "",
        "next",
        *(f"  {command}" for command in record["next"]),
    ]
    return "\n".join(line for line in lines if line)
