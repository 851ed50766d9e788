"""Disposable trees."""

from __future__ import annotations

import fcntl
import os
import subprocess
import tempfile
from typing import TYPE_CHECKING

import pytest

from runbook.culprit.probes.worktrees import (
    OverlayFile,
    TemporaryFolder,
    Worktree,
    read_overlay,
    sweep,
)
from runbook.errors import EnvironmentNotReady
from runbook.runs.source_state import INDEX_PREFIX

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.runbook.culprit.conftest import History


@pytest.fixture
def tree(history: History, tmp_path: Path) -> Worktree:
    link = tmp_path / "link"
    link.symlink_to(history.root)
    return Worktree(tmp_path / "place", link)


def test_a_tree_is_exactly_what_the_commit_holds(history: History, tree: Worktree) -> None:
    tree.prepare(history.git("rev-parse", "main"), ())
    assert "bad\n" == (tree.path / "state").read_text(encoding="utf-8").replace("bad\n\n", "bad\n")
    (tree.path / "junk").write_text("x", encoding="utf-8")
    (tree.path / "state").write_text("changed", encoding="utf-8")
    (tree.scratch / "junk").write_text("x", encoding="utf-8")
    tree.prepare(history.git("rev-parse", "main~20"), ())
    assert {".git", "number", "state"} == {each.name for each in tree.path.iterdir()}
    assert "good" == (tree.path / "state").read_text(encoding="utf-8").strip()
    assert [] == list(tree.scratch.iterdir())


def test_what_git_ignores_and_repositories_of_the_command_are_cleaned_away(
    history: History, tree: Worktree
) -> None:
    """They would be there for the next commit."""
    history.write(".gitignore", "cache\n")
    sha = history.commit("what is ignored")
    tree.prepare(sha)
    (tree.path / "cache").write_text("x", encoding="utf-8")
    history.git("init", "--quiet", str(tree.path / "cloned"))
    tree.prepare(sha)
    assert {".git", ".gitignore", "number", "state"} == {each.name for each in tree.path.iterdir()}


def test_a_tree_that_the_command_broke_is_made_anew(history: History, tree: Worktree) -> None:
    sha = history.git("rev-parse", "main")
    tree.prepare(sha, ())
    (tree.path / ".git" / "HEAD").write_text("nonsense", encoding="utf-8")
    tree.prepare(sha, ())
    assert (tree.path / "state").exists()


@pytest.mark.parametrize(
    "spoils",
    [
        "git tag of-the-command",
        "git checkout --quiet -b of-the-command",
        "echo z > state && git -c user.name=a -c user.email=b stash --quiet",
        "git config core.autocrlf true",
        "mkdir -p .git/info && echo 'state eol=crlf' > .git/info/attributes",
        "git sparse-checkout set --no-cone number",
        "git update-index --skip-worktree state && echo z > state",
        "git update-index --assume-unchanged state && echo z > state",
        "git replace HEAD HEAD~1",
    ],
)
def test_what_a_command_tells_git_is_not_told_to_the_next(
    history: History, tree: Worktree, spoils: str
) -> None:
    sha = history.git("rev-parse", "main")
    tree.prepare(sha)
    subprocess.run(["sh", "-ec", spoils], cwd=tree.path, check=True)
    tree.prepare(sha)
    seen = (tree.path / "state").read_bytes(), history.git("-C", str(tree.path), "stash", "list")
    assert (b"bad\n", "") == seen
    assert [] == [
        name
        for name in history.git("-C", str(tree.path), "for-each-ref").split()
        if "of-the-command" in name or "replace" in name
    ]


def test_a_clone_that_git_was_only_asked_in_is_kept(history: History, tree: Worktree) -> None:
    """A new one would have all its files written once more."""
    sha = history.git("rev-parse", "main")
    tree.prepare(sha)
    clone = (tree.path / ".git").stat().st_ino
    (tree.path / "state").write_text("changed", encoding="utf-8")
    history.git("-C", str(tree.path), "status")
    history.git("-C", str(tree.path), "commit-tree", "-m", "x", f"{sha}^{{tree}}")
    tree.prepare(history.git("rev-parse", "main~20"))
    tree.prepare(sha)
    assert clone == (tree.path / ".git").stat().st_ino


def test_files_are_written_as_the_attributes_of_their_commit_say(
    history: History, tree: Worktree
) -> None:
    """A checkout writes no file that is the same in both commits, whatever has become of how it is to be written."""
    plain = history.git("rev-parse", "main")
    history.write("below/.gitattributes", "")
    history.write("below/text", "one line\n")
    lines = history.commit("a text")
    history.write("below/.gitattributes", "text text eol=crlf\n")
    carriage_returns = history.commit("for another system")
    seen = []
    for sha in (lines, carriage_returns, plain, lines):
        tree.prepare(sha)
        text = tree.path / "below" / "text"
        seen.append(text.read_bytes() if text.exists() else b"")
    assert [b"one line\n", b"one line\r\n", b"", b"one line\n"] == seen


@pytest.mark.parametrize(
    "leads",
    [
        'rm -rf .git && ln -s "$1/.git" .git',
        'rm -rf "$PWD" && ln -s "$1" "$PWD"',
        'git config core.worktree "$1"',
    ],
    ids=["its .git is a link", "it is a link", "its files are elsewhere"],
)
def test_a_tree_that_leads_to_the_users_own_is_not_followed(
    history: History, tree: Worktree, leads: str
) -> None:
    (history.root / "not tracked").write_text("mine", encoding="utf-8")
    tree.prepare(history.git("rev-parse", "main~1"))
    subprocess.run(["sh", "-ec", leads, "sh", str(history.root)], cwd=tree.path, check=True)
    before = history.snapshot()
    tree.prepare(history.git("rev-parse", "main"))
    assert before == history.snapshot()
    assert not tree.path.is_symlink()


def test_what_a_partial_clone_lacks_is_fetched_into_the_tree(
    history: History, tmp_path: Path
) -> None:
    history.git("config", "uploadpack.allowFilter", "true")
    history.git("config", "uploadpack.allowAnySHA1InWant", "true")
    partial = tmp_path / "partial"
    history.git("clone", "--quiet", "--filter=blob:none", history.root.as_uri(), str(partial))
    objects = sorted((partial / ".git" / "objects").rglob("*"))
    tree = Worktree(tmp_path / "place", partial / ".git")
    tree.prepare(history.git("rev-parse", "main~20"))
    assert "0" == (tree.path / "number").read_text(encoding="utf-8").strip()
    assert objects == sorted((partial / ".git" / "objects").rglob("*"))


def test_an_unknown_commit_is_an_error_of_the_environment(tree: Worktree) -> None:
    with pytest.raises(EnvironmentNotReady):
        tree.prepare("1" * 40, ())


def test_the_overlay_replaces_what_the_tree_has(history: History, tree: Worktree) -> None:
    files = (
        OverlayFile("state", b"laid over"),
        OverlayFile("new folder/run it", b"#!/bin/sh", is_executable=True),
    )
    tree.prepare(history.git("rev-parse", "main"), files)
    assert b"laid over" == (tree.path / "state").read_bytes()
    assert os.access(tree.path / "new folder" / "run it", os.X_OK)


def test_the_overlay_takes_the_place_of_a_link_and_not_of_what_it_leads_to(
    history: History, tree: Worktree
) -> None:
    (history.root / "link").symlink_to("state")
    linked = history.commit("a link")
    tree.prepare(linked, (OverlayFile("link", b"laid over"),))
    assert b"laid over" == (tree.path / "link").read_bytes()
    assert "bad" == (tree.path / "state").read_text(encoding="utf-8").strip()


def test_a_folder_of_today_holds_nothing_that_is_gone_and_takes_the_place_of_a_file(
    history: History, tree: Worktree
) -> None:
    history.write("tests/conftest", "of then")
    history.write("tests/deep/helper", "of then")
    shas = [history.commit("tests of then")]
    history.git("rm", "--quiet", "-r", "tests")
    history.write("tests", "a file")
    shas.append(history.commit("no folder"))
    history.git("rm", "--quiet", "tests")
    history.write("tests/test it", "of today")
    for sha in shas:
        tree.prepare(sha, read_overlay(history.root, ["tests"]))
        assert [tree.path / "tests" / "test it"] == list((tree.path / "tests").rglob("*"))


def test_a_temporary_folder_is_its_owners_alone() -> None:
    folder = TemporaryFolder()
    mode = folder.path.stat().st_mode
    folder.close()
    assert 0o700 == mode & 0o777


def test_the_overlay_follows_no_link_out_of_the_tree(
    history: History, tree: Worktree, tmp_path: Path
) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (history.root / "tests").symlink_to(outside)
    sha = history.commit("a link")
    with pytest.raises(EnvironmentNotReady, match="leads out"):
        tree.prepare(sha, (OverlayFile("tests/test_it", b"x"),))
    assert [] == list(outside.iterdir())


def test_files_and_folders_of_today_are_read(history: History) -> None:
    history.write("tests/test a", "1")
    history.write("tests/__pycache__/junk", "2")
    history.write("conftest", "3").chmod(0o755)
    files = read_overlay(history.root, ["tests", "conftest"])
    assert [("tests", None, False), ("tests/test a", b"1", False), ("conftest", b"3", True)] == [
        (each.path, each.content, each.is_executable) for each in files
    ]


def test_a_whole_tree_of_today_leaves_the_clone_in_place(history: History, tree: Worktree) -> None:
    today = read_overlay(history.root, ["."])
    tree.prepare(history.git("rev-parse", "main~20"), today)
    assert ["number", "state"] == [file.path for file in today]
    assert "bad" == (tree.path / "state").read_text(encoding="utf-8").strip()
    assert (tree.path / ".git").is_dir()


@pytest.mark.parametrize("path", ["nothing", "..", "/etc/passwd"])
def test_an_overlay_from_elsewhere_is_refused(history: History, path: str) -> None:
    with pytest.raises(EnvironmentNotReady, match="is not in"):
        read_overlay(history.root, [path])


def test_only_the_folders_of_dead_owners_are_swept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    mine = TemporaryFolder()
    dead = tmp_path / "runbook-culprit-dead"
    dead.mkdir()
    (dead / "owner.lock").touch()
    sweep()
    assert [mine.path] == list(tmp_path.iterdir())
    mine.close()
    assert [] == list(tmp_path.iterdir())


def test_a_throwaway_index_of_long_ago_is_swept_and_one_in_use_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    old, new = (tmp_path / f"{INDEX_PREFIX}{name}" for name in ("old", "new"))
    for folder in (old, new):
        folder.mkdir()
        (folder / "index").touch()
    os.utime(old, (0, 0))
    sweep()
    assert [new] == list(tmp_path.iterdir())


def test_a_folder_that_is_just_being_made_is_not_swept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another search starts at the very moment at which the owner is about to lock its folder."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    swept: list[bool] = []

    def lock(descriptor: int, how: int, lock: Callable[[int, int], None] = fcntl.flock) -> None:
        if not swept:
            swept.append(True)
            sweep()
        lock(descriptor, how)

    monkeypatch.setattr(fcntl, "flock", lock)
    mine = TemporaryFolder()
    assert [True] == swept
    assert [mine.path] == list(tmp_path.iterdir())
    mine.close()


def test_an_owner_in_another_process_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    folder = tmp_path / "runbook-culprit-other"
    folder.mkdir()
    descriptor = os.open(folder / "owner.lock", os.O_RDWR | os.O_CREAT)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    sweep()
    assert folder.exists()
    os.close(descriptor)
    sweep()
    assert not folder.exists()


def test_no_place_for_temporary_files_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "nowhere"))
    with pytest.raises(EnvironmentNotReady, match="no temporary folder"):
        TemporaryFolder()
