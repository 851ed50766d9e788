"""What the smokes that are kept say of one row."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from runbook.culprit.core.earlier import Tally
from runbook.culprit.row_history import RowRun, read_row_runs, tallies

if TYPE_CHECKING:
    from pathlib import Path

ROW = "tests/test_a.py::test_a"


def keep(state: Path, name: str, **result: Any) -> None:
    folder = state / "runs" / name
    folder.mkdir(parents=True)
    (folder / "result.json").write_text(json.dumps(result), encoding="utf-8")


def test_each_run_tells_how_the_row_ended(tmp_path: Path) -> None:
    keep(tmp_path, "1", commit="c1", tree="t1", tests={ROW: "passed", "another": "failed"})
    keep(tmp_path, "2", commit="c1", tree="t2", tests={ROW: "failed"})

    runs = read_row_runs(tmp_path, ROW)

    assert [RowRun("c1", "t1", passed=True), RowRun("c1", "t2", passed=False)] == [*runs]


def test_a_row_that_did_not_run_has_no_history(tmp_path: Path) -> None:
    keep(tmp_path, "1", commit="c1", tree="t1", tests={ROW: "missing"})
    keep(tmp_path, "2", commit="c1", tree="t1", tests={ROW: "skipped"})
    keep(tmp_path, "3", commit="c1", tree="t1", tests={})

    assert [] == [*read_row_runs(tmp_path, ROW)]


def test_what_is_no_result_of_a_run_is_passed_over(tmp_path: Path) -> None:
    keep(tmp_path, "1", commit="c1", tree=None, tests={ROW: "passed"})
    keep(tmp_path, "2", commit="c1", tree="t1", tests=[ROW])
    keep(tmp_path, "3", commit="", tree="t1", tests={ROW: "passed"})
    keep(tmp_path, "4", commit="c1", tree="t1", tests={ROW: ["passed"]})
    (tmp_path / "runs" / "5").mkdir()
    (tmp_path / "runs" / "6").mkdir()
    (tmp_path / "runs" / "6" / "result.json").write_text("torn", encoding="utf-8")

    assert [] == [*read_row_runs(tmp_path, ROW)]
    assert [] == [*read_row_runs(tmp_path / "none", ROW)]


def test_runs_of_one_state_of_the_source_are_counted_together() -> None:
    runs = [
        RowRun("c1", "t1", passed=True),
        RowRun("c1", "t1", passed=False),
        RowRun("c2", "t1", passed=True),
        RowRun("c2", "t2", passed=True),
    ]

    assert (Tally(2, 1), Tally(1, 0)) == tallies(runs, {"c1", "c2"})


def test_what_was_made_at_another_commit_is_left_out() -> None:
    runs = [RowRun("c1", "t1", passed=True), RowRun("c2", "t1", passed=False)]

    assert (Tally(1, 0),) == tallies(runs, {"c1"})
    assert () == tallies(runs, set())
