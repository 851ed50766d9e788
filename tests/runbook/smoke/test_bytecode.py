"""Bytecode that no edit can get past, however quick."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

from runbook.smoke.bytecode import drop_stale_rewrites, refresh


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


def run(source: Path) -> str:
    """Import it in a process of its own; return its value."""
    command = [sys.executable, "-c", f"import {source.stem}; print({source.stem}.VALUE)"]
    done = subprocess.run(command, cwd=source.parent, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_what_is_there_is_compiled_once(source: Path, tmp_path: Path) -> None:
    assert [1, 0] == [refresh([tmp_path]) for _ in range(2)]
    assert cached(source).read_bytes()[4:8] == (0b11).to_bytes(4, "little")

    other = source.with_name("other.py")
    other.write_text("VALUE = 3\n", encoding="utf-8")

    assert [1, 0] == [refresh([tmp_path]) for _ in range(2)]


def test_an_edit_that_time_and_size_do_not_show_is_what_is_run(
    source: Path, tmp_path: Path
) -> None:
    refresh([tmp_path])
    assert "1" == run(source)
    edit_unseen(source)
    assert "2" == run(source)

    refresh([tmp_path])

    assert "2" == run(source)


@pytest.mark.parametrize("mode", ["timestamp", "unchecked-hash"])
def test_bytecode_of_a_weaker_kind_or_broken_is_replaced(
    source: Path, tmp_path: Path, mode: str
) -> None:
    weaker = [sys.executable, "-m", "compileall", "-q", "--invalidation-mode", mode]
    subprocess.run([*weaker, str(tmp_path)], check=True)
    edit_unseen(source)
    assert "1" == run(source), "it would show nothing"
    assert 1 == refresh([tmp_path])
    assert "2" == run(source)

    cached(source).write_bytes(b"torn")
    assert 1 == refresh([tmp_path])


def test_a_module_that_does_not_compile_is_left_to_whoever_imports_it(
    source: Path, tmp_path: Path
) -> None:
    source.write_text("def broken(:\n", encoding="utf-8")

    assert 0 == refresh([tmp_path])
    assert 0 == refresh([tmp_path / "gone"])
    assert not cached(source).exists()


@pytest.fixture
def test_module(source: Path) -> Path:
    """A test, which pytest rewrites, beside a module, which it may rewrite."""
    return source.rename(source.with_name("test_module.py"))


def rewrite_of(source: Path) -> Path:
    """Make what pytest would keep of it."""
    kept = source.parent / "__pycache__" / f"{source.stem}.cpython-311-pytest-9.2.0.pyc"
    kept.parent.mkdir(exist_ok=True)
    kept.touch()
    return kept


def test_a_rewritten_test_is_dropped_once_its_source_has_changed(
    test_module: Path, tmp_path: Path
) -> None:
    record = tmp_path / "state" / "record.json"
    drop_stale_rewrites([tmp_path], record)
    rewrite = rewrite_of(test_module)
    other = rewrite_of(test_module.with_name("test_gone.py"))

    drop_stale_rewrites([tmp_path], record)
    assert rewrite.exists()

    edit_unseen(test_module)
    drop_stale_rewrites([tmp_path], record)

    assert not rewrite.exists()
    assert other.exists()


def test_a_rewritten_plugin_is_kept_only_once_it_is_known(source: Path, tmp_path: Path) -> None:
    record = tmp_path / "record.json"
    drop_stale_rewrites([tmp_path], record)
    rewrite = rewrite_of(source)

    drop_stale_rewrites([tmp_path], record)
    assert not rewrite.exists(), "nobody knows of which source it was made"

    rewrite = rewrite_of(source)
    drop_stale_rewrites([tmp_path], record)
    assert rewrite.exists()

    edit_unseen(source)
    drop_stale_rewrites([tmp_path], record)
    assert not rewrite.exists()


@pytest.mark.parametrize("content", [b"", b"\xff", b"[1]", b"null"])
def test_a_record_that_cannot_be_read_keeps_nothing(
    test_module: Path, tmp_path: Path, content: bytes
) -> None:
    record = tmp_path / "record.json"
    drop_stale_rewrites([tmp_path], record)
    rewrite = rewrite_of(test_module)
    record.write_bytes(content)

    drop_stale_rewrites([tmp_path], record)

    assert not rewrite.exists()
