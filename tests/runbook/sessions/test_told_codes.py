"""The exit code that stands in a file, since Nox knows but 0 and 1."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from runbook.exit_codes import ExitCode
from runbook.sessions.told_codes import EXIT_CODES_VARIABLE, take_codes_file, tell_exit_code

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_the_file_is_for_one_process_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(EXIT_CODES_VARIABLE, "codes")

    assert "codes" == take_codes_file()
    assert EXIT_CODES_VARIABLE not in os.environ
    assert "" == take_codes_file()


def test_each_program_of_a_session_adds_a_line(tmp_path: Path) -> None:
    codes = tmp_path / "codes"
    tell_exit_code(str(codes), ExitCode.GREEN)
    tell_exit_code(str(codes), ExitCode.INTERRUPTED)

    assert "0\n130\n" == codes.read_text(encoding="utf-8")


def test_a_caller_who_has_gone_is_told_nothing(tmp_path: Path) -> None:
    tell_exit_code(str(tmp_path / "gone" / "codes"), ExitCode.RED)
    tell_exit_code("", ExitCode.RED)

    assert [] == list(tmp_path.iterdir())
