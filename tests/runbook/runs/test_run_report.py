"""What a run that has ended amounts to. The ways to end are tried for real in test_smoke."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from runbook.exit_codes import ExitCode
from tests.runbook.ended_runs import FAILED, ended, report
from tests.runbook.support import parse

if TYPE_CHECKING:
    from pathlib import Path


def test_a_green_run_is_its_result_line_alone(tmp_path: Path) -> None:
    run = ended(tmp_path, report("test_a"), report("test_b"))

    (line,) = run.lines()
    assert (
        "RESULT green total=2 passed=2 failed=0 skipped=0 missing=0 partial=no seconds=1.2"
        f" gate=closed evidence=.runbook/runs/{run.folder.id}"
    ) == line
    assert ExitCode.GREEN == run.exit_code


def test_failures_come_high_first_then_in_their_order(tmp_path: Path) -> None:
    names = ["test_rowless", "test_a[2]", "test_a[1]", "test_b"]
    run = ended(tmp_path, *(report(name, **FAILED) for name in names), status=1)

    heads = [parse(line)[0] for line in run.lines()]

    expected = ["FAIL test_b", "FAIL test_a[2]", "FAIL test_a[1]", "FAIL test_rowless"]
    assert [*expected, "RESULT red"] == heads
    assert ExitCode.RED == run.exit_code


def test_a_broken_session_has_lines_of_its_own(tmp_path: Path) -> None:
    error = {"event": "collect-error", "file": "tests/test_c.py", "message": "no module x"}
    run = ended(tmp_path, error, status=2)

    first, *_ = (parse(line) for line in run.lines())

    assert ("FAIL session", "tests/test_c.py cannot be collected: no module x") == (
        first[0],
        first[1]["why"],
    )
    assert ExitCode.RED == run.exit_code


@pytest.mark.parametrize(
    ("facts", "code", "problem"),
    [
        (
            {"status": 4, "log": "ERROR: file or directory not found: x\n"},
            ExitCode.USAGE,
            "file or directory not found: x",
        ),
        (
            {"status": 4, "starts": False, "log": "pytest: error: bad -x\n"},
            ExitCode.USAGE,
            "bad -x",
        ),
        ({"status": 5, "arguments": ["-k", "x"]}, ExitCode.USAGE, "no test matches: -k x"),
        (
            {"status": 1, "starts": False, "log": "No module\n"},
            ExitCode.ENVIRONMENT,
            "pytest did not start: No module",
        ),
        (
            {"status": 1, "starts": False},
            ExitCode.ENVIRONMENT,
            "pytest did not start: it printed nothing",
        ),
        (
            {"status": 1, "starts": False, "log": "== 3 failed, 1 passed in 0.14s ==\n"},
            ExitCode.ENVIRONMENT,
            "pytest did not load the engine's plugin, and nothing is known of what it ran",
        ),
        (
            {"status": 5, "starts": False, "log": "== no tests ran in 61.00s (0:01:01) ==\n"},
            ExitCode.ENVIRONMENT,
            "pytest did not load the engine's plugin, and nothing is known of what it ran",
        ),
        ({"status": 2, "interrupted": True}, ExitCode.INTERRUPTED, None),
        ({"status": -2, "interrupted": True, "starts": False}, ExitCode.INTERRUPTED, None),
        ({"status": 2}, ExitCode.INTERRUPTED, None),
        ({"status": 0, "interrupted": True}, ExitCode.INTERRUPTED, None),
    ],
)
def test_what_kept_a_run_from_being_one_decides_the_exit_code(
    tmp_path: Path, facts: dict[str, Any], code: ExitCode, problem: str | None
) -> None:
    run = ended(tmp_path, **facts)

    assert code == run.exit_code
    assert problem == (run.problem.what if run.problem else None)
    assert "green" not in run.lines()[-1]


@pytest.mark.parametrize(
    ("asked", "near"),
    [
        (["tests/test_b.py"], "tests/test_a.py"),
        (["tests/test_a.py::test_bb"], "test_b, test_a"),
        (["-k", "test_bb"], "test_b, test_a"),
    ],
)
def test_a_wrong_name_is_answered_with_its_own_kind(
    tmp_path: Path, asked: list[str], near: str
) -> None:
    run = ended(tmp_path, status=5, arguments=asked)

    assert run.problem
    assert f"the nearest are {near}" == run.problem.next_step


@pytest.mark.parametrize(
    "facts", [{"status": 0}, {"status": 2}, {"status": 130, "starts": False}, {"status": -2}]
)
def test_a_run_that_somebody_interrupted_is_neither_green_nor_red(
    tmp_path: Path, facts: dict[str, Any]
) -> None:
    run = ended(tmp_path, interrupted=True, **facts)

    assert ("it was interrupted",) == run.notes
    assert ["RESULT partial"] == [" ".join(line.split()[:2]) for line in run.lines()]
    assert ExitCode.INTERRUPTED == run.exit_code


def test_a_wrong_option_is_not_answered_with_the_names_of_tests(tmp_path: Path) -> None:
    run = ended(tmp_path, status=4, arguments=["-k", "test_bb", "--no-such"])
    run.folder.log.write_text("ERROR: unrecognized arguments: --no-such\n")

    assert run.problem
    assert "unrecognized arguments: --no-such" == run.problem.what
    assert "--help" in run.problem.next_step
    assert "nearest" not in run.problem.next_step


def test_what_pytest_said_is_cut(tmp_path: Path) -> None:
    run = ended(tmp_path, starts=False, status=1, log="x" * 5000)

    assert run.problem
    assert len(run.problem.what) < 500


def test_the_json_has_every_fact_of_the_lines(tmp_path: Path) -> None:
    run = ended(tmp_path, report("test_a", **FAILED), report("test_b"), status=1)

    said = json.loads(json.dumps(run.as_json()))

    assert {
        "schema": "smoke/1",
        "verdict": "red",
        "exit_code": 1,
        "tier": "fast",
        "commit": "1a2b3c4",
        "tree": "9f8e7d6",
        "dirty": False,
        "run": run.folder.id,
        "content": "",
        "total": 2,
        "passed": 1,
        "failed": 1,
        "skipped": 0,
        "missing": 0,
        "partial": False,
        "seconds": 1.25,
        "gate": "closed",
        "evidence": f".runbook/runs/{run.folder.id}",
        "reasons": [],
        "failures": [
            {
                "test": "tests/test_a.py::test_a",
                "phase": "call",
                "at": "tests/test_a.py:3",
                "want": "1",
                "got": "2",
                "evidence": "",
                "precondition": "",
                "precondition_row": "",
                "severity": "normal",
                "cause": "it broke",
                "suspects": ["app.py"],
            }
        ],
        "tests": {"tests/test_a.py::test_a": "failed", "tests/test_a.py::test_b": "passed"},
        "manifest": ["tests/test_a.py::test_a", "tests/test_a.py::test_b"],
        "pytest_status": run.status,
        "was_a_run": True,
    } == said
