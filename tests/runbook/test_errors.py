"""One family of errors: what went wrong, and what to run next."""

from __future__ import annotations

import pytest

from runbook.errors import EnvironmentNotReady, RunbookError, UsageError
from runbook.exit_codes import ExitCode


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
