"""Files are whole at any moment, and nothing that cannot be read is lost."""

from __future__ import annotations

import errno
import fcntl
import io
import logging
import os
import stat
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from dashgen.storage.atomic_file import (
    QUARANTINE_NAME,
    UnfitFileError,
    append_durably,
    ensure_directory,
    locked,
    read_regular,
    set_aside,
    write_atomically,
)

if TYPE_CHECKING:
    from collections.abc import Callable


class Disk:
    """Watches what is synced, and can fail at a chosen step."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.log: list[str] = []
        self.failing_call = 0
        self._fsync = os.fsync
        monkeypatch.setattr(os, "fsync", self.fsync)

    def fsync(self, descriptor: int) -> None:
        """Stands in for os.fsync."""
        self.log.append(self._name(descriptor))
        if len(self.log) == self.failing_call:
            raise OSError(errno.EIO, "input/output error")
        self._fsync(descriptor)

    @staticmethod
    def _name(descriptor: int) -> str:
        """The name of an open file: Linux links to it, macOS tells its path."""
        if sys.platform == "darwin":
            path = fcntl.fcntl(descriptor, fcntl.F_GETPATH, bytes(1024))
            return Path(os.fsdecode(path.rstrip(b"\0"))).name
        return Path(f"/proc/self/fd/{descriptor}").readlink().name


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Disk:
    return Disk(monkeypatch)


def test_write_replaces_all_bytes(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    write_atomically(path, b"first and longer")
    write_atomically(path, b"second")
    assert b"second" == path.read_bytes()
    assert [path] == list(tmp_path.iterdir())


def test_write_is_for_this_user_alone(tmp_path: Path) -> None:
    write_atomically(tmp_path / "a.json", b"x")
    assert 0o600 == (tmp_path / "a.json").stat().st_mode & 0o777


def test_write_syncs_the_bytes_before_the_name_and_the_name_before_it_returns(
    tmp_path: Path, disk: Disk
) -> None:
    write_atomically(tmp_path / "a.json", b"x")
    file, folder = disk.log
    assert file.startswith(".a.json.")
    assert folder == tmp_path.name


def test_write_gives_the_time_that_was_asked_for(tmp_path: Path) -> None:
    write_atomically(tmp_path / "a.json", b"x", mtime_ns=1_234_567_890_123_456_789)
    assert 1_234_567_890_123_456_789 == (tmp_path / "a.json").stat().st_mtime_ns


def test_a_failed_fsync_fails_the_write_once_and_leaves_the_old_bytes(
    tmp_path: Path, disk: Disk
) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(b"old")
    disk.failing_call = 1
    with pytest.raises(OSError, match="input/output"):
        write_atomically(path, b"new")
    assert b"old" == path.read_bytes()
    assert [path] == list(tmp_path.iterdir())
    assert 1 == len(disk.log)
    write_atomically(path, b"newer")
    assert b"newer" == path.read_bytes()


def test_a_failed_rename_leaves_no_temporary_file(tmp_path: Path) -> None:
    (tmp_path / "a.json").mkdir()
    with pytest.raises(OSError, match="directory"):
        write_atomically(tmp_path / "a.json", b"x")
    assert ["a.json"] == [path.name for path in tmp_path.iterdir()]


def test_append_adds_and_syncs(tmp_path: Path, disk: Disk) -> None:
    path = tmp_path / "log"
    path.write_bytes(b"one\n")
    append_durably(path, b"two\n", at=4)
    assert b"one\ntwo\n" == path.read_bytes()
    assert ["log"] == disk.log


def test_an_append_that_the_disk_takes_in_parts_is_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Stingy(io.FileIO):
        def write(self, data: Any) -> int:
            return super().write(data[:2])

    def open_stingy(path: Path, mode: str, *, opener: Any, **_: object) -> Stingy:
        return Stingy(path, mode, opener=opener)

    path = tmp_path / "log"
    path.write_bytes(b"one\n")
    monkeypatch.setattr("dashgen.storage.atomic_file.open", open_stingy, raising=False)
    append_durably(path, b"three\n", at=4)
    assert b"one\nthree\n" == path.read_bytes()


def test_a_failed_append_is_cut_back(tmp_path: Path, disk: Disk) -> None:
    path = tmp_path / "log"
    path.write_bytes(b"one\n")
    disk.failing_call = 1
    with pytest.raises(OSError, match="input/output"):
        append_durably(path, b"two\n", at=4)
    assert b"one\n" == path.read_bytes()


def test_ensure_directory_makes_parents_and_syncs_their_names(tmp_path: Path, disk: Disk) -> None:
    ensure_directory(tmp_path / "a" / "b")
    assert (tmp_path / "a" / "b").is_dir()
    assert [tmp_path.name, "a"] == disk.log
    ensure_directory(tmp_path / "a" / "b")
    assert 2 == len(disk.log)


def test_ensure_directory_lets_nobody_else_look_in(tmp_path: Path) -> None:
    ensure_directory(tmp_path / "a" / "b")
    modes = [stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("a", "a/b")]
    assert [0o700, 0o700] == modes


def test_read_gives_bytes_and_status(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"12345")
    data, status = read_regular(path, 5)
    assert b"12345" == data
    assert status.st_ino == path.stat().st_ino


def test_read_refuses_what_is_not_a_plain_small_file(tmp_path: Path) -> None:
    (tmp_path / "big").write_bytes(b"123456")
    (tmp_path / "folder").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "big")
    os.mkfifo(tmp_path / "pipe")
    for name in ("big", "folder", "link", "pipe", "big/below"):
        with pytest.raises(UnfitFileError):
            read_regular(tmp_path / name, 5)


def test_read_of_nothing_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read_regular(tmp_path / "none", 5)


def test_lock_admits_one_thread_at_a_time(tmp_path: Path) -> None:
    inside = 0
    most = 0
    gate = threading.Barrier(4)

    def work() -> None:
        nonlocal inside, most
        gate.wait()
        for _ in range(25):
            with locked(tmp_path / ".lock"):
                inside += 1
                most = max(most, inside)
                inside -= 1

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert 1 == most


def test_lock_on_a_removed_file_is_taken_again(tmp_path: Path) -> None:
    path = tmp_path / ".lock"
    waiting = threading.Event()
    got_it: list[bool] = []

    def wait_for_lock() -> None:
        waiting.set()
        with locked(path):
            got_it.append(path.exists())

    with locked(path):
        thread = threading.Thread(target=wait_for_lock)
        thread.start()
        waiting.wait()
        path.unlink()
    thread.join()
    assert [True] == got_it


def a_folder(path: Path) -> None:
    path.mkdir()
    (path / "inside").write_text("kept")


def a_link_to_nothing(path: Path) -> None:
    path.symlink_to("nowhere")


def a_link_to_a_file(path: Path) -> None:
    path.with_name("elsewhere").write_text("not ours")
    path.symlink_to("elsewhere")


@pytest.mark.parametrize("put", [a_folder, a_link_to_nothing, a_link_to_a_file])
def test_what_stands_where_a_lock_belongs_is_set_aside(
    tmp_path: Path, put: Callable[[Path], None], caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / ".lock"
    put(path)
    before = path.lstat()

    with caplog.at_level(logging.WARNING), locked(path):
        assert stat.S_ISREG(path.lstat().st_mode)

    (kept,) = (tmp_path / QUARANTINE_NAME).iterdir()
    assert os.path.samestat(before, kept.lstat())
    assert "is no lock file" in caplog.text


def test_a_lock_is_never_set_aside_by_those_who_saw_what_stood_there_before(tmp_path: Path) -> None:
    path = tmp_path / ".lock"
    inside = 0
    most = 0
    gate = threading.Barrier(6)

    def work() -> None:
        nonlocal inside, most
        gate.wait()
        with locked(path):
            inside += 1
            most = max(most, inside)
            time.sleep(0.001)  # for others to come in, if they could
            inside -= 1

    for _ in range(30):
        path.unlink(missing_ok=True)
        path.mkdir()
        threads = [threading.Thread(target=work) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert 1 == most
    assert 30 == len(list((tmp_path / QUARANTINE_NAME).iterdir()))


def test_a_lock_that_may_not_be_opened_is_not_set_aside(tmp_path: Path) -> None:
    path = tmp_path / "file" / ".lock"
    path.parent.write_text("no folder")

    with pytest.raises(NotADirectoryError), locked(path):
        pass

    assert "no folder" == path.parent.read_text()


def test_set_aside_keeps_the_bytes_and_says_so(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "odd\nname.json"
    path.write_bytes(b"\x00broken")
    with caplog.at_level(logging.WARNING):
        kept = set_aside(path, tmp_path / "aside", "is not JSON")
    assert not path.exists()
    assert tmp_path / "aside" == kept.parent
    assert b"\x00broken" == kept.read_bytes()
    (record,) = caplog.records
    assert "is not JSON" in record.getMessage()
    assert "\n" not in record.getMessage()


def test_set_aside_moves_a_link_and_not_its_target(tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.write_bytes(b"x")
    link = tmp_path / "link"
    link.symlink_to(target)
    kept = set_aside(link, tmp_path / "aside", "is a link")
    assert kept.is_symlink()
    assert b"x" == target.read_bytes()


def test_set_aside_takes_the_same_name_twice(tmp_path: Path) -> None:
    kept = set()
    for content in (b"1", b"2"):
        (tmp_path / "a").write_bytes(content)
        kept.add(set_aside(tmp_path / "a", tmp_path / "aside", "is broken").read_bytes())
    assert {b"1", b"2"} == kept
