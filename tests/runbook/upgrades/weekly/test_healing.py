"""Which causes are gone."""

from __future__ import annotations

from typing import Any

import pytest

from runbook.upgrades.weekly.constraints import Constraint
from runbook.upgrades.weekly.healing import gone, seen_in_constraints, seen_in_records, way_of
from runbook.upgrades.weekly.issue import keys_of
from tests.runbook.upgrades.records import record

(KEY,) = keys_of(record())
DAY = "2026-01-01T00:00:00Z"
LATER = "2026-01-08T00:00:00Z"
FAST = ("newest", "fast")


def run(*, blamed: bool = True, verdict: str = "found", way: str = "newest") -> dict[str, Any]:
    return {"way": way, "tiers": {"fast": record(verdict=verdict, blamed=blamed) | {"as_of": DAY}}}


def test_a_cause_is_gone_where_it_is_looked_for_again_and_not_found() -> None:
    seen = seen_in_records([run()])
    assert [KEY] == gone(seen, {FAST: LATER}, [])
    assert [] == gone(seen, {FAST: LATER}, [KEY])


@pytest.mark.parametrize(
    "looked_at",
    [
        {},
        {("newest", "browser"): LATER},
        {("lowest-direct", "fast"): LATER},
        {FAST: "2025-12-31T00:00:00Z"},
    ],
    ids=["nowhere", "another tier", "another way", "an earlier moment"],
)
def test_it_is_not_gone_where_nobody_looked(looked_at: dict[tuple[str, str], str]) -> None:
    assert [] == gone(seen_in_records([run()]), looked_at, [])
    assert [] == gone(seen_in_constraints([constraint()]), looked_at, [])


def test_the_last_conclusive_look_counts() -> None:
    assert {} == seen_in_records([run(), run(verdict="clean", blamed=False)])
    assert {KEY} == seen_in_records([run(), run(verdict="inconclusive", blamed=False)]).keys()


def constraint(said: str = "breaks fast on newest (test); since 2026-01-01; issue") -> Constraint:
    return Constraint(KEY, "dog<2", said)


def test_a_constraint_says_where_it_is_needed() -> None:
    assert {KEY: {FAST: "2026-01-01"}} == seen_in_constraints([constraint()])
    assert [KEY] == gone(seen_in_constraints([constraint()]), {FAST: DAY}, [])
    older = constraint(
        "breaks fast (test); since 2026-01-01; issue"
    )  # before there were several ways
    assert {KEY: {FAST: "2026-01-01"}} == seen_in_constraints([older])
    assert {} == seen_in_constraints([constraint("a person wrote this")])


def test_the_way_says_all_that_changes_the_question() -> None:
    assert "newest" == way_of("highest", (), "")
    assert "lowest-direct+prerelease+python3.13" == way_of("lowest-direct", ["*"], "3.13")
