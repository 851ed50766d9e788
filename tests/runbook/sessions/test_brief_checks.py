"""The sessions that check, as somebody reads them who does not sit at a terminal."""

from __future__ import annotations

import os
import shlex
import sys
from typing import TYPE_CHECKING

import pytest

from runbook.exit_codes import ExitCode
from runbook.lines import MAX_LENGTH
from runbook.runs.report_lines import MOST_LINES
from runbook.sessions.brief_checks import main
from tests.runbook.support import parse

if TYPE_CHECKING:
    from pathlib import Path

LOG = ".runbook/sessions/lint.log"


@pytest.fixture(autouse=True)
def _in_a_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "pyproject.toml").write_text('[tool.runbook]\nnox = "bin/nox"\n', encoding="utf-8")
    monkeypatch.chdir(tmp_path)


def python(code: str) -> str:
    return shlex.join([sys.executable, "-c", code])


def test_green_is_one_line_whatever_the_checks_say(
    capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert ExitCode.GREEN == main(["lint", python("print('all\\nis\\nwell')"), python("pass")])

    head, fields = parse(capfd.readouterr().out.rstrip("\n"))
    assert ("RESULT green", "2", "0") == (head, fields["checks"], fields["failed"])
    assert "is\nwell" in (tmp_path / LOG).read_text(encoding="utf-8")


def test_every_check_is_run_and_those_that_are_red_are_shown(
    capfd: pytest.CaptureFixture[str],
) -> None:
    red = python("import sys; print('app.py:1:1: wrong'); sys.exit(1)")
    long = python(f"import sys; sys.exit('x' * {MAX_LENGTH * 2})")

    assert ExitCode.RED == main(["lint", red, python("print('well')"), long])

    *shown, result = capfd.readouterr().out.splitlines()
    assert [f"$ {red}", "app.py:1:1: wrong", f"$ {long}", "x" * MAX_LENGTH] == shown
    assert ("RESULT red", "2") == (parse(result)[0], parse(result)[1]["failed"])
    assert "bin/nox -s lint" == parse(result)[1]["next"]


def test_many_findings_fit_on_a_screen(capfd: pytest.CaptureFixture[str]) -> None:
    main(["lint", python("import sys; print('wrong\\n' * 99); sys.exit(1)")])

    assert MOST_LINES == len(capfd.readouterr().out.splitlines())


def test_a_linter_prints_a_line_a_finding_unless_somebody_wants_another_form(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    ask = python("import os, sys; sys.exit(os.environ['RUFF_OUTPUT_FORMAT'])")
    main(["lint", ask])
    assert "\nconcise\n" in capfd.readouterr().out

    monkeypatch.setenv("RUFF_OUTPUT_FORMAT", "github")
    main(["lint", ask])
    assert "\ngithub\n" in capfd.readouterr().out


def test_a_runner_is_shown_all_of_it(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")

    assert ExitCode.RED == main(["lint", python("print('well')"), python("raise SystemExit(3)")])

    shown = capfd.readouterr()
    assert "well\n" == shown.out
    assert 2 == shown.err.count("$ ")


def test_a_tool_that_is_not_there_is_red(capfd: pytest.CaptureFixture[str]) -> None:
    assert ExitCode.RED == main(["lint", f"nosuch{os.getpid()} --check"])

    assert "is not installed" in capfd.readouterr().out
