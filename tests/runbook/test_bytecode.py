"""Bytecode that no edit can get past, however quick."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

from runbook.bytecode import drop_stale_rewrites, refresh


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A module in a folder below ``tmp_path``."""
    file = tmp_path / "package" / "module.py"
    file.parent.mkdir()
    file.write_text("VALUE = 1\n", encoding="utf-8")
    return file


def cached(source: Path) -> Path:
    """Return where its bytecode is kept."""
    return Path(importlib.util.cache_from_source(str(source)))


def edit_unseen(source: Path) -> None:
    """Edit it so that neither its size nor its time tells."""
    before = source.stat()
    text = source.read_text(encoding="utf-8").replace("1", "2")
    source.write_text(text, encoding="utf-8")
    os.utime(source, ns=(before.st_atime_ns, before.st_mtime_ns))


def test_what_changed_is_compiled_and_nothing_else(source: Path, tmp_path: Path) -> None:
    assert [1, 0] == [refresh([tmp_path]) for _ in range(2)]

    edit_unseen(source)

    assert [1, 0] == [refresh([tmp_path]) for _ in range(2)]


def test_an_edit_that_time_and_size_do_not_show_is_what_is_run(
    source: Path, tmp_path: Path
) -> None:
    refresh([tmp_path])
    edit_unseen(source)

    command = [sys.executable, "-c", "import module; print(module.VALUE)"]
    done = subprocess.run(command, cwd=source.parent, capture_output=True, text=True, check=True)

    assert "2\n" == done.stdout


def test_bytecode_of_the_weaker_kind_or_broken_is_replaced(source: Path, tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-m", "compileall", "-q", str(tmp_path)], check=True)
    assert 1 == refresh([tmp_path])

    cached(source).write_bytes(b"torn")
    assert 1 == refresh([tmp_path])


def test_a_module_that_does_not_compile_is_left_to_whoever_imports_it(
    source: Path, tmp_path: Path
) -> None:
    source.write_text("def broken(:\n", encoding="utf-8")

    assert 0 == refresh([tmp_path])
    assert 0 == refresh([tmp_path / "gone"])
    assert not cached(source).exists()


def test_a_rewritten_test_is_dropped_once_its_source_has_changed(
    source: Path, tmp_path: Path
) -> None:
    record = tmp_path / "state" / "record.json"
    rewrite = source.parent / "__pycache__" / "module.cpython-311-pytest-9.2.0.pyc"
    other = source.parent / "__pycache__" / "module_two.cpython-311-pytest-9.2.0.pyc"
    rewrite.parent.mkdir()
    drop_stale_rewrites([tmp_path], record)
    rewrite.touch()
    other.touch()

    drop_stale_rewrites([tmp_path], record)
    assert rewrite.exists()

    edit_unseen(source)
    drop_stale_rewrites([tmp_path], record)

    assert not rewrite.exists()
    assert other.exists()


@pytest.mark.parametrize("content", [b"", b"\xff", b"[1]", b"null"])
def test_a_record_that_cannot_be_read_keeps_nothing(
    source: Path, tmp_path: Path, content: bytes
) -> None:
    record = tmp_path / "record.json"
    drop_stale_rewrites([tmp_path], record)
    rewrite = source.parent / "__pycache__" / "module.cpython-311-pytest-9.2.0.pyc"
    rewrite.parent.mkdir()
    rewrite.touch()
    record.write_bytes(content)

    drop_stale_rewrites([tmp_path], record)

    assert not rewrite.exists()
