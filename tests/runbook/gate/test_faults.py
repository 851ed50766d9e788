"""Whether the faults of the high rows show that a smoke would notice."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from runbook.gate.faults import SCHEMA, high_rows, read_proofs, unproved
from runbook.rows import Row, Severity

if TYPE_CHECKING:
    from pathlib import Path

KILLED = {"row": "test_a", "name": "cut", "killed": True}


def test_the_faults_of_the_high_rows_are_asked_for_each_row_once() -> None:
    rows = [
        Row(name, file, 1, severity, "It broke.", ())
        for name, file, severity in (
            ("test_b", "tests/test_one.py", Severity.HIGH),
            ("test_a", "tests/test_one.py", Severity.NORMAL),
            ("test_c", "tests/test_one.py", Severity.HIGH),
            ("test_b", "tests/test_two.py", Severity.HIGH),
        )
    ]
    assert ["test_b", "test_c"] == high_rows(rows)


def test_a_row_is_proved_when_every_fault_of_its_own_turns_it_red() -> None:
    assert [] == unproved(["test_a"], [KILLED, {**KILLED, "name": "bent"}])


@pytest.mark.parametrize("killed", [False, None, 1, "true"])
def test_a_fault_counts_only_when_it_was_plainly_noticed(killed: object) -> None:
    reasons = unproved(["test_a"], [KILLED, {**KILLED, "name": "bent", "killed": killed}])
    assert ["test_a stays green with its fault bent"] == reasons


def test_a_row_without_a_fault_is_unproved_and_faults_of_other_rows_do_not_count() -> None:
    assert ["test_b has no fault that proves it"] == unproved(["test_a", "test_b"], [KILLED])
    assert [] == unproved(["test_a"], [KILLED, {"row": "test_c", "name": "x", "killed": False}])


@pytest.mark.parametrize(
    "said", ["", "[]", "{}", '{"schema": "prove/0", "proofs": []}', '{"schema": "prove/1"}']
)
def test_what_cannot_be_read_proves_nothing(tmp_path: Path, said: str) -> None:
    file = tmp_path / "proofs.json"
    assert read_proofs(file) is None
    file.write_text(said, encoding="utf-8")
    assert read_proofs(file) is None


def test_what_was_written_is_read(tmp_path: Path) -> None:
    file = tmp_path / "proofs.json"
    file.write_text(json.dumps({"schema": SCHEMA, "proofs": [KILLED]}), encoding="utf-8")
    assert [KILLED] == read_proofs(file)
