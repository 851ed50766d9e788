"""Asking git."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from runbook.exit_codes import ExitCode
from runbook.git import GitError, NoSpace, git, step_where_foreign

if TYPE_CHECKING:
    from pathlib import Path

    from tests.runbook.support import Repository


def test_what_git_prints_comes_back_without_the_end_of_its_last_line(
    repository: Repository,
) -> None:
    assert repository.git("rev-parse", "HEAD") == git(repository.root, "rev-parse", "HEAD")
    assert "" == git(repository.root, "status", "--porcelain")


def test_variables_are_set_for_git_alone(repository: Repository, tmp_path: Path) -> None:
    other = {"GIT_INDEX_FILE": str(tmp_path / "no-index")}

    assert "app.py" == git(repository.root, "ls-files")
    assert "" == git(repository.root, "ls-files", environment=other)
    assert "app.py" == git(repository.root, "ls-files")


@pytest.mark.parametrize("name", ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_COMMON_DIR"])
def test_no_variable_leads_it_to_another_repository(
    repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    head = repository.git("rev-parse", "HEAD")

    monkeypatch.setenv(name, str(tmp_path / "another"))

    assert [head, "app.py"] == [
        git(repository.root, *asked) for asked in (("rev-parse", "HEAD"), ("ls-files",))
    ]


def test_a_refusal_says_which_command_and_why(tmp_path: Path) -> None:
    with pytest.raises(GitError, match=r"^git status: fatal: not a git repository") as refused:
        git(tmp_path, "status")

    assert ExitCode.USAGE == refused.value.exit_code


def test_what_newer_and_older_gits_say_of_somebody_elses_is_told_with_its_place() -> None:
    trust = "git config --global --add safe.directory '/a place', if you trust its owner"
    assert 2 * [trust] == [
        step_where_foreign("fatal: detected dubious ownership in repository at '/a place'"),
        step_where_foreign("fatal: unsafe repository ('/a place' is owned by someone else)"),
    ]
    assert "" == step_where_foreign("fatal: not a git repository: '/a place'")


def test_a_silent_refusal_says_its_exit_status(repository: Repository) -> None:
    with pytest.raises(GitError, match=r"^git rev-parse: exit status 1"):
        git(repository.root, "rev-parse", "--verify", "--quiet", "gone")


def test_a_full_disk_is_no_usage_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the temporary folder is full, git cannot write the index that a tree is hashed by."""
    fake = tmp_path / "git"
    fake.write_text("#!/bin/sh\necho 'fatal: index: No space left on device' >&2; exit 128\n")
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")

    with pytest.raises(NoSpace, match=r"^git add: .*No space left on device") as refused:
        git(tmp_path, "add", "--all")

    assert ExitCode.ENVIRONMENT == refused.value.exit_code
    assert "TMPDIR" in str(refused.value.next_step)


def test_a_machine_without_git_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(GitError, match="git is not on PATH"):
        git(tmp_path, "status")
