"""The page of a drift run."""

from __future__ import annotations

from dataclasses import replace

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


def test_the_proof_can_be_repeated_and_the_table_says_age_and_jump_and_begins_with_the_culprit() -> (
    None
):
    record = drift_record("found", "flask")
    moved = {"from": "1", "to": "2", "direct": False, "jump": "major", "age_days": 3}
    changed = [{"name": "aaa"} | moved, {"name": "flask"} | moved]
    tiers = {"fast": {"repeat": {"search": "s", "red": "see it red", "green": "see it green"}}}
    more = {"changed": changed, "tiers": tiers, "says": ["KeyError: it"]}
    shown = text_of(drift_page(replace(record, result={**record.result, **more})))

    for part in ("see it red", "see it green", "3 days", "major", "KeyError: it"):
        assert part in shown
    assert "aaa" in shown.partition("What moved")[2].partition("culprit")[2]


def test_the_headline_names_the_first_bad_release() -> None:
    record = drift_record("found", "flask")
    culprit = {"name": "flask", "from": "1", "to": "3", "first_bad": "2"}
    page = drift_page(replace(record, result={**record.result, "culprits": [[culprit]]}))
    assert "flask 2 broke it." in text_of(page)
