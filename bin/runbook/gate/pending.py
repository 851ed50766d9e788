"""Reverts that were proved and wait to be merged: the gate stays closed until the branch that it serves has them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runbook.calls import call
from runbook.culprit.history import Repository
from runbook.errors import RunbookError
from runbook.incidents import Incident, Incidents, Status
from runbook.procedures.steps import Refused
from runbook.rollback.candidate import reverted_by
from runbook.rows import Severity, short_name

if TYPE_CHECKING:
    from runbook.project import Project


def refuse_pending(project: Project, head: str) -> None:
    """Say no while HEAD holds a culprit that made a row of high severity red, and whose revert is ready.

    One green smoke is no proof against what was proved: the culprit may be red every other time.

    Args:
        project: Whose incidents are asked.
        head: The full name of the commit that is to be served.

    Raises:
        Refused: The message says how to merge it, and what to do where it was mended otherwise.
    """
    for incident in Incidents(project.state).read():
        if _is_pending(project, incident, head):
            row = short_name(incident.rows[0]["test"])
            raise Refused(
                f"incident {incident.id} waits for its revert: HEAD holds the culprit and not its revert",
                next_step="; ".join(incident.next[:2])
                + f"; where it was mended otherwise, {call(f'rollback --test {row}')}",
            )


def _is_pending(project: Project, incident: Incident, head: str) -> bool:
    culprit = (incident.search or {}).get("culprit")
    if (
        incident.status is not Status.REVERT_READY
        or incident.severity != Severity.HIGH
        or not culprit
    ):
        return False
    try:
        repository = Repository(project.root)
        sha = repository.resolve(culprit["sha"])
        return repository.is_ancestor(sha, head) and not reverted_by(repository.root, sha, head)
    except RunbookError:  # a history without that commit
        return False
