"""The order of failures: causes before consequences, whatever they are called and when they came."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runbook.rows import Row, Severity, Suspect
from runbook.runs.triage import blame_crashes, fail_lines, first_things_first
from runbook.runs.verdict import Failure
from tests.runbook.support import parse

FILE = "tests/test_a.py"


def row(test: str, line: int, severity: Severity = Severity.NORMAL) -> Row:
    return Row(test, FILE, line, severity, f"cause of {test}", (Suspect(f"bin/{test}.py"),))


ROWS = {
    each.id: each
    for each in (
        row("test_publish", 1),
        row("test_grid", 2),
        row("test_escape", 3, Severity.HIGH),
        row("test_links", 4, Severity.HIGH),
    )
}


def failure(test: str, got: str = "2", *, step: str = "", step_row: str = "") -> Failure:
    return Failure(f"{FILE}::{test}", f"{FILE}:9", "1", got, "call", "", step, step_row)


def names(*failures: Failure) -> list[str]:
    return [each.test.rpartition("::")[2] for each in first_things_first(failures, ROWS)]


def test_an_own_failure_of_high_severity_comes_first() -> None:
    assert ["test_links", "test_publish"] == names(failure("test_publish"), failure("test_links"))


def test_a_consequence_comes_behind_its_cause_however_severe_its_row_is() -> None:
    needs = {"step": "a canvas is published", "step_row": "test_publish"}

    assert ["test_publish", "test_escape", "test_links"] == names(
        failure("test_links", **needs), failure("test_escape", **needs), failure("test_publish")
    )


def test_among_consequences_those_of_a_red_row_come_last() -> None:
    of_red = failure("test_publish", step="a grid", step_row="test_grid")
    of_green = failure("test_grid", step="a page", step_row="test_shown_elsewhere")

    assert ["test_grid", "test_publish"] == names(of_red, of_green)


def test_the_row_that_suspects_the_place_of_a_crash_comes_before_the_row_of_the_step() -> None:
    crash = "KeyError at bin/test_escape.py:3"

    assert ["test_escape", "test_grid"] == names(
        failure("test_grid", crash, step="a page", step_row="test_grid"),
        failure("test_escape", crash, step="a page", step_row="test_grid"),
    )


def test_severity_says_nothing_where_everything_is_a_consequence() -> None:
    broken = {"step": "the server starts"}

    assert ["test_publish", "test_grid", "test_escape"] == names(
        failure("test_escape", **broken),
        failure("test_grid", **broken),
        failure("test_publish", **broken),
    )


@pytest.mark.parametrize(
    "crash",
    [
        'KeyError | File "/x/bin/test_grid.py", line 3',
        'KeyError | File "/venv/lib/python3.11/x.py", line 1 | File "/x/bin/test_grid.py", line 3',
        "GET /bin/test_publish.py: 500: KeyError at bin/test_grid.py:3 < bin/test_publish.py:4",
    ],
)
def test_a_row_whose_suspect_broke_comes_first_among_its_equals(crash: str) -> None:

    assert ["test_grid", "test_publish"] == names(
        failure("test_publish", crash), failure("test_grid", crash)
    )


CRASH = "GET /page: 500: KeyError at bin/test_grid.py:3 < bin/test_publish.py:4"


def test_whoever_meets_a_crash_that_another_red_row_suspects_suffers_from_it() -> None:
    lines = fail_lines(
        [
            failure("test_escape", CRASH),
            failure("test_grid", CRASH, step="a page", step_row="test_grid"),
        ],
        ROWS,
    )

    heads, fields = zip(*map(parse, lines), strict=True)
    assert ("FAIL test_grid", "FAIL test_escape") == heads
    assert (
        "precondition failed: bin/test_grid.py does not fail; see test_grid" == fields[1]["cause"]
    )


@pytest.mark.parametrize("step_row", ["test_publish", ""])
def test_what_failed_in_a_step_is_blamed_on_that_step(step_row: str) -> None:
    stepped = failure("test_escape", CRASH, step="a step", step_row=step_row)
    own = failure("test_grid", CRASH)

    assert [stepped, own] == blame_crashes([stepped, own], ROWS)


def test_a_crash_is_ones_own_where_nobody_red_suspects_its_place() -> None:
    alone = [failure("test_escape", CRASH), failure("test_publish", "2")]

    assert alone == blame_crashes(alone, ROWS)


def test_a_step_of_the_rows_own_is_no_circle() -> None:
    own = failure("test_grid", step="the grid answers", step_row="test_grid")
    other = failure("test_escape", step="the grid answers", step_row="test_grid")

    assert ["test_grid", "test_escape"] == names(other, own)


def test_a_test_without_a_row_comes_last() -> None:
    late = failure("test_publish", step="x")

    assert ["test_publish", "test_rowless"] == names(failure("test_rowless"), late)


FAILURES = st.builds(
    failure,
    st.sampled_from([*(each.test for each in ROWS.values()), "test_rowless"]),
    st.sampled_from(["2", "at bin/test_grid.py:3"]),
    step=st.sampled_from(["", "a step"]),
    step_row=st.sampled_from(["", "test_publish", "test_grid", "test_escape"]),
)


@given(
    failures=st.lists(FAILURES, max_size=8).flatmap(
        lambda f: st.tuples(st.just(f), st.permutations(f))
    )
)
def test_the_order_is_whole_and_knows_nothing_of_when_a_failure_came(
    failures: tuple[list[Failure], list[Failure]],
) -> None:
    as_happened, shuffled = failures
    ordered = first_things_first(as_happened, ROWS)

    assert sorted(map(repr, as_happened)) == sorted(map(repr, ordered))
    assert [each.test for each in ordered] == [
        each.test for each in first_things_first(shuffled, ROWS)
    ]
    own = [not each.step for each in ordered if each.test.rpartition("::")[2] != "test_rowless"]
    assert sorted(own, reverse=True) == own


def test_a_consequence_says_so_and_points_at_the_row_to_look_at() -> None:
    needs = failure("test_escape", step="a canvas is published", step_row="test_publish")

    _, line = fail_lines([needs, failure("test_publish")], ROWS)

    head, fields = parse(line)
    assert "FAIL test_escape" == head
    assert "precondition failed: a canvas is published; see test_publish" == fields["cause"]
    assert ("bin/test_publish.py", "bin/invoke explain test_publish") == (
        fields["suspects"],
        fields["next"],
    )


def test_where_the_row_of_the_step_is_green_nobody_is_sent_there() -> None:
    (line,) = fail_lines([failure("test_escape", step="it is up", step_row="test_publish")], ROWS)

    _, fields = parse(line)
    assert "precondition failed: it is up" == fields["cause"]
    assert ("bin/test_escape.py", "bin/invoke explain test_escape") == (
        fields["suspects"],
        fields["next"],
    )


def test_a_long_text_is_said_once() -> None:
    why = "the server died at boot: " + "x" * 90

    lines = fail_lines([failure("test_grid", why), failure("test_publish", why)], ROWS)

    assert [why, "the same as test_publish"] == [parse(line)[1]["got"] for line in lines]


def test_a_short_text_is_repeated() -> None:
    lines = fail_lines([failure("test_grid"), failure("test_publish")], ROWS)

    assert ["2", "2"] == [parse(line)[1]["got"] for line in lines]
