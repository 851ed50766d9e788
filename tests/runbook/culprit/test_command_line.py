"""What the command lines of both searches have in common."""

from __future__ import annotations

import argparse
import json
from typing import TYPE_CHECKING

import pytest

from runbook.culprit.command_line import Ended, add_shared, end
from runbook.errors import UsageError
from runbook.exit_codes import ExitCode
from runbook.upgrades.__main__ import main

if TYPE_CHECKING:
    from pathlib import Path

FOUND = Ended("found it", {"verdict": "found"}, ExitCode.INCONCLUSIVE)


def test_a_person_reads_the_text_and_a_program_the_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "result.json"
    assert ExitCode.INCONCLUSIVE == end(lambda: FOUND, str(file), interrupted="")
    assert "found it\n" == capsys.readouterr().out
    assert FOUND.record == json.loads(file.read_text(encoding="utf-8"))


def test_a_program_may_read_standard_output_alone(capsys: pytest.CaptureFixture[str]) -> None:
    end(lambda: FOUND, "-", interrupted="")
    assert FOUND.record == json.loads(capsys.readouterr().out)


@pytest.mark.parametrize(
    ("raised", "code", "said"),
    [
        (UsageError("no such thing"), ExitCode.USAGE, "error: no such thing"),
        (OSError(28, "No space left", "/x"), ExitCode.ENVIRONMENT, "error: /x: No space left"),
        (KeyboardInterrupt(), ExitCode.INTERRUPTED, "interrupted; type it again"),
    ],
)
def test_what_stands_in_the_way_is_one_line_and_a_code(
    raised: BaseException, code: ExitCode, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    def search() -> Ended:
        raise raised

    assert code == end(search, "", interrupted="type it again")
    shown = capsys.readouterr()
    assert ("", f"{said}\n") == (shown.out, shown.err)


def test_a_result_that_cannot_be_written_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ExitCode.ENVIRONMENT == end(lambda: FOUND, str(tmp_path), interrupted="")
    assert f"error: {tmp_path}: Is a directory\n" == capsys.readouterr().err


def test_nothing_is_said_unless_it_is_asked_for() -> None:
    parser = argparse.ArgumentParser()
    add_shared(parser)
    asked = parser.parse_args([])
    assert (None, False, "") == (asked.flake_rate, asked.fresh, asked.json)


def test_both_searches_refuse_the_same_values(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ["--project", str(tmp_path), "--baseline", str(tmp_path), "--command", "x"]
    assert ExitCode.USAGE == main([*asked, "--jobs", "0"])
    assert "--jobs is 0; it is 1 or more" in capsys.readouterr().err
