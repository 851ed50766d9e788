"""Which reverts the gate waits for: ready ones, of a culprit of high severity that HEAD still has."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from runbook.gate.pending import refuse_pending
from runbook.incidents import Incidents, Status
from runbook.procedures.steps import Refused
from runbook.project import find_project

if TYPE_CHECKING:
    from tests.runbook.support import TinyProject


@pytest.fixture
def culprit(project: TinyProject) -> str:
    """A commit that made a row red."""
    project.init().commit()
    project.write("app.py", "def serve():\n    return 2\n")
    return project.commit()


def note(
    project: TinyProject,
    culprit: str,
    *,
    severity: str = "high",
    status: Status = Status.REVERT_READY,
) -> None:
    """Note an incident whose search has named the culprit."""
    row = {"test": "tests/test_app.py::test_one", "severity": severity, "cause": "it leaks"}
    named = {"sha": culprit, "subject": "x", "author": "Ada", "date": "d", "files": ["app.py"]}
    search = {"verdict": "found", "probability": 0.99, "runs": 7, "candidates": []}
    incidents = Incidents(project.root / ".runbook")
    incidents.write(
        incidents.open(culprit, (row,), severity), "proved", status=status,
        search={**search, "culprit": named}, next=("git merge revert/x",),
    )  # fmt: skip


def ask(project: TinyProject) -> None:
    refuse_pending(find_project(project.root), project.git("rev-parse", "HEAD"))


def is_refused(project: TinyProject) -> bool:
    try:
        ask(project)
    except Refused:
        return True
    return False


def test_a_revert_that_is_ready_is_waited_for(project: TinyProject, culprit: str) -> None:
    note(project, culprit)

    with pytest.raises(Refused, match=r"waits for its revert: HEAD holds the culprit") as refused:
        ask(project)
    assert refused.value.next_step.startswith("git merge revert/x; ")
    assert "bin/invoke rollback --test test_one" in refused.value.next_step


def test_once_it_is_merged_nothing_is_waited_for(project: TinyProject, culprit: str) -> None:
    note(project, culprit)
    project.git("revert", "--no-edit", culprit)

    assert not is_refused(project)


def test_a_head_without_the_culprit_waits_for_nothing(project: TinyProject, culprit: str) -> None:
    note(project, culprit)
    project.git("reset", "--hard", "HEAD~1")

    assert not is_refused(project)


def test_a_history_that_never_had_the_culprit_waits_for_nothing(
    project: TinyProject, culprit: str
) -> None:
    note(project, culprit[::-1])

    assert not is_refused(project)


def test_a_row_of_normal_severity_keeps_nobody_out(project: TinyProject, culprit: str) -> None:
    note(project, culprit, severity="normal")

    assert not is_refused(project)


@pytest.mark.parametrize("status", [each for each in Status if each is not Status.REVERT_READY])
def test_what_has_no_revert_that_is_ready_is_not_waited_for(
    project: TinyProject, culprit: str, status: Status
) -> None:
    note(project, culprit, status=status)

    assert not is_refused(project)
