"""Incidents on the dashboard: those that are not over, as the engine writes them."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import pytest

from dashgen.incidents import MAX_SHOWN, Incident, read_incidents
from runbook.incidents import Incidents

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

ROW = {"test": "test_one", "severity": "high", "cause": "it broke"}
HEAD = "c" * 40
RECORD = {
    "schema": "incident/1",
    "id": "20261122-ccccccc-test_one",
    "opened": 1_800_000_000.0,
    "severity": "high",
    "status": "open",
    "rows": [ROW],
    "culprit": {"sha": "d" * 40, "subject": "break it", "author": "Ada"},
    "next": ["bin/invoke rollback", "git log"],
}


def written(folder: Path, name: str = "one", **changes: object) -> None:
    folder.mkdir(exist_ok=True)
    (folder / f"{name}.json").write_text(json.dumps(RECORD | changes), encoding="utf-8")


def test_what_the_engine_writes_is_understood(tmp_path: Path) -> None:
    made = Incidents(tmp_path).open(HEAD, (ROW,), "high")

    (seen,) = read_incidents(tmp_path / "incidents")

    assert (made.id, "open", made.opened, "high", ["test_one"], "") == (
        *(seen.id, seen.state, seen.opened_at),
        *(seen.severity, seen.rows, seen.culprit),
    )


def test_what_is_over_is_not_shown(tmp_path: Path) -> None:
    records = Incidents(tmp_path)
    records.open(HEAD, (ROW,), "high")
    records.resolve(HEAD)

    assert [] == read_incidents(tmp_path / "incidents")


def test_an_operator_is_told_who_and_what_next(tmp_path: Path) -> None:
    written(tmp_path)

    expected = Incident(
        id="20261122-ccccccc-test_one",
        state="open",
        opened_at=1_800_000_000.0,
        severity="high",
        rows=["test_one"],
        culprit=f"{'d' * 10} break it",
        next="bin/invoke rollback",
    )
    assert [expected] == read_incidents(tmp_path)


def test_the_newest_come_first_and_there_is_an_end(tmp_path: Path) -> None:
    for number in range(MAX_SHOWN + 5):
        written(tmp_path, str(number), id=str(number), opened=float(number))

    shown = [incident.id for incident in read_incidents(tmp_path)]

    assert [str(number) for number in range(MAX_SHOWN + 4, 4, -1)] == shown


def broken(data: bytes) -> Callable[[Path], object]:
    return lambda path: path.write_bytes(data)


@pytest.mark.parametrize(
    "doubt",
    [
        broken(b""),
        broken(b"[]"),
        broken(b'{"schema": "incident/1"}'),
        broken(json.dumps(RECORD | {"schema": "incident/2"}).encode()),
        broken(b"[" * 100_000),
        broken(b" " * 600_000),
        os.mkfifo,
        lambda path: path.symlink_to("one.json"),
    ],
    ids=["empty", "a list", "no fields", "another schema", "deep", "too big", "a pipe", "a link"],
)
def test_what_cannot_be_read_is_left_out(tmp_path: Path, doubt: Callable[[Path], object]) -> None:
    written(tmp_path)
    doubt(tmp_path / "two.json")

    assert 1 == len(read_incidents(tmp_path))


def test_no_folder_is_no_incident(tmp_path: Path) -> None:
    assert [] == read_incidents(tmp_path / "gone")
