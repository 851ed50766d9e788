"""Which source a run was made of: no hidden edit passes for a clean tree, and nothing is touched."""

from __future__ import annotations

import os
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from runbook.git import git
from runbook.runs.source_state import SHORT, SourceState, read_source_state

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.runbook.support import Repository


def names(repository: Repository) -> tuple[str, str]:
    """Return the short names of HEAD and of its tree."""
    return repository.git("rev-parse", "HEAD")[:SHORT], repository.git("rev-parse", "HEAD^{tree}")[
        :SHORT
    ]


def test_a_clean_tree_is_that_of_its_commit(repository: Repository) -> None:
    assert SourceState(*names(repository), is_dirty=False) == read_source_state(repository.root)


@pytest.mark.parametrize("kind", ["edited", "staged", "untracked", "removed", "executable"])
def test_every_kind_of_edit_is_seen(repository: Repository, kind: str) -> None:
    if kind == "removed":
        (repository.root / "app.py").unlink()
    elif kind == "executable":
        (repository.root / "app.py").chmod(0o755)
    else:
        repository.write("new.py" if kind == "untracked" else "app.py", "changed\n")
    if kind == "staged":
        repository.git("add", "--all")

    state = read_source_state(repository.root)

    commit, tree = names(repository)
    assert (commit, True) == (state.commit, state.is_dirty)
    assert tree != state.tree
    repository.commit()
    assert state.tree == names(repository)[1]


def hide_by_assume_unchanged(repository: Repository) -> None:
    repository.git("update-index", "--assume-unchanged", "app.py")
    repository.write("app.py", "changed\n")


def hide_by_skip_worktree(repository: Repository) -> None:
    repository.git("update-index", "--skip-worktree", "app.py")
    repository.write("app.py", "changed\n")


def hide_by_size_and_time(repository: Repository) -> None:
    repository.git("config", "core.trustctime", "false")
    file = repository.root / "app.py"
    os.utime(file, (1_000_000_000, 1_000_000_000))
    repository.git("update-index", "--refresh")
    file.write_text(file.read_text(encoding="utf-8").replace("1", "2"), encoding="utf-8")
    os.utime(file, (1_000_000_000, 1_000_000_000))


@pytest.mark.parametrize(
    "hide", [hide_by_assume_unchanged, hide_by_skip_worktree, hide_by_size_and_time]
)
def test_an_edit_that_git_status_does_not_show_is_seen(
    repository: Repository, hide: Callable[[Repository], None]
) -> None:
    hide(repository)
    assert "" == repository.git("status", "--porcelain")

    state = read_source_state(repository.root)

    assert state.is_dirty is True
    assert names(repository)[1] != state.tree


KEPT = ".git/kept-index"  # anywhere that is not in the tree


def read_both(repository: Repository) -> tuple[SourceState, SourceState]:
    """Return what is seen by the index that was kept, and by reading every file."""
    kept = read_source_state(repository.root, kept_index=repository.root / KEPT)
    return kept, read_source_state(repository.root)


def edit(repository: Repository) -> None:
    repository.write("app.py", "changed\n")


def edit_to_the_same_size_and_times(repository: Repository) -> None:
    repository.git("config", "core.trustctime", "false")
    repository.git("config", "core.checkStat", "minimal")
    file = repository.root / "app.py"
    before = file.stat()
    while int(time.time()) == int(before.st_ctime):  # git counts in seconds
        time.sleep(0.05)
    file.write_text(file.read_text(encoding="utf-8").replace("1", "2"), encoding="utf-8")
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))


def edit_twice(repository: Repository) -> None:
    """What the first edit has added to the tree was in a scratch folder, which is gone."""
    edit(repository)
    read_both(repository)


def add(repository: Repository) -> None:
    repository.write("new.py", "new\n")


def remove(repository: Repository) -> None:
    (repository.root / "app.py").unlink()


def commit_what_is_ignored(repository: Repository) -> None:
    repository.write(".git/info/exclude", "made.py\n")
    repository.write("made.py", "x\n")
    repository.git("add", "--force", "made.py")
    repository.commit()


def leave_it_to_a_monitor(repository: Repository) -> None:
    """Git asks it which files were touched, and it says that none was."""
    repository.write(".git/monitor", "#!/bin/sh\nprintf 'token\\0'\n")
    (repository.root / ".git/monitor").chmod(0o755)
    repository.git("config", "core.fsmonitor", ".git/monitor")
    read_both(repository)
    edit(repository)


def damage_the_index(repository: Repository) -> None:
    repository.write(KEPT, "no index\n")
    edit(repository)


@pytest.mark.parametrize(
    "change",
    [
        *(hide_by_assume_unchanged, hide_by_skip_worktree, edit, edit_to_the_same_size_and_times),
        *(edit_twice, add, remove, commit_what_is_ignored, leave_it_to_a_monitor, damage_the_index),
    ],
)
def test_what_an_index_remembers_hides_nothing(
    repository: Repository, change: Callable[[Repository], None]
) -> None:
    os.utime(repository.root / "app.py", (1_000_000_000, 1_000_000_000))
    first, _ = read_both(repository)
    assert first.is_dirty is False

    change(repository)

    kept, whole = read_both(repository)
    assert whole == kept
    assert (whole.commit_id, whole.tree_id) == (kept.commit_id, kept.tree_id)
    assert first.tree_id != kept.tree_id
    repository.git("checkout", "--quiet", "--force", "HEAD")
    kept, whole = read_both(repository)
    assert (whole.tree_id, whole.is_dirty) == (kept.tree_id, kept.is_dirty)


def test_an_index_is_as_old_as_when_it_was_written(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Git reads a file anew that is no older than its index: one that was edited in that moment looks the same."""
    kept, read, written = repository.root / KEPT, list[int](), list[int]()

    def noting(*arguments: Any, environment: dict[str, str] | None = None) -> str:
        index = Path((environment or {}).get("GIT_INDEX_FILE", ""))
        if "-m" in arguments:
            read.append(index.stat().st_mtime_ns)
        said = git(*arguments, environment=environment)
        if "write-tree" in arguments:
            written.append(index.stat().st_mtime_ns)
        return said

    monkeypatch.setattr("runbook.runs.source_state.git", noting)
    for _ in range(2):
        read_source_state(repository.root, kept_index=kept)

    assert written[:1] == read
    assert written[1] == kept.stat().st_mtime_ns


def test_an_ignored_new_file_is_not_seen(repository: Repository) -> None:
    """The known limit: caches and environments must be ignorable, so a whole new file can hide.

    Whatever must not pass for clean in spite of this is to be smoked in a fresh worktree.
    """
    repository.write(".git/info/exclude", "conftest.py\n")
    repository.write("conftest.py", "raise SystemExit\n")

    assert read_source_state(repository.root).is_dirty is False


def test_an_ignored_file_that_is_tracked_is_seen(repository: Repository) -> None:
    repository.write(".git/info/exclude", "app.py\n")
    repository.write("app.py", "changed\n")

    assert read_source_state(repository.root).is_dirty is True


def test_a_project_in_a_folder_of_a_repository_is_judged_with_the_whole(
    repository: Repository,
) -> None:
    repository.write("inner/app.py", "x\n")
    repository.commit()
    assert read_source_state(repository.root / "inner").is_dirty is False

    repository.write("app.py", "changed, beside the project\n")

    assert read_source_state(repository.root / "inner").is_dirty is True


def test_a_linked_worktree_has_a_state_of_its_own(repository: Repository, tmp_path: Path) -> None:
    linked = tmp_path / "linked"
    repository.git("worktree", "add", "--quiet", "--detach", str(linked))
    repository.write(".git/info/exclude", "linked\n")
    assert read_source_state(linked).is_dirty is False

    (linked / "app.py").write_text("changed\n", encoding="utf-8")

    assert read_source_state(linked).is_dirty is True
    assert read_source_state(repository.root).is_dirty is False


@pytest.mark.parametrize("staged", [False, True])
def test_reading_leaves_the_repository_byte_for_byte_as_it_was(
    repository: Repository, *, staged: bool
) -> None:
    repository.write("app.py", "changed\n")
    repository.write("new.py", "new\n")
    if staged:
        repository.git("add", "--all")
        repository.write("app.py", "changed again\n")
    before = everything_below(repository.root)

    assert read_source_state(repository.root).is_dirty is True

    assert before == everything_below(repository.root)


def everything_below(root: Path) -> dict[str, bytes]:
    """Return every file and folder with its bytes, git's own too.

    Times are left out: git renews that of an object that it meets again.
    """
    return {str(path): path.read_bytes() if path.is_file() else b"" for path in root.rglob("*")}


def test_no_scratch_is_left(
    repository: Repository, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(scratch))

    read_source_state(repository.root)

    assert [] == list(scratch.iterdir())


def test_outside_a_repository_nothing_is_known(tmp_path: Path) -> None:
    assert SourceState("none", "none", None) == read_source_state(tmp_path)


def test_before_the_first_commit_nothing_is_known(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "--quiet", str(tmp_path)], check=True)
    (tmp_path / "app.py").write_text("x\n", encoding="utf-8")

    assert SourceState("none", "none", None) == read_source_state(tmp_path)


def test_without_git_nothing_is_known(
    repository: Repository, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path / "empty"))

    assert SourceState("none", "none", None) == read_source_state(repository.root)


def test_a_tree_that_git_cannot_hash_is_unknown_and_never_clean(repository: Repository) -> None:
    """Git refuses to add a repository inside that has no commit, and adds nothing else either."""
    repository.write("app.py", "changed\n")
    repository.git("init", "--quiet", "inner")

    state = read_source_state(repository.root)

    assert SourceState(names(repository)[0], "none", None) == state
