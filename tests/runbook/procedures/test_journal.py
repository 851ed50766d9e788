"""What is kept of procedures: lines that survive a kill, and no more journals than anybody needs."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from runbook.json_files import read_lines
from runbook.procedures.journal import Done, Journal, append_line, person
from runbook.procedures.steps import Outcome, Plan, Step, make_plan

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

FIRST, SECOND = (Step(name, f"Do {name}.", f"do {name}") for name in ("first", "second"))


def a_plan(procedure: str = "paint") -> Plan:
    """Return a plan of two steps."""
    return make_plan(procedure, ("c" * 40, "d" * 40), {}, (FIRST, SECOND))


def test_what_has_begun_is_unknown_until_its_end_is_noted(tmp_path: Path) -> None:
    journal = Journal(tmp_path, a_plan())

    span = journal.begin(FIRST)
    assert {"first": Outcome.UNKNOWN} == Journal(tmp_path, a_plan()).read().outcomes

    journal.end(span, Done(facts={"by": "hand"}, is_last=True))
    ended = Journal(tmp_path, a_plan()).read()
    assert ({"first": Outcome.OK}, {"first": {"by": "hand"}}) == (ended.outcomes, ended.facts)
    assert ended.is_over


def test_the_first_step_begins_the_journal_anew_and_no_other_does(tmp_path: Path) -> None:
    journal = Journal(tmp_path, a_plan())
    for step in (FIRST, SECOND):
        journal.end(journal.begin(step), Done())
    assert ["first", "second"] == list(journal.read().outcomes)

    journal.begin(FIRST)

    assert {"first": Outcome.UNKNOWN} == journal.read().outcomes


def test_a_plan_has_a_journal_of_its_own_and_the_audit_is_of_all(tmp_path: Path) -> None:
    for procedure in ("paint", "varnish"):
        journal = Journal(tmp_path, a_plan(procedure))
        journal.end(journal.begin(FIRST), Done())

    assert {} == Journal(tmp_path, a_plan("sand")).read().outcomes
    audit = read_lines(tmp_path / "audit.jsonl")
    assert ["paint", "varnish"] == [line["procedure"] for line in audit]


def test_a_torn_line_costs_no_other_line(tmp_path: Path) -> None:
    file = tmp_path / "log.jsonl"
    append_line(file, {"n": 1})
    with file.open("ab") as log:
        log.write(b'{"n": 2')
    append_line(file, {"n": 3})
    assert [{"n": 1}, {"n": 3}] == read_lines(file)


def test_a_line_that_is_no_object_is_left_out(tmp_path: Path) -> None:
    file = tmp_path / "log.jsonl"
    file.write_text('[]\n{"n": 1}\n2\n', encoding="utf-8")
    assert [{"n": 1}] == read_lines(file)


def test_only_the_newest_journals_are_kept(tmp_path: Path) -> None:
    journals = tmp_path / "steps"
    journals.mkdir()
    for number in range(60):
        file = journals / f"{number}.jsonl"
        file.touch()
        os.utime(file, ns=(number, number))
    plan = a_plan()

    Journal(tmp_path, plan).begin(FIRST)

    kept = {file.stem for file in journals.glob("*.jsonl")} - {plan.digest[:16]}
    assert {str(number) for number in range(10, 60)} == kept


def test_a_user_without_a_name_has_a_number(monkeypatch: pytest.MonkeyPatch) -> None:
    def nameless() -> str:
        raise KeyError("getpwuid(): uid not found")

    monkeypatch.setattr("getpass.getuser", nameless)

    assert person().startswith("user ")
