"""Telling of a run that has ended: its lines, its files, the gate, and whoever has stopped listening."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any

import pytest

from runbook.runs import run_results
from tests.runbook.ended_runs import FAILED, ended, report

if TYPE_CHECKING:
    from pathlib import Path

    from runbook.runs.run_report import Run

GREEN = (report("test_a"), report("test_b"))
RED = (report("test_a", **FAILED), report("test_b"))
RED_HIGH = (report("test_a"), report("test_b", **FAILED))
FIXED = ("RUNBOOK_PROBE", "RUNBOOK_COMMIT", run_results.RUNNER, "GITHUB_STEP_SUMMARY")


@pytest.fixture(autouse=True)
def on_no_runner(monkeypatch: pytest.MonkeyPatch) -> None:
    """This process smokes what is served, on a person's machine."""
    for name in FIXED:
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def closures(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    """What the gate was told."""
    told: list[tuple[Any, ...]] = []

    def close(_: object, rows: object, *, run: str) -> str:
        told.append((rows, run))
        return "note: the gate was open and is closed now"

    monkeypatch.setattr("runbook.gate.project_gate.close_for", close)
    return told


@pytest.fixture
def remembered(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """Which red tests the gate will ask more of."""
    told: list[list[str]] = []
    monkeypatch.setattr("runbook.gate.reds.remember_red", lambda *given: told.append(given[-1]))
    return told


def published(run: Run, json_file: str = "") -> str:
    """Publish a run; return what was printed as its results."""
    results = io.StringIO()
    run_results.publish(run, results, json_file=json_file)
    return results.getvalue()


def test_its_lines_and_its_files_say_the_same(tmp_path: Path) -> None:
    run = ended(tmp_path, *RED, status=1)

    printed = published(run, str(tmp_path / "result.json"))

    assert run.lines() == printed.splitlines()
    assert run.as_json() == json.loads((tmp_path / "result.json").read_bytes())
    assert run.as_json() == run.folder.read_result()
    assert "tests/test_a.py:3: " in (tmp_path / ".runbook" / "failures.txt").read_text()


def test_json_goes_to_standard_output_where_that_is_asked_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = ended(tmp_path, *GREEN)

    published(run, "-")

    assert run.as_json() == json.loads(capsys.readouterr().out)


def test_failures_of_an_earlier_run_are_gone_after_a_green_one(tmp_path: Path) -> None:
    published(ended(tmp_path, *RED, status=1))

    published(ended(tmp_path, *GREEN))

    assert "" == (tmp_path / ".runbook" / "failures.txt").read_text()


def test_a_red_row_of_high_severity_closes_the_gate(
    tmp_path: Path, closures: list[tuple[Any, ...]], capsys: pytest.CaptureFixture[str]
) -> None:
    run = ended(tmp_path, *RED_HIGH, status=1)

    published(run)

    assert [(("test_b",), f"run {run.folder.id}")] == closures
    assert "note: the gate was open and is closed now\n" in capsys.readouterr().err


@pytest.mark.parametrize("events", [GREEN, RED])
def test_what_is_not_red_and_high_leaves_the_gate_alone(
    tmp_path: Path, closures: list[tuple[Any, ...]], events: tuple[dict[str, Any], ...]
) -> None:
    published(ended(tmp_path, *events, status=int(events is RED)))

    assert [] == closures


@pytest.mark.parametrize(("events", "told"), [(GREEN, []), (RED, [["test_a"]])])
def test_the_gate_remembers_what_was_red(
    tmp_path: Path,
    remembered: list[list[str]],
    events: tuple[dict[str, Any], ...],
    told: list[list[str]],
) -> None:
    published(ended(tmp_path, *events, status=int(events is RED)))

    assert told == remembered


@pytest.mark.parametrize("variable", ["RUNBOOK_PROBE", "RUNBOOK_COMMIT"])
def test_a_run_of_something_else_is_told_to_its_reader_alone(
    tmp_path: Path,
    closures: list[tuple[Any, ...]],
    remembered: list[list[str]],
    monkeypatch: pytest.MonkeyPatch,
    variable: str,
) -> None:
    monkeypatch.setenv(variable, "1")
    monkeypatch.setenv(run_results.RUNNER, "true")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "summary.md"))

    printed = published(ended(tmp_path, *RED_HIGH, status=1))

    assert printed.startswith("FAIL test_b ")
    assert ([], []) == (closures, remembered)
    assert not (tmp_path / "summary.md").exists()


def test_a_runner_of_github_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(run_results.RUNNER, "true")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "summary.md"))

    published(ended(tmp_path, *RED, status=1))

    assert "red: smoke fast" in (tmp_path / "summary.md").read_text()
