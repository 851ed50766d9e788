"""Incident records."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from runbook.errors import EnvironmentNotReady
from runbook.incidents import Incidents, Status

if TYPE_CHECKING:
    from pathlib import Path

ROW: dict[str, Any] = {
    "test": "tests/t.py::test_a", "severity": "high", "cause": "it leaks",
    "at": "t.py:1", "want": "1", "got": "2", "suspects": ["a.py"],
}  # fmt: skip
HEAD = "a" * 40


@pytest.fixture
def incidents(tmp_path: Path) -> Incidents:
    """No incident yet."""
    return Incidents(tmp_path / ".runbook")


def test_a_record_is_read_as_it_was_written(incidents: Incidents) -> None:
    opened = incidents.open(HEAD, (ROW,), "high")
    changed = incidents.write(opened, "found", evidence=("x",), next=("do it",), reason="none")
    assert [changed] == incidents.read()
    assert ["the smoke is red", "found"] == [what for _, what in changed.timeline]
    for_people = incidents.folder / f"{opened.id}.md"
    assert changed.as_text() == for_people.read_text(encoding="utf-8")


def test_the_same_trouble_again_is_the_same_record(incidents: Incidents) -> None:
    first = incidents.open(HEAD, (ROW,), "high")
    again = incidents.open(HEAD, (ROW,), "high")
    assert (first.id, first.opened) == (again.id, again.opened)
    assert 2 == len(again.timeline)
    incidents.open("b" * 40, (ROW,), "high")
    assert 2 == len(incidents.read())


def test_what_is_green_again_is_resolved_once(incidents: Incidents) -> None:
    incidents.open(HEAD, (ROW,), "high")
    assert [Status.RESOLVED] == [each.status for each in incidents.resolve("b" * 40)]
    assert [] == incidents.resolve("b" * 40)


def test_what_was_not_smoked_stays_open(incidents: Incidents) -> None:
    other = ROW | {"test": "tests/t.py::test_b[chromium]"}
    incidents.open(HEAD, (other, ROW), "high")

    assert [] == incidents.resolve("b" * 40, unseen={"tests/t.py::test_b"})

    assert 1 == len(incidents.resolve("b" * 40, unseen={"tests/t.py::test_c"}))


def test_what_is_red_in_another_branch_stays_open(incidents: Incidents) -> None:
    incidents.open(HEAD, (ROW,), "high")

    assert [] == incidents.resolve("b" * 40, lives_elsewhere=HEAD.__eq__)

    assert 1 == len(incidents.resolve("b" * 40, lives_elsewhere="c".__eq__))


def test_a_person_reads_rows_culprit_revert_and_what_to_do(incidents: Incidents) -> None:
    search = {
        "verdict": "found", "probability": 0.991, "runs": 7,
        "culprit": {"sha": "c" * 40, "subject": "go", "author": "Ada", "date": "d", "files": ["a.py"]},
        "candidates": [{"sha": "c" * 40, "probability": 0.991}],
    }  # fmt: skip
    revert = {"branch": "revert/c", "commit": "d" * 40, "smoke": ["fast green"], "still_red": []}
    opened = incidents.open(HEAD, (ROW,), "high")
    text = incidents.write(opened, "done", search=search, revert=revert, next=("merge",)).as_text()
    for line in (
        "- `tests/t.py::test_a` (high): it leaks",
        "- verdict found, 99.1% sure, 7 runs",
        "- branch `revert/c`, commit `dddddddddd`",
        "    merge",
    ):
        assert line in text.splitlines()
    assert "go" == incidents.read()[0].as_json()["culprit"]["subject"]


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"{}", b'{"schema": "incident/2"}'])
def test_a_file_that_is_no_record_is_left_out(incidents: Incidents, content: bytes) -> None:
    incidents.folder.mkdir(parents=True)
    (incidents.folder / "x.json").write_bytes(content)
    assert [] == incidents.read()


def test_a_record_that_cannot_be_written_is_said(incidents: Incidents, tmp_path: Path) -> None:
    (tmp_path / ".runbook").write_text("in the way", encoding="utf-8")
    with pytest.raises(EnvironmentNotReady, match="cannot be written"):
        incidents.open(HEAD, (ROW,), "high")
