"""The files of a project, and the copy that is worked in."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from runbook.errors import EnvironmentNotReady, UsageError
from runbook.source_copy import Source, read_source

if TYPE_CHECKING:
    from pathlib import Path

    from tests.runbook.support import Repository


def test_of_a_repository_what_git_ignores_is_left_out_and_what_is_not_committed_is_not(
    repository: Repository,
) -> None:
    repository.write(".gitignore", "*.log\n")
    repository.write("app.py", "1\n")
    repository.commit("it")
    repository.write("new.py", "2\n")
    repository.write("run.log", "3\n")
    (repository.root / "app.py").write_text("changed\n", encoding="utf-8")
    source = read_source(repository.root)
    assert (".gitignore", "app.py", "new.py") == source.files
    (repository.root / "app.py").unlink()
    assert (".gitignore", "new.py") == read_source(repository.root).files


def test_of_a_plain_folder_what_tools_leave_behind_is_left_out(tmp_path: Path) -> None:
    for name in ("app.py", "lib/a b.py", ".venv/x.py", "lib/__pycache__/a.pyc", "shop.egg-info/y"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name, encoding="utf-8")
    assert ("app.py", "lib/a b.py") == read_source(tmp_path).files


def test_the_digest_tells_names_contents_and_links_apart(tmp_path: Path) -> None:
    seen = set()
    for name, text in (("a", "1"), ("a", "2"), ("b", "2")):
        for old in tmp_path.iterdir():
            old.unlink()
        (tmp_path / name).write_text(text, encoding="utf-8")
        seen.add(read_source(tmp_path).digest)
    (tmp_path / "b").unlink()
    (tmp_path / "b").symlink_to("2")
    seen.add(read_source(tmp_path).digest)
    (tmp_path / "b").unlink()
    (tmp_path / "b").symlink_to("3")
    seen.add(read_source(tmp_path).digest)
    assert 5 == len(seen)


def test_the_copy_is_the_project_whatever_was_there(tmp_path: Path) -> None:
    root, target = tmp_path / "project", tmp_path / "copy"
    (root / "lib").mkdir(parents=True)
    (root / "lib" / "run").write_text("#!/bin/sh\n", encoding="utf-8")
    (root / "lib" / "run").chmod(0o755)
    (root / "link").symlink_to("lib/run")
    target.mkdir()
    (target / "left over").write_text("", encoding="utf-8")
    read_source(root).copy_to(target)
    names = sorted(str(path.relative_to(target)) for path in target.rglob("*"))
    assert ["lib", "lib/run", "link"] == names
    assert (target / "lib" / "run").stat().st_mode & 0o111
    assert (target / "link").is_symlink()


def test_links_are_copied_and_not_followed_and_pipes_are_left_out(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "gone").symlink_to("nowhere")
    os.mkfifo(tmp_path / "pipe")
    assert ("gone", "loop") == read_source(tmp_path).files


def test_a_file_that_cannot_be_read_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "secret").write_text("", encoding="utf-8")

    def refuse(place: Path) -> bytes:
        raise PermissionError(13, "Permission denied", str(place))

    monkeypatch.setattr("pathlib.Path.read_bytes", refuse)
    with pytest.raises(UsageError, match="secret: Permission denied"):
        read_source(tmp_path)


def test_a_copy_that_cannot_be_made_is_the_machines_fault(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(EnvironmentNotReady, match="could not be copied"):
        Source(tmp_path, ("file",), "").copy_to(tmp_path / "file" / "below")
