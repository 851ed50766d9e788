"""What the steps of the workflows call."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from runbook.errors import UsageError
from runbook.github.commands import NEEDS, gate, plan

if TYPE_CHECKING:
    from pathlib import Path

    from tests.runbook.support import TinyProject

NOXFILE = """
import nox

@nox.session(name="fast", tags=["ci"])
def fast(session):
    pass

@nox.session(name="on", python=["3.11", "3.12"], tags=["pythons"], default=False)
def on(session):
    pass
"""


@pytest.fixture
def request_of(project: TinyProject, monkeypatch: pytest.MonkeyPatch) -> TinyProject:
    """A project on a runner, for a pull request; its last commit is the change."""
    project.write("noxfile.py", NOXFILE)
    project.write("notes.md", "old\n")
    project.write(".gitignore", "__pycache__/\n")
    project.init().commit("the base")
    monkeypatch.setenv("GITHUB_EVENT_NAME", "pull_request")
    return project


def planned(project: TinyProject, tags: str = "ci") -> Any:
    return plan(project.root, tags)


def test_the_plan_has_the_sessions_of_the_tags(request_of: TinyProject) -> None:
    made = planned(request_of, "ci,pythons")

    names = [(each["session"], each["python"]) for each in made["matrix"]["include"]]
    assert [("fast", "3.12"), ("on-3.11", "3.11"), ("on-3.12", "3.12")] == names
    with pytest.raises(UsageError, match="no session is tagged nightly"):
        planned(request_of, "nightly")


def test_a_request_that_touches_no_row_needs_none_of_them(request_of: TinyProject) -> None:
    request_of.write("notes.md", "new\n")
    request_of.commit("take notes")
    assert "no" == planned(request_of)["needed"]

    request_of.write("app.py", "def serve():\n    return 2\n")
    request_of.commit("change a suspect")
    assert "yes" == planned(request_of)["needed"]


def test_whatever_is_no_request_needs_all(
    request_of: TinyProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    request_of.write("notes.md", "new\n")
    request_of.commit("take notes")
    monkeypatch.setenv("GITHUB_EVENT_NAME", "merge_group")

    assert "yes" == planned(request_of)["needed"]


def test_a_runner_gets_the_plan_as_outputs(
    request_of: TinyProject, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_OUTPUT", str(tmp_path / "output"))
    made = planned(request_of)

    written = (tmp_path / "output").read_text().splitlines()
    assert json.dumps(made["matrix"]) == written[1]
    assert ("yes", "needed") == (written[4], written[3].partition("<<")[0])


def test_the_gate_is_green_only_when_every_job_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "summary"))
    monkeypatch.setenv(NEEDS, json.dumps({"plan": {"result": "success"}}))
    assert [] == gate()
    assert not (tmp_path / "summary").exists()

    monkeypatch.setenv(
        NEEDS, json.dumps({"plan": {"result": "success"}, "lint": {"result": "skipped"}})
    )
    assert ["lint: skipped"] == gate()
    assert "- lint\\: skipped" in (tmp_path / "summary").read_text()


def test_a_gate_that_knows_nothing_is_a_wrong_call() -> None:
    with pytest.raises(UsageError, match="NEEDS is not set"):
        gate()
