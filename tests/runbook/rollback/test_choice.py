"""Which red row is hunted."""

from __future__ import annotations

from typing import Any

import pytest

from runbook.procedures.steps import Refused
from runbook.rollback.choice import brief, choose, is_high, merged, name_of, still_red


def failure(name: str, **facts: Any) -> dict[str, Any]:
    row = {"severity": "normal", "cause": "c", "suspects": ["web/a.py::f"], "precondition": ""}
    said = {"test": f"tests/t.py::{name}", "at": "t.py:1", "want": "1", "got": "2"}
    return said | row | facts


FIRST = failure("test_first")
STORE = failure("test_store", suspects=["web/store.py"])
HIGH = failure("test_high", severity="high", precondition="publish")


def test_the_likeliest_cause_comes_first_unless_a_file_or_a_row_is_named() -> None:
    assert FIRST == choose([FIRST, STORE])
    assert STORE == choose([FIRST, STORE], file="web/store.py")
    assert STORE == choose([FIRST, STORE], test="tests/t.py::test_store", file="web/a.py")
    assert FIRST == choose([FIRST, STORE], file="web/other.py")


def test_a_row_whose_precondition_failed_is_not_hunted_for_the_file_that_it_suspects() -> None:
    high = HIGH | {"suspects": ["web/store.py"]}
    assert FIRST == choose([FIRST, high], file="web/store.py")


def test_a_row_that_is_named_must_be_red() -> None:
    with pytest.raises(Refused, match=r"test_gone is not red at HEAD.*red are: test_first"):
        choose([FIRST], test="tests/t.py::test_gone")


def test_each_red_row_counts_once_and_tests_without_a_row_do_not() -> None:
    rowless = {"test": "tests/t.py::test_x", "got": "2"}
    runs = [{"failures": [FIRST, failure("test_first[2]"), rowless]}, {"failures": [STORE]}]
    assert ["test_first", "test_store"] == [name_of(each) for each in merged(runs)]


def test_what_stays_red_is_told_from_what_has_become_red() -> None:
    after = [FIRST, STORE, failure("test_first[2]")]
    assert (["tests/t.py::test_first"], ["tests/t.py::test_store"]) == still_red([FIRST], after)


def test_severity_and_what_an_incident_keeps() -> None:
    assert (True, False) == (is_high([FIRST, HIGH]), is_high([FIRST]))
    assert {"test", "severity", "cause", "at", "want", "got", "suspects"} == brief(HIGH).keys()
