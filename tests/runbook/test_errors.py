"""One family of errors: what went wrong, and what to run next."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from runbook.errors import EnvironmentNotReady, RunbookError, UsageError, tell
from runbook.exit_codes import ExitCode

if TYPE_CHECKING:
    from pathlib import Path


def test_an_error_says_what_and_then_what_to_do() -> None:
    error = RunbookError("no lock", next_step="bin/invoke lock")

    assert "no lock\n  next: bin/invoke lock" == str(error)


def test_without_a_next_step_it_is_one_line() -> None:
    assert "no lock" == str(RunbookError("no lock"))


@pytest.mark.parametrize(
    ("kind", "code"),
    [(UsageError, ExitCode.USAGE), (EnvironmentNotReady, ExitCode.ENVIRONMENT)],
)
def test_each_kind_ends_a_command_with_its_code(kind: type[RunbookError], code: ExitCode) -> None:
    assert code == kind("x").exit_code
    assert issubclass(kind, RunbookError)


def test_it_is_told_to_a_person_and_to_a_program(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    error, file = EnvironmentNotReady("no disk", next_step="buy one"), tmp_path / "out.json"
    record = {
        "schema": "error/1",
        "verdict": "environment",
        "error": "no disk",
        "next": ["buy one"],
        "exit_code": 4,
    }

    assert ExitCode.ENVIRONMENT == tell(error, "-")
    shown = capsys.readouterr()
    assert ("error: no disk\n  next: buy one\n", record) == (shown.err, json.loads(shown.out))

    tell(error, str(file))
    assert record == json.loads(file.read_bytes())
    assert "" == capsys.readouterr().out


def test_what_nobody_asked_for_and_what_cannot_be_written_is_said_all_the_same(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for place in ("", str(tmp_path / "nosuch" / "out.json")):
        assert ExitCode.USAGE == tell(UsageError("no"), place)
        assert ("", "error: no\n") == capsys.readouterr()
