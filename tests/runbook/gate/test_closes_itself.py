"""A red row of high severity closes an open gate, by itself and at once."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

import pytest

from runbook.gate.file import GateFile, Position
from tests.runbook.support import GATE, PYPROJECT, module, row_test

if TYPE_CHECKING:
    from pathlib import Path

    from tests.runbook.support import Smoked, TinyProject

HIGH_RED = row_test("test_high", "assert 1 == 2", severity="high")
NORMAL_RED = row_test("test_normal", "assert 1 == 2")


@pytest.fixture
def gate(project: TinyProject, tmp_path: Path) -> GateFile:
    """The gate of the tiny project, open for what is in it."""
    project.write("pyproject.toml", PYPROJECT + GATE)
    project.write(".gitignore", "__pycache__/\n")
    commit = project.init().commit()
    file = GateFile(tmp_path / "orch" / "gate.json")
    facts = {"build": "b", "commit": commit, "tree": project.git("rev-parse", "HEAD^{tree}")}
    file.open({**facts, "proof": {}}, by="ada", now=time.time(), since=file.read(0))
    return file


def smoke(project: TinyProject, gate: GateFile, *tests: str, **variables: str) -> Smoked:
    if tests:
        project.write("tests/test_app.py", module(*tests))
    return project.smoke(ORCH_DATA=str(gate.path.parent), **variables)


def test_green_leaves_it_open(project: TinyProject, gate: GateFile) -> None:
    smoked = smoke(project, gate)

    assert "open" == smoked.result[1]["gate"]
    assert Position.OPEN is gate.read(time.time()).position


def test_a_red_row_of_high_severity_closes_it_and_is_named(
    project: TinyProject, gate: GateFile
) -> None:
    smoked = smoke(project, gate, HIGH_RED, NORMAL_RED)

    assert ("RESULT red", "closed") == (smoked.result[0], smoked.result[1]["gate"])
    assert "note: the gate was open and is closed now" in smoked.err
    state = gate.read(time.time())
    assert (Position.CLOSED, "bot") == (state.position, state.by)
    run = os.path.basename(smoked.result[1]["evidence"])  # noqa: PTH119 - of a text
    assert f"red in run {run}: test_high" == state.why


def test_a_gate_in_doubt_is_closed_too_and_not_called_open(
    project: TinyProject, gate: GateFile
) -> None:
    gate.path.write_bytes(gate.path.read_bytes().replace(b'"ada"', b'"eve"'))

    smoked = smoke(project, gate, HIGH_RED)

    assert "note: the gate was in doubt, said open and is closed now" in smoked.err
    assert Position.CLOSED is gate.read(time.time()).position


def test_a_red_row_of_normal_severity_does_not(project: TinyProject, gate: GateFile) -> None:
    smoke(project, gate, NORMAL_RED)

    assert Position.OPEN is gate.read(time.time()).position


def test_a_red_that_is_filtered_for_closes_it_too(project: TinyProject, gate: GateFile) -> None:
    project.write("tests/test_app.py", module(HIGH_RED, row_test("test_other")))

    project.smoke("-k", "high", ORCH_DATA=str(gate.path.parent))

    assert Position.CLOSED is gate.read(time.time()).position


@pytest.mark.parametrize("variable", ["RUNBOOK_PROBE", "RUNBOOK_COMMIT"])
def test_a_probe_of_something_else_closes_nothing(
    project: TinyProject, gate: GateFile, variable: str
) -> None:
    smoke(project, gate, HIGH_RED, **{variable: "1"})

    assert Position.OPEN is gate.read(time.time()).position


def test_a_gate_that_cannot_be_written_does_not_hide_the_red(
    project: TinyProject, gate: GateFile
) -> None:
    gate.path.unlink()
    gate.path.mkdir()

    smoked = smoke(project, gate, HIGH_RED)

    assert (1, "RESULT red") == (smoked.status, smoked.result[0])


@pytest.mark.parametrize(
    ("variables", "position"), [({}, "closed"), ({"RUNBOOK_PROBE": "1"}, "open")]
)
def test_a_red_of_plain_pytest_closes_it_too(
    project: TinyProject, gate: GateFile, variables: dict[str, str], position: str
) -> None:
    project.write("tests/test_app.py", module(HIGH_RED, NORMAL_RED))

    said = project.plain_pytest(ORCH_DATA=str(gate.path.parent), **variables).stdout

    state = gate.read(time.time())
    assert position == state.position
    if position == "closed":
        assert ("bot", "red in a run of pytest: test_high") == (state.by, state.why)
        assert "note: the gate was open and is closed now" in said


def test_green_or_a_red_row_of_normal_severity_closes_nothing_under_plain_pytest(
    project: TinyProject, gate: GateFile
) -> None:
    project.write("tests/test_app.py", module(NORMAL_RED))

    said = project.plain_pytest(ORCH_DATA=str(gate.path.parent)).stdout

    assert "FAIL test_normal" in said
    assert Position.OPEN is gate.read(time.time()).position
