"""One issue a cause, updated from week to week."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runbook.github.drift_issues import Action, Deed, decide

KEYS = st.integers(0, 5).map(lambda number: f"{number:08x}")


def found(key: str, state: str = "open") -> dict[str, Any]:
    return {
        "key": key,
        "state": state,
        "title": f"Drift: {key}",
        "body": f"<!-- drift-key: {key} -->\nit broke",
    }


def issue(number: int, key: str, state: str = "OPEN") -> dict[str, Any]:
    return {"number": number, "state": state, "body": f"<!-- drift-key: {key} -->\nan old text"}


A, B = "aaaaaaaa", "bbbbbbbb"


def test_a_new_cause_is_opened_and_a_known_one_updated() -> None:
    (first,) = decide([found(A)], [], is_whole=True)
    assert (Deed.OPEN, A, 0, f"Drift: {A}") == (first.deed, first.key, first.number, first.title)

    (again,) = decide([found(A)], [issue(7, A)], is_whole=True)
    assert (Deed.UPDATE, 7, found(A)["body"]) == (again.deed, again.number, again.body)


def test_a_cause_that_comes_back_gets_its_old_issue() -> None:
    (action,) = decide([found(A)], [issue(7, A, "CLOSED"), issue(9, B, "CLOSED")], is_whole=True)

    assert (Deed.REOPEN, 7) == (action.deed, action.number)


def test_a_cause_that_is_gone_is_closed_unless_a_search_did_not_end() -> None:
    there = [
        issue(7, A),
        issue(8, B, "CLOSED"),
        {"number": 9, "state": "OPEN", "body": "of a person"},
    ]

    assert [(Deed.CLOSE, 7)] == [
        (a.deed, a.number) for a in decide([found(A, "closed")], there, is_whole=True)
    ]
    assert [] == decide([], there, is_whole=False)


def test_the_same_cause_of_two_ways_is_one_issue() -> None:
    assert 1 == len(decide([found(A), found(A)], [], is_whole=True))


def test_of_two_issues_of_a_cause_the_open_one_counts() -> None:
    (action,) = decide([found(A)], [issue(3, A), issue(9, A, "CLOSED")], is_whole=True)

    assert (Deed.UPDATE, 3) == (action.deed, action.number)


@pytest.mark.parametrize("body", [None, "", "<!-- drift-key: nothex00 -->", "drift-key: aaaaaaaa"])
def test_an_issue_without_the_marker_is_left_alone(body: str | None) -> None:
    there = [{"number": 1, "state": "OPEN", "body": body}]

    assert [] == decide([], there, is_whole=True)


@given(causes=st.lists(KEYS, max_size=6), weeks=st.integers(2, 4))
def test_however_many_weeks_a_cause_has_one_issue(causes: list[str], weeks: int) -> None:
    there: list[dict[str, Any]] = []
    for _ in range(weeks):
        for action in decide([found(key) for key in causes], there, is_whole=True):
            there = _done(action, there)

    assert len(set(causes)) == len(there)
    assert all(each["state"] == "OPEN" for each in there)


def _done(action: Action, there: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [*there, issue(len(there) + 1, action.key)] if action.deed is Deed.OPEN else there
