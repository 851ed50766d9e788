"""Running git so that it changes nothing that the user can see."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from runbook.culprit.git import GitFailed, git
from runbook.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from tests.runbook.support import Repository


def test_what_a_hook_left_in_the_environment_leads_nowhere_else(
    repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("GIT_DIR", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY"):
        monkeypatch.setenv(name, str(tmp_path / "elsewhere"))
    assert "the app" == git(repository.root, "log", "--format=%s").strip()


def test_no_hook_of_the_user_runs(repository: Repository, tmp_path: Path) -> None:
    hook = repository.write(".git/hooks/post-checkout", f"#!/bin/sh\ntouch '{tmp_path}/ran'\n")
    hook.chmod(0o755)
    git(repository.root, "checkout", "--quiet", "--detach", "HEAD")
    assert not (tmp_path / "ran").exists()


def test_no_monitor_of_the_user_says_what_has_changed(
    repository: Repository, tmp_path: Path
) -> None:
    monitor = tmp_path / "nothing-changed"
    monitor.write_text("#!/bin/sh\nprintf 'token\\0'\n", encoding="utf-8")
    monitor.chmod(0o755)
    repository.git("config", "core.fsmonitor", str(monitor))
    (file,) = repository.git("ls-files").splitlines()
    os.utime(repository.root / file, (0, 0))  # long before its index: git believes the monitor
    repository.git("update-index", "--fsmonitor")
    repository.git("status")
    repository.write(file, "changed\n")
    git(repository.root, "checkout", "--quiet", "--force", "HEAD")
    assert "" == git(repository.root, "diff", "--no-ext-diff", "HEAD")


def test_what_git_complains_of_last_is_what_is_said(repository: Repository) -> None:
    with pytest.raises(GitFailed, match=r"git checkout in .*: error: pathspec 'nowhere'") as failed:
        git(repository.root, "checkout", "nowhere")
    assert not failed.value.next_step


def test_who_may_not_write_an_object_is_told_and_by_which_command(
    repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "bin" / "git"
    program.parent.mkdir()
    said = "error: insufficient permission for adding an object to repository database"
    program.write_text(f"#!/bin/sh\necho '{said}' >&2; echo 'fatal: it failed' >&2; exit 128\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")

    with pytest.raises(GitFailed, match=r"^git fetch in .*: fatal: it failed") as failed:
        git(repository.root, "-c", "maintenance.auto=false", "--no-pager", "fetch")

    assert "make the repository's .git writable" == failed.value.next_step


@pytest.mark.parametrize("said", ["No space left on device", "write error. Out of diskspace"])
def test_a_full_disk_is_said_with_what_to_do(
    repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: str
) -> None:
    program = tmp_path / "bin" / "git"
    program.parent.mkdir()
    program.write_text(f"#!/bin/sh\necho 'fatal: {said}' >&2\nexit 128\n", encoding="utf-8")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(program.parent))
    with pytest.raises(GitFailed, match=said) as failed:
        git(repository.root, "checkout", "HEAD")
    assert "set TMPDIR" in failed.value.next_step


def test_a_folder_that_is_none_is_a_wrong_call(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for folder in ("file", "gone"):
        with pytest.raises(UsageError) as refused:
            git(tmp_path / folder, "status")
        assert "pass a folder that is there" == refused.value.next_step


def test_a_machine_without_git_is_told_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UsageError, match="git does not exist") as refused:
        git(tmp_path, "status")
    assert "install git" == refused.value.next_step
