"""The lines of a run: their keys, their order, and what no text can do to them."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runbook.lines import MAX_LENGTH
from runbook.rows import Row, Severity, Suspect
from runbook.runs.report_lines import (
    MOST_LINES,
    abridged,
    as_quickfix,
    fail_line,
    header,
    result,
    rowless_fail_line,
    session_line,
)
from runbook.runs.source_state import SourceState
from runbook.runs.verdict import Outcome, Verdict, Word
from tests.runbook.report_page.pages import failure
from tests.runbook.support import parse

ANYTHING = st.text(max_size=500)
ROW = Row(
    test="test_a",
    file="tests/test_a.py",
    line=3,
    severity=Severity.HIGH,
    cause="the index keeps it",
    suspects=(Suspect("bin/store.py", "Store.drop"), Suspect("bin/store.py"), Suspect("bin/b.py")),
)


@pytest.mark.parametrize(("is_dirty", "word"), [(True, "yes"), (False, "no"), (None, "unknown")])
def test_the_header_names_what_is_smoked(*, is_dirty: bool | None, word: str) -> None:
    source = SourceState("1a2b3c4", "9f8e7d6", is_dirty)

    line = header(tier="fast", source=source, run="7f21")

    assert f"SMOKE v1 tier=fast commit=1a2b3c4 tree=9f8e7d6 dirty={word} run=7f21" == line


def test_a_failing_row_says_all_that_a_person_needs() -> None:
    line = fail_line(ROW, at="tests/test_a.py:88", want="absent", got="present")

    assert (
        'FAIL test_a severity=high at=tests/test_a.py:88 want="absent" got="present"'
        ' cause="the index keeps it" suspects=bin/store.py,bin/b.py'
        ' next="bin/invoke explain test_a"'
    ) == line


def test_what_went_wrong_is_read_before_one_suspect_more() -> None:
    paths = [f"bin/dashgen/pages/assets/script-{number}.js" for number in range(9)]
    row = replace(ROW, suspects=tuple(Suspect(path) for path in paths))

    _, fields = parse(fail_line(row, at="a:1", want="", got="the banner is not shown to anybody"))

    *some, cut = fields["suspects"].split(",")
    assert "..." == cut
    assert some == paths[: len(some)]
    assert 3 <= len(some)
    assert ("the banner is not shown to anybody", ROW.cause) == (fields["got"], fields["cause"])


def test_a_page_of_words_leaves_one_suspect_at_least_and_no_room_unused() -> None:
    row = replace(ROW, cause="c" * 300, suspects=(Suspect("bin/" + "s" * 200), Suspect("bin/b.py")))

    line = fail_line(row, at="a:1", want="w" * 300, got="g" * 300)

    assert 390 < len(line) <= 400
    assert parse(line)[1]["suspects"].startswith("bin/ss")


def test_a_failure_that_is_no_comparison_has_no_want() -> None:
    _, fields = parse(fail_line(ROW, at="a:1", want="", got="boom", test="test_a[x y]"))

    assert "want" not in fields
    assert "boom" == fields["got"]
    assert "bin/invoke explain test_a" == fields["next"]


@pytest.mark.parametrize(
    ("want", "got"),
    [
        ("a" * 300 + "one" + "b" * 300, "a" * 300 + "two" + "b" * 300),
        ("a" * 300, "a" * 300 + "two"),
        ("a" * 300 + "one", "a" * 300),
    ],
)
def test_what_is_cut_shows_where_it_differs(want: str, got: str) -> None:
    for line in (
        fail_line(ROW, at="a:1", want=want, got=got),
        fail_line(ROW, at="a:1", want=want, got=got, test="t" * 200, evidence="e" * 200),
        rowless_fail_line("test_x", at="a:1", want=want, got=got),
    ):
        _, fields = parse(line)
        assert fields["want"] != fields["got"]
        assert {"..."} == {fields[key][:3] for key in ("want", "got")}
        assert "aaa" in fields["want"]
        assert len(line) <= MAX_LENGTH


def test_what_fits_is_shown_from_its_beginning() -> None:
    alike = "a" * 60
    _, fields = parse(fail_line(ROW, at="a:1", want=f"{alike}1", got=f"{alike}2"))

    assert (f"{alike}1", f"{alike}2") == (fields["want"], fields["got"])


@given(at=ANYTHING, want=ANYTHING, got=ANYTHING, test=ANYTHING)
def test_no_text_from_a_page_forges_a_line(at: str, want: str, got: str, test: str) -> None:
    lines = [
        fail_line(ROW, at=at, want=want, got=got, test=test),
        rowless_fail_line(test, at=at, want=want, got=got),
        session_line(got),
    ]

    for line in lines:
        assert len(line) <= MAX_LENGTH
        assert all(" " <= character <= "~" for character in line)
        assert parse(line)[0].startswith("FAIL")


def test_a_failing_test_without_a_row_is_normal_and_has_no_cause() -> None:
    line = rowless_fail_line("test_x", at="a:1", want="", got="x")

    assert 'FAIL test_x severity=normal at=a:1 got="x"' == line


def test_a_broken_session_is_high() -> None:
    line = session_line("the session did not finish")

    assert 'FAIL session severity=high why="the session did not finish"' == line


def test_the_result_line_holds_the_verdict_and_its_counts() -> None:
    outcomes = {"a": Outcome.PASSED, "b": Outcome.FAILED, "c": Outcome.PASSED}

    line = result(
        Verdict(Word.RED, outcomes), seconds=1.26, gate="closed", evidence=".runbook/runs/7f21"
    )

    assert (
        "RESULT red total=3 passed=2 failed=1 skipped=0 missing=0 partial=no seconds=1.3"
        " gate=closed evidence=.runbook/runs/7f21"
    ) == line


def test_a_gap_makes_a_red_result_partial_too() -> None:
    outcomes = {"a": Outcome.FAILED, "b": Outcome.MISSING}

    assert "partial=yes" in result(
        Verdict(Word.RED, outcomes), seconds=0, gate="closed", evidence="x"
    )


@given(count=st.integers(0, 200))
def test_a_run_fits_on_a_screen_and_says_what_is_left_out(count: int) -> None:
    lines = [rowless_fail_line(f"test_{n}", at="t.py:1", want="", got="x") for n in range(count)]

    shown = abridged(lines, evidence=".runbook/runs/7f21")

    fails = [line for line in shown if line.startswith("FAIL")]
    assert len(shown) + 2 <= MOST_LINES
    assert fails == lines[: len(fails)]
    if len(fails) < count:
        head, fields = parse(shown[-1])
        assert ("CUT", str(count - len(fails))) == (head, fields["failures"])
        assert ".runbook/runs/7f21/result.json" == fields["in"]


def test_an_editor_finds_a_failure_by_its_place() -> None:
    told = failure("x") | {
        "at": "tests/test_app.py:7",
        "want": "1",
        "got": "2\n3",
        "cause": "it broke",
    }

    assert "tests/test_app.py:7: test_one: wanted 1, got 2 3 (it broke)\n" == as_quickfix([told])
    assert "" == as_quickfix([])


@given(text=ANYTHING)
def test_no_text_forges_a_place(text: str) -> None:
    written = as_quickfix([failure(text) | {"at": "t.py:1"}])

    assert written.isascii()
    assert 1 == len(written.splitlines())
    assert written.startswith("t.py:1: test_one: ")
