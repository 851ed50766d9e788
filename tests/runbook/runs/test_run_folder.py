"""What a run leaves behind."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from runbook.errors import EnvironmentNotReady
from runbook.runs.run_folder import PROOFS, RunFolder, prune
from tests.runbook.support import Repository, engine_environment

if TYPE_CHECKING:
    from pathlib import Path


def test_every_run_has_a_folder_of_its_own(tmp_path: Path) -> None:
    made = [RunFolder.make(tmp_path / "state") for _ in range(5)]

    assert 5 == len({folder.path for folder in made})
    assert all(folder.path.parent == tmp_path / "state" / "runs" for folder in made)
    assert all(int(folder.id, 16) >= 0 for folder in made)


def test_a_name_that_is_taken_is_not_taken_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = iter(["aaaaaa", "aaaaaa", "bbbbbb"])
    monkeypatch.setattr("os.urandom", lambda _: bytes.fromhex(next(names)))

    assert ["aaaaaa", "bbbbbb"] == [RunFolder.make(tmp_path).id for _ in range(2)]


def test_no_project_has_to_ignore_what_is_left(tmp_path: Path) -> None:
    repository = Repository(tmp_path).init()

    RunFolder.make(tmp_path / ".runbook").write_result({})

    assert "" == repository.git("status", "--porcelain")


def test_a_place_that_cannot_be_had_is_said(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file in the way", encoding="utf-8")

    with pytest.raises(EnvironmentNotReady, match="no run can be kept in "):
        RunFolder.make(tmp_path / "state")


def test_events_come_back_in_order_without_what_is_torn(tmp_path: Path) -> None:
    folder = RunFolder.make(tmp_path)
    lines = [b'{"event": "start"}', b"\xff\x00", b"[1]", b'{"event": "finish"}', b'{"event": "fin']
    folder.events.write_bytes(b"\n".join(lines))

    assert ["start", "finish"] == [event["event"] for event in folder.read_events()]


def test_a_run_without_events_has_none(tmp_path: Path) -> None:
    assert [] == RunFolder.make(tmp_path).read_events()


def test_the_result_is_one_json_object(tmp_path: Path) -> None:
    folder = RunFolder.make(tmp_path)

    folder.write_result({"verdict": "green"})

    assert {"verdict": "green"} == json.loads(folder.result.read_bytes())
    assert folder.path / "result.json" == folder.result


def test_the_newest_finished_runs_are_kept_and_running_ones_left_alone(tmp_path: Path) -> None:
    finished = []
    for age in range(4):
        folder = RunFolder.make(tmp_path)
        folder.write_result({})
        os.utime(folder.result, ns=(0, 1_000_000_000 - age))
        finished.append(folder.path)
    running = RunFolder.make(tmp_path).path
    (tmp_path / "runs" / "a file").touch()

    prune(tmp_path, keep=2)

    assert [True, True, False, False] == [path.exists() for path in finished]
    assert running.exists()


def test_a_run_that_a_record_names_is_kept_whatever_its_age(tmp_path: Path) -> None:
    named, other = (RunFolder.make(tmp_path) for _ in range(2))
    for folder in (named, other):
        folder.write_result({})
    (tmp_path / PROOFS).mkdir()
    (tmp_path / PROOFS / "hub.json").write_text(json.dumps({"run": named.id}), encoding="utf-8")

    prune(tmp_path, keep=0)

    assert [named.path] == [*(tmp_path / "runs").iterdir()]


def test_a_run_that_was_killed_counts_from_when_it_was_begun(tmp_path: Path) -> None:
    imports = "from pathlib import Path; from runbook.runs.run_folder import RunFolder"
    make = f"{imports}; RunFolder.make(Path({str(tmp_path)!r}))"
    subprocess.run([sys.executable, "-c", make], env=engine_environment(), check=True)
    (killed,) = (tmp_path / "runs").iterdir()
    os.utime(killed, ns=(0, 1_000_000_000))
    newer = RunFolder.make(tmp_path)
    newer.write_result({})

    prune(tmp_path, keep=2)
    assert killed.exists()
    prune(tmp_path, keep=1)

    assert not killed.exists()
    assert newer.path.exists()
