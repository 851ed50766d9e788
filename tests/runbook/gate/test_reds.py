"""Red runs are remembered for what was red, and ask for more green ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from runbook.gate.file import GateFile
from runbook.gate.reds import MOST_GREEN_RUNS, RedRuns, harness_of, remember_red, runs_needed
from runbook.project import find_project
from runbook.runs.source_state import read_source_state
from tests.runbook.support import GATE, PYPROJECT, module, row_test

if TYPE_CHECKING:
    from pathlib import Path

    from runbook.project import Project
    from tests.runbook.support import TinyProject

SUBJECT = ("build", "harness")


@pytest.fixture
def gate(tmp_path: Path) -> GateFile:
    """A gate whose folder is not there yet."""
    return GateFile(tmp_path / "orch" / "gate.json")


def test_each_red_run_asks_for_more_green_ones_up_to_a_bound() -> None:
    assert [1, 5, 10] == [runs_needed(reds) for reds in range(3)]
    assert MOST_GREEN_RUNS == runs_needed(1_000)


def test_what_a_row_that_is_red_every_third_time_has_before_it() -> None:
    """As the document has it: once in so many openings all of the runs are green."""
    once_in = [1.5 ** runs_needed(reds) for reds in (1, 2, 5)]

    assert [8, 58, 25_000] == [round(once_in[0]), round(once_in[1]), round(once_in[2], -3)]


def test_a_red_run_counts_for_the_same_bytes_and_the_same_tier(gate: GateFile) -> None:
    reds = RedRuns(gate)
    reds.add(SUBJECT, "fast", ["test_one", "test_two"])
    reds.add(SUBJECT, "fast", ["test_one"])

    assert [["test_one", "test_two"], ["test_one"]] == reds.of(SUBJECT, "fast")
    assert [] == reds.of(SUBJECT, "browser")
    assert [] == reds.of(("another", "harness"), "fast")
    assert [] == reds.of(("build", "another"), "fast")


def test_the_newest_are_kept(gate: GateFile) -> None:
    reds = RedRuns(gate)
    for number in range(501):
        reds.add((str(number), ""), "fast", ["test_one"])

    assert ([], [["test_one"]]) == (reds.of(("0", ""), "fast"), reds.of(("1", ""), "fast"))


def test_a_memory_that_is_damaged_forgets_nothing_that_can_be_read(gate: GateFile) -> None:
    reds = RedRuns(gate)
    reds.add(SUBJECT, "fast", ["test_one"])
    file = gate.path.with_name("gate-reds.jsonl")
    file.write_text("[]\n{\n" + file.read_text() + '{"build": "build"}\n')

    assert [["test_one"]] == reds.of(SUBJECT, "fast")


@pytest.fixture
def smoked(project: TinyProject, gate: GateFile, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A project with a commit and a gate that was used."""
    project.write("pyproject.toml", PYPROJECT + GATE)
    project.write("tests/test_app.py", module(row_test("test_one")))
    project.init().commit()
    gate.path.parent.mkdir()
    monkeypatch.setenv("ORCH_DATA", str(gate.path.parent))
    return find_project(project.root)


def remembered(project: Project, gate: GateFile, tests: list[str]) -> bool:
    """Tell of a red run; whether it was written down."""
    remember_red(project, read_source_state(project.root), project.tier("fast"), tests)
    return gate.path.with_name("gate-reds.jsonl").exists()


def test_a_red_run_of_a_clean_checkout_is_remembered(smoked: Project, gate: GateFile) -> None:
    assert remembered(smoked, gate, ["test_one"])


def test_what_is_edited_is_not_what_would_be_opened_for(smoked: Project, gate: GateFile) -> None:
    (smoked.root / "tests" / "test_app.py").write_text(module(row_test("test_two")))

    assert not remembered(smoked, gate, ["test_one"])


@pytest.mark.parametrize(
    "name",
    [
        "tests/test_app.py",
        "tests/conftest.py",
        "noxfile.py",
        "pyproject.toml",
        "requirements/fast.txt",
        "bin/runbook/runs/verdict.py",
    ],
)
def test_a_commit_to_whatever_says_what_green_means_begins_anew(
    project: TinyProject, smoked: Project, name: str
) -> None:
    def harness() -> str:
        return harness_of(project.root, "HEAD", [smoked.tier("fast")])

    before = harness()
    project.write("docs/part.md", "it means nothing\n")
    project.commit()
    assert before == harness()

    project.write(name, "# something else\n")
    project.commit()
    assert before != harness()


def test_what_stands_beside_a_file_of_tests_says_what_green_means_too(
    project: TinyProject, smoked: Project
) -> None:
    tier = smoked.tier("fast")._replace(tests=("tests/test_app.py",))
    before = harness_of(project.root, "HEAD", [tier])
    project.write("tests/conftest.py", "# something else\n")
    project.commit()

    assert before != harness_of(project.root, "HEAD", [tier])


def test_a_run_without_a_red_test_is_not_remembered(smoked: Project, gate: GateFile) -> None:
    assert not remembered(smoked, gate, [])


def test_a_gate_that_was_never_used_is_not_begun(smoked: Project, gate: GateFile) -> None:
    gate.path.parent.rmdir()

    assert not remembered(smoked, gate, ["test_one"])
