"""The page of a drift run."""

from __future__ import annotations

import pytest

from runbook.report_page.drift_page import drift_page
from tests.runbook.report_page.pages import drift_record, text_of


@pytest.mark.parametrize(
    ("verdict", "said"),
    [
        ("found", "flask flask broke it."),
        ("clean", "Clean. The newest of everything is green."),
        ("outside-lock", "Outside the lock."),
        ("baseline-red", "The baseline is red."),
        ("unresolvable", "Unresolvable."),
        ("inconclusive", "Inconclusive."),
        ("something-new", "something-new."),
    ],
)
def test_the_headline_is_the_verdict(verdict: str, said: str) -> None:
    assert said in text_of(drift_page(drift_record(verdict, "flask")))


def test_the_culprit_its_pins_and_what_moved_are_shown() -> None:
    shown = text_of(drift_page(drift_record("found", "flask")))

    for part in ("first bad release flask", "Held below its newest: flask", "culprit", "direct"):
        assert part in shown
