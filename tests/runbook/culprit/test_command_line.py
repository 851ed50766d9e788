"""What the command lines of both searches have in common."""

from __future__ import annotations

import argparse
import errno
import json
import sys
from typing import TYPE_CHECKING

import pytest

from runbook.culprit.command_line import Ended, add_shared, end, probe_line
from runbook.errors import UsageError
from runbook.exit_codes import ExitCode
from runbook.upgrades.__main__ import main
from tests.runbook.published import hold
from tests.runbook.support import completed, engine_environment

if TYPE_CHECKING:
    from pathlib import Path

# Ctrl-C while a module is imported.
_INTERRUPTED = """
import runpy, sys

class Finder:
    def find_spec(self, name, path=None, target=None):
        if name == sys.argv[1] + ".options":
            raise KeyboardInterrupt

sys.meta_path.insert(0, Finder())
runpy.run_module(sys.argv[1], run_name="__main__")
"""
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


@pytest.mark.parametrize("search", ["runbook.culprit", "runbook.upgrades"])
def test_ctrl_c_before_anything_has_begun_is_an_end_without_a_traceback(search: str) -> None:
    done = completed([sys.executable, "-c", _INTERRUPTED, search], env=engine_environment())
    assert (130, "", "") == (done.returncode, done.stdout, done.stderr)


@pytest.mark.parametrize(
    ("raised", "code", "said"),
    [
        (UsageError("no such thing"), ExitCode.USAGE, "error: no such thing"),
        (
            OSError(errno.ENOSPC, "No space left", "/x"),
            ExitCode.ENVIRONMENT,
            "error: /x: No space left\n  next: free some space",
        ),
        (OSError(errno.EACCES, "No", None), ExitCode.ENVIRONMENT, "error: the disk: No"),
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


def test_ctrl_c_leaves_an_error_where_the_result_would_have_been(tmp_path: Path) -> None:
    def search() -> Ended:
        raise KeyboardInterrupt

    file = tmp_path / "result.json"
    assert ExitCode.INTERRUPTED == end(search, str(file), interrupted="type it again")
    record = json.loads(file.read_text(encoding="utf-8"))
    hold(record)
    assert ("interrupted", ["type it again"]) == (record["verdict"], record["next"])


def test_a_result_that_cannot_be_written_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ExitCode.ENVIRONMENT == end(lambda: FOUND, str(tmp_path), interrupted="")
    assert f"error: {tmp_path}: Is a directory\n" == capsys.readouterr().err


def test_a_folder_that_is_not_there_is_said_before_anybody_has_waited(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def search() -> Ended:
        raise AssertionError

    place = tmp_path / "gone" / "result.json"
    assert ExitCode.USAGE == end(search, str(place), interrupted="")
    assert f"there is no folder {place.parent}\n  next: mkdir -p" in capsys.readouterr().err


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


def test_the_probes_of_both_searches_stand_in_the_same_columns() -> None:
    assert "  pass             3.2 s  the baseline" == probe_line("pass", 3.21, "the baseline")
    assert "  unresolvable   118.0 s  ab12  no" == probe_line("unresolvable", 118, "ab12  no")
