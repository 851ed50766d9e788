"""The page of a run."""

from __future__ import annotations

import pytest

from runbook.report_page.run_page import run_page
from tests.runbook.report_page.pages import TEST, failure, run_record, smoke, text_of


@pytest.mark.parametrize(
    ("verdict", "said"),
    [
        ("green", "Green. All 1 rows ran and passed."),
        ("red", "Red. 1 of 1 rows failed."),
        ("partial", "Partial. 1 of 1 rows passed"),
    ],
)
def test_the_headline_is_the_verdict(verdict: str, said: str) -> None:
    assert said in text_of(run_page(run_record(verdict)))


def test_a_run_that_broke_beside_its_tests_says_how() -> None:
    result = smoke("red", failures=[], failed=0, reasons=["the session did not finish"])
    shown = text_of(run_page(run_record(result=result)))

    assert "The run broke beside its tests." in shown
    assert "the session did not finish" in shown


def test_half_of_two_runs_took_as_long_as_the_shorter() -> None:
    shown = text_of(run_page(run_record("green")))

    assert "2 of 2 green; half of them took 1.0 s or less." in shown


def test_a_failure_has_its_cause_its_suspects_and_the_next_commands() -> None:
    told = failure("x") | {
        "cause": "it broke",
        "suspects": ["app.py::serve"],
        "want": "absent",
        "got": "present",
    }
    shown = text_of(run_page(run_record(result=smoke(failures=[told]))))

    for part in ("high severity", "it broke", "app.py::serve", "absent", "present"):
        assert part in shown
    assert "bin/invoke explain test_one\nbin/invoke find-offending-commit --test test_one" in shown
    assert "the gate stays closed" in shown


def test_a_failure_without_a_row_is_shown_with_what_there_is() -> None:
    told = {key: failure("x")[key] for key in ("test", "phase", "at", "want", "got", "evidence")}
    shown = text_of(run_page(run_record(result=smoke(failures=[told | {"want": "", "got": ""}]))))

    assert "nothing was said" in shown
    assert "bin/invoke filter test_one" in shown
    assert "wanted" not in shown


def test_failed_rows_stand_first_and_those_of_high_severity_before_the_others() -> None:
    outcomes = {"a": ("passed", "normal"), "b": ("passed", "high"), "c": ("failed", "normal")}
    tests = {f"t.py::test_{name}": outcome for name, (outcome, _) in outcomes.items()}
    causes = {
        f"t.py::test_{name}": (f"cause {name}", severity)
        for name, (_, severity) in outcomes.items()
    }
    shown = text_of(run_page(run_record(result=smoke(tests=tests, failures=[]), causes=causes)))

    places = [shown.index(f"cause {name}") for name in "cba"]
    assert sorted(places) == places


def test_a_picture_of_a_failure_stands_with_it_and_the_others_stand_apart() -> None:
    record = run_record("red")
    page = run_page(record)

    assert 1 == page.count("What it showed")
    assert "the previous run" in text_of(page)
    assert "unchanged" in text_of(page)
    assert TEST == record.pictures[0].test


def test_what_was_cut_from_the_log_is_said() -> None:
    assert "1,234 characters before this are in pytest.log" in text_of(
        run_page(run_record(cut=1234))
    )
    assert "characters before this" not in text_of(run_page(run_record(cut=0)))


def test_an_unknown_tree_and_an_edited_one_are_said() -> None:
    assert "unknown tree" in text_of(run_page(run_record(result=smoke(dirty=None))))
    assert "and uncommitted changes" in text_of(run_page(run_record(result=smoke(dirty=True))))
    assert "uncommitted" not in text_of(run_page(run_record()))


def test_evidence_that_was_changed_is_said_and_not_hidden_in_a_fold() -> None:
    record = run_record(digests={"a.log": "1", "b.log": "2"}, changed=("b.log",))
    page = run_page(record)

    assert 1 == page.count("not what the run left</span>")
    assert "1 file not as the run left it: do not trust this page" in text_of(page)
    assert "do not trust" not in text_of(run_page(run_record(changed=())))


def test_a_precondition_that_failed_is_said() -> None:
    told = failure("x") | {"precondition": "publish"}

    assert "publish failed." in text_of(run_page(run_record(result=smoke(failures=[told]))))
