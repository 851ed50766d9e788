"""When a run is still: nothing is told, for longer than a test may take to fail and to clean up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runbook.smoke.stillness import Stillness

if TYPE_CHECKING:
    from pathlib import Path


def test_it_is_still_after_thrice_the_time_of_a_test_without_an_event(tmp_path: Path) -> None:
    events = tmp_path / "events.jsonl"
    events.write_text("one\n")
    stillness = Stillness(events, 2)

    seen = [stillness.lasts(1.0) for _ in range(8)]  # the first has found one event

    assert [*[False] * 7, True] == seen


def test_what_happens_ends_it(tmp_path: Path) -> None:
    events = tmp_path / "events.jsonl"
    events.write_text("one\n")
    stillness = Stillness(events, 2)
    for _ in range(7):
        stillness.lasts(1.0)

    events.write_text("one\ntwo\n")

    assert [*[False] * 7, True] == [stillness.lasts(1.0) for _ in range(8)]


def test_nothing_is_still_that_has_not_begun(tmp_path: Path) -> None:
    events = tmp_path / "events.jsonl"
    stillness = Stillness(events, 2)
    before = [stillness.lasts(100.0) for _ in range(3)]
    events.write_text("")

    assert [False] * 6 == [*before, *(stillness.lasts(100.0) for _ in range(3))]
