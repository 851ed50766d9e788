"""Carry a plan out: step by step, resumable, with an audit line a step.

A procedure builds a `Plan` and one action a step, and calls `carry_out`. An action gets the facts of the steps
before it and returns `Done`; it raises a `RunbookError` where it fails. What is to be used later, or after a resume,
must be in the facts: a resumed run does not do again what is done.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from runbook.calls import call
from runbook.errors import RunbookError, UsageError
from runbook.git import git
from runbook.procedures.journal import Done, Ended, Facts, Journal
from runbook.procedures.steps import (
    Outcome,
    Plan,
    Refused,
    Repeat,
    Step,
    check_unchanged,
    read_plan,
)
from runbook.runs.source_state import tree_on_disk

if TYPE_CHECKING:
    from runbook.project import Project

_SETTLED = (Outcome.OK, Outcome.NOTHING_TO_DO, Outcome.NOT_SELECTED)

# Gets the facts of the steps before it, by their names.
Action = Callable[[Mapping[str, Facts]], Done]


def read_source(root: Path, *own: str) -> tuple[str, str]:
    """Return the full names of HEAD and of the tree on disk, for `make_plan`; nothing is written.

    Args:
        root: A folder of the repository.
        own: What the call itself reads or writes, its plan and its JSON: no change of what the plan is about. What is
            empty or ``-`` is no file.

    Raises:
        GitError: ``root`` is in no repository, or there is no commit.
    """
    return git(root, "rev-parse", "--verify", "HEAD^{commit}"), tree_on_disk(
        root, without=[Path(file) for file in own if file not in {"", "-"}]
    )


def read_plan_file(file: Path) -> Plan:
    """Read a plan from a file; see `read_plan`.

    Raises:
        UsageError: The file cannot be read, or is no plan.
        Refused: It was edited.
    """
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is no UTF-8"
        raise UsageError(
            f"the plan {file} cannot be read: {why}",
            next_step="make one with --dry-run --json FILE",
        ) from error
    return read_plan(text, name=str(file))


def carry_out(  # noqa: PLR0913 - a procedure says all of these
    project: Project,
    plan: Plan,
    actions: Mapping[str, Action],
    *,
    approved: Plan | None = None,
    resume: bool = False,
    say: Callable[[str], None] = lambda _: None,
) -> Ended:
    """Do each step of a plan in its order.

    Args:
        project: Where the journal and the audit are kept.
        plan: As it is made now.
        actions: One for each step, by its name.
        approved: The plan that was read from ``--plan``; the two must be the same.
        resume: Whether to go on from the step at which this same plan ended before.
        say: Is told of the progress, a line at a time.

    Raises:
        Refused: The approved plan does not hold any more, another process carries this plan out, or a step that may
            be done only once was begun and nobody saw it end.
        UsageError: There is nothing to resume.
        RunbookError: A step failed.
    """
    if approved is not None:
        check_unchanged(approved, plan)
    journal = Journal(project.state, plan)
    with journal.only_one():
        ended = _resumed(journal, plan) if resume else Ended(plan)
        try:
            for step in plan.steps:
                if (before := ended.outcomes.get(step.name)) in _SETTLED:
                    say(f"{step.name}: {before}, as before")
                else:
                    _do(step, actions[step.name], journal, ended, say)
        except KeyboardInterrupt:
            say("interrupted; --resume goes on from here")
            raise
    return ended


def _resumed(journal: Journal, plan: Plan) -> Ended:
    """Return how far a plan was carried out before."""
    ended = journal.read()
    if not ended.outcomes:
        raise UsageError(
            f"there is nothing to resume: plan {plan.digest[:12]} was never begun",
            next_step=call(f"{plan.procedure} without --resume"),
        )
    return ended


def _do(
    step: Step, action: Action, journal: Journal, ended: Ended, say: Callable[[str], None]
) -> None:
    """Do one step, unless the goal is reached, and note what became of it."""
    if ended.outcomes.get(step.name) is Outcome.UNKNOWN and step.repeat is Repeat.ONCE:
        raise Refused(
            f"{step.name} was begun, nobody saw it end, and it may be done only once",
            next_step=f"see by hand whether it is done ({step.command}); then run without --resume",
        )
    span = journal.begin(step)
    try:
        done = Done(outcome=Outcome.NOT_SELECTED) if ended.is_over else action(ended.facts)
    except RunbookError as error:
        journal.end(span, Done(error.what, outcome=Outcome.FAILED))
        say(f"{step.name}: {Outcome.FAILED}")
        raise
    except BaseException:
        journal.audit(span, Done("it was interrupted", outcome=Outcome.UNKNOWN))
        raise
    journal.end(span, done)
    ended.outcomes[step.name], ended.facts[step.name] = done.outcome, done.facts
    ended.is_over |= done.is_last
    say(f"{step.name}: {done.outcome}" + (f", {done.said}" if done.said else ""))
