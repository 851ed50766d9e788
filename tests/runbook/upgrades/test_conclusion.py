"""A search that has ended, turned into its report."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import pytest

from runbook.upgrades.conclusion import conclude
from runbook.upgrades.core.asking import Answer, Free, Outcome
from runbook.upgrades.core.pins import Resolution
from runbook.upgrades.core.search import Findings
from runbook.upgrades.options import Options
from runbook.upgrades.report import Culprit, Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping

    from runbook.upgrades.case import Case
    from runbook.upgrades.core.search import Search
    from runbook.upgrades.environments.laboratory import Laboratory

DOG = frozenset({"dog"})


@dataclass
class Sides:
    """A resolver that has resolved: a dog and its flea, and a cat that stayed."""

    baseline: Resolution = field(
        default_factory=lambda: Resolution({"cat": "1", "dog": "1", "flea": "1", "tick": "1"})
    )
    newest: Resolution = field(
        default_factory=lambda: Resolution({"cat": "1", "dog": "3", "flea": "2", "new": "1"})
    )
    cutoff: str = "2026-01-11T00:00:00Z"
    python: Path = Path("python")
    count: int = 7

    def upload_times(self, pins: Mapping[str, str]) -> dict[str, datetime]:
        """Of a new package the index does not say."""
        return dict.fromkeys(pins.keys() - {"new"}, datetime(2026, 1, 1, tzinfo=UTC))


@pytest.fixture
def case() -> Case:
    options = Options(Path(), Path("pins.txt"), "check it", ages=True)
    made = SimpleNamespace(
        resolver=Sides(), options=options, notes=["a note"], started=time.monotonic()
    )
    return cast("Case", made)


@pytest.fixture
def laboratory() -> Laboratory:
    made = SimpleNamespace(
        trials=[], environments=6, answered=4, runs=8, unresolvable=0, output_of=lambda state: f"log of {state}"
    )  # fmt: skip
    return cast("Laboratory", made)


def search(found: Findings) -> Search:
    return cast("Search", SimpleNamespace(findings=found, held_below=lambda: DOG))


def red(**versions: str) -> Answer:
    moved = frozenset({"dog", "flea", "inner"})
    return Answer(Outcome.RED, moved, versions, frozenset({"test:t"}), "E   ValueError: no bark")


def test_what_moved_what_it_took_and_how_old_it_is(case: Case, laboratory: Laboratory) -> None:
    result = conclude(case, laboratory, Verdict.CLEAN, "the newest is green")
    assert ["dog", "flea", "new", "tick"] == [each.name for each in result.changed]
    assert {"dog": 10, "flea": 10} == result.ages
    assert (6, 2, 8, 7) == (
        result.environments,
        result.bound_environments,
        result.runs,
        result.resolutions,
    )
    assert (f"log of {Free()}", ("a note",)) == (result.log, result.notes)
    assert ((), ()) == (result.culprits, result.pins)


def test_a_search_that_ended_without_an_answer_looked_for_no_bounds(
    case: Case, laboratory: Laboratory
) -> None:
    laboratory.answered = 0
    assert 0 == conclude(case, laboratory, Verdict.CLEAN, "").bound_environments


def test_without_a_newest_side_nothing_has_moved(case: Case, laboratory: Laboratory) -> None:
    case.resolver.newest = Resolution({})
    result = conclude(case, laboratory, Verdict.UNRESOLVABLE, "it does not resolve")
    assert ((), {}) == (result.changed, result.ages)


def test_findings_are_told_with_the_innocent_apart(case: Case, laboratory: Laboratory) -> None:
    proof = red(dog="3", flea="2")
    found = Findings([DOG], {DOG: proof}, [], {"dog": "<2"}, {"dog": "2"}, proof)
    result = conclude(case, laboratory, Verdict.FOUND, "", search(found))
    assert ((Culprit("dog", "1", "3", "2"),),) == result.culprits
    assert ("flea",) == result.carried  # what did not change between the two sides is none of it
    assert (("dog",), ("dog<2",)) == (result.hold, result.pins)
    assert (("test:t",), "ValueError: no bark", {}) == (
        result.failure,
        result.says,
        result.shown_at,
    )


def test_a_culprit_that_was_proved_before_its_newest_is_told_with_that_release(
    case: Case, laboratory: Laboratory
) -> None:
    found = Findings([DOG], {DOG: red(dog="2", flea="2")}, [], {"dog": "<2"}, {"dog": "2"}, red())
    result = conclude(case, laboratory, Verdict.FOUND, "", search(found))
    assert {"dog": "2"} == result.shown_at


def test_constraints_that_were_not_proved_green_are_not_told(
    case: Case, laboratory: Laboratory
) -> None:
    found = Findings([DOG], {DOG: red(dog="3")}, [], {"dog": "<2"}, why="it stays red")
    result = conclude(case, laboratory, Verdict.INCONCLUSIVE, found.why, search(found))
    assert ((), "it stays red") == (result.pins, result.why)
    assert ((Culprit("dog", "1", "3"),),) == result.culprits


def test_where_nobody_is_to_blame_there_is_no_failure_to_tell(
    case: Case, laboratory: Laboratory
) -> None:
    result = conclude(case, laboratory, Verdict.INCONCLUSIVE, "", search(Findings()))
    assert ((), (), "") == (result.culprits, result.failure, result.says)
