"""Atomic writes: the old bytes or the new, and nothing beside them."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from runbook.atomic import write_atomically

if TYPE_CHECKING:
    from pathlib import Path


def test_a_file_is_made_and_replaced(tmp_path: Path) -> None:
    file = tmp_path / "file"

    write_atomically(file, b"old", mode=0o600)
    write_atomically(file, b"new", mode=0o600)

    assert b"new" == file.read_bytes()
    assert 0o600 == file.stat().st_mode & 0o777
    assert [file] == list(tmp_path.iterdir())


def test_a_link_is_replaced_and_not_followed(tmp_path: Path) -> None:
    (tmp_path / "target").write_bytes(b"kept")
    (tmp_path / "link").symlink_to("target")

    write_atomically(tmp_path / "link", b"new")

    assert b"kept" == (tmp_path / "target").read_bytes()
    assert not (tmp_path / "link").is_symlink()


@pytest.mark.parametrize("call", ["fsync", "replace"])
def test_a_failure_leaves_the_old_bytes_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    file = tmp_path / "file"
    write_atomically(file, b"old")

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as broken:
        broken.setattr(os, call, fail)
        with pytest.raises(OSError, match="No space"):
            write_atomically(file, b"new")

    assert b"old" == file.read_bytes()
    assert [file] == list(tmp_path.iterdir())


def test_nothing_that_was_opened_stays_open(tmp_path: Path) -> None:
    before = lowest_free_descriptor()

    write_atomically(tmp_path / "file", b"new")

    assert before == lowest_free_descriptor()


def lowest_free_descriptor() -> int:
    descriptor = os.open(os.devnull, os.O_RDONLY)
    os.close(descriptor)
    return descriptor
