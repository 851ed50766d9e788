"""What a session that is no smoke prints."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pytest

from runbook.runs.report_lines import MOST_LINES
from runbook.sessions import brief
from runbook.sessions.brief import Ended
from tests.runbook.support import parse

if TYPE_CHECKING:
    from pathlib import Path


def ended(findings: list[str], **different: object) -> Ended:
    facts = {
        "session": "engine",
        "log": ".runbook/sessions/engine.log",
        "is_green": not findings,
        "findings": findings,
        "counts": {"passed": 3},
        "next_step": "bin/nox -s engine",
        "seconds": 1.26,
    }
    return Ended(**(facts | different))  # type: ignore[arg-type]


def test_a_green_session_is_one_line_that_says_where_the_rest_is() -> None:
    (line,) = ended([]).lines()

    assert (
        "RESULT green",
        {
            "session": "engine",
            "passed": "3",
            "seconds": "1.3",
            "log": ".runbook/sessions/engine.log",
        },
    ) == parse(line)


def test_a_red_session_shows_what_is_wrong_and_ends_with_what_to_run_next() -> None:
    finding, result = ended(["bin/app.py:1: wrong"]).lines()

    assert "bin/app.py:1: wrong" == finding
    assert ("RESULT red", "bin/nox -s engine") == (parse(result)[0], parse(result)[1]["next"])


@pytest.mark.parametrize(("there_are", "left_out"), [(MOST_LINES - 1, 0), (MOST_LINES, 2)])
def test_no_session_prints_more_than_fits_on_a_screen(there_are: int, left_out: int) -> None:
    lines = ended([f"finding {number}" for number in range(there_are)]).lines()

    assert MOST_LINES == len(lines)
    cut = [parse(line)[1]["lines"] for line in lines if line.startswith("CUT ")]
    assert [str(left_out)] * bool(left_out) == cut
    assert there_are - left_out == sum(line.startswith("finding ") for line in lines)


def test_a_person_at_a_terminal_and_the_log_of_a_runner_have_all_of_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shown = io.StringIO()
    monkeypatch.setattr("sys.stdout", shown)
    assert brief.is_wanted()

    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    assert not brief.is_wanted()

    monkeypatch.delenv("GITHUB_ACTIONS")
    monkeypatch.setattr(shown, "isatty", lambda: True)
    assert not brief.is_wanted()


def test_a_log_stands_where_git_sees_nothing(tmp_path: Path) -> None:
    file = brief.log_file(tmp_path, "scan(pages)")

    assert tmp_path / ".runbook" / "sessions" / "scan(pages).log" == file
    assert "*\n" == (tmp_path / ".runbook" / ".gitignore").read_text(encoding="utf-8")
