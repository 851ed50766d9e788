"""What searches remember."""

from __future__ import annotations

import errno
import os
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from runbook.culprit.probes.memory import Memory
from runbook.culprit.probes.probing import Job, ProbeResult, Word
from runbook.culprit.probes.worktrees import OverlayFile
from runbook.errors import EnvironmentNotReady

if TYPE_CHECKING:
    from pathlib import Path

FAIL = ProbeResult(
    "a" * 40, Word.FAIL, 1.5, "exit status 1: \u20ac\n", frozenset({"error:ValueError"})
)


def test_what_is_added_is_recalled_as_remembered(tmp_path: Path) -> None:
    Memory(tmp_path / "not yet", Job("x")).add("tree", FAIL, at=100)
    recalled = Memory(tmp_path / "not yet", Job("x")).recall(since=50)
    assert {"tree"} == recalled.keys()
    (result,) = recalled["tree"]
    assert (True, FAIL.fingerprint, FAIL.why) == (result.remembered, result.fingerprint, result.why)


def test_what_is_too_old_is_forgotten(tmp_path: Path) -> None:
    Memory(tmp_path, Job("x")).add("tree", FAIL, at=100)
    assert {} == Memory(tmp_path, Job("x")).recall(since=101)


@pytest.mark.parametrize(
    "job",
    [
        Job("y"),
        Job("x", setup="s"),
        Job("x", folder="below"),
        Job("x", overlay=(OverlayFile("a", b"b"),)),
    ],
)
def test_another_job_has_another_memory(tmp_path: Path, job: Job) -> None:
    Memory(tmp_path, Job("x")).add("tree", FAIL, at=100)
    assert {} == Memory(tmp_path, job).recall(since=0)


@pytest.mark.parametrize(
    "today",
    [OverlayFile("a", b"today"), OverlayFile("b", b"yesterday"), OverlayFile("a", None)],
    ids=["content", "name", "a folder"],
)
def test_what_is_laid_over_the_trees_is_told_apart(tmp_path: Path, today: OverlayFile) -> None:
    of_yesterday, of_today = (
        Memory(tmp_path, Job("x", overlay=(file,)))
        for file in (OverlayFile("a", b"yesterday"), today)
    )
    of_yesterday.add("tree", FAIL, at=100)
    assert {} == of_today.recall(since=0)


def test_what_was_remembered_is_not_kept_once_more(tmp_path: Path) -> None:
    memory = Memory(tmp_path, Job("x"))
    memory.add("tree", FAIL, at=100)
    (result,) = memory.recall(since=0)["tree"]
    memory.add("tree", result, at=200)
    assert [result] == memory.recall(since=0)["tree"]


def test_what_a_fresh_search_does_not_believe_nobody_believes_after_it(tmp_path: Path) -> None:
    memory = Memory(tmp_path, Job("x"))
    memory.add("tree", FAIL, at=100)
    memory.forget()
    assert {} == memory.recall(since=0)
    memory.add("tree", replace(FAIL, why="anew"), at=200)
    assert ["anew"] == [each.why for each in memory.recall(since=0)["tree"]]


@pytest.mark.parametrize("word", [Word.ERROR, Word.CANCELLED])
def test_what_is_no_outcome_is_not_kept(tmp_path: Path, word: Word) -> None:
    Memory(tmp_path, Job("x")).add("tree", ProbeResult("a", word, 0), at=1)
    assert {} == Memory(tmp_path, Job("x")).recall(since=0)


@pytest.mark.parametrize("lost", [1, 20])
def test_a_torn_line_is_left_out(tmp_path: Path, lost: int) -> None:
    """One that lacks its end alone, too: the next would be written behind it, and neither be read."""
    memory = Memory(tmp_path, Job("x"))
    memory.add("one", FAIL, at=1)
    memory.add("two", FAIL, at=1)
    (file,) = tmp_path.iterdir()
    file.write_bytes(file.read_bytes()[:-lost])
    assert {"one"} == memory.recall(since=0).keys()


@pytest.mark.parametrize("nonsense", [b"\xff\xfe\n", b"[]\n", b'{"tree": 1}\n', b"\0\0\n"])
def test_what_is_no_entry_is_left_out(tmp_path: Path, nonsense: bytes) -> None:
    memory = Memory(tmp_path, Job("x"))
    memory.add("one", FAIL, at=1)
    (file,) = tmp_path.iterdir()
    file.write_bytes(nonsense + file.read_bytes())
    assert {"one"} == memory.recall(since=0).keys()


@pytest.mark.parametrize("number", [errno.EACCES, errno.EROFS])
def test_what_may_only_be_read_is_searched_without_a_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr("pathlib.Path.mkdir", refuse)
    monkeypatch.setattr("pathlib.Path.read_text", refuse)
    memory = Memory(tmp_path / "not ours", Job("x"))
    memory.add("tree", FAIL, at=1)
    assert {} == memory.recall(since=0)


def test_a_log_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(EnvironmentNotReady, match="cannot be written"):
        Memory(tmp_path / "file", Job("x")).add("tree", FAIL, at=1)
