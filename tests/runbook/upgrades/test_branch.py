"""A commit on a branch of its own, beside whatever the user is doing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from runbook.errors import EnvironmentNotReady
from runbook.git import GitError
from runbook.upgrades.branch import commit_file, committed

if TYPE_CHECKING:
    from tests.runbook.support import Repository

NAME = "pyproject.toml"


@pytest.fixture
def shop(repository: Repository) -> Repository:
    """A repository of two files, one of which the user is working on."""
    repository.write(NAME, "old\n")
    repository.write("app.py", "finished\n")
    repository.commit("the project")
    repository.write("app.py", "unfinished\n")
    repository.git("add", "app.py")
    repository.write(NAME, "the user's own\n")
    return repository


def test_the_branch_has_the_file_and_all_else_as_it_was_committed(shop: Repository) -> None:
    before = shop.git("status", "--porcelain=v2", "--branch")
    sha = commit_file(shop.root, "drift/1", NAME, "new\n", "fix: hold it\n\nBecause.")
    assert "new" == shop.git("show", f"drift/1:{NAME}")
    assert "finished" == shop.git("show", "drift/1:app.py")
    assert "fix: hold it" == shop.git("log", "-1", "--format=%s", "drift/1")
    assert (sha, shop.git("rev-parse", "HEAD")) == (
        shop.git("rev-parse", "drift/1"),
        shop.git("rev-parse", "drift/1^"),
    )
    assert before == shop.git("status", "--porcelain=v2", "--branch")


def test_a_file_of_a_folder_that_is_new_is_committed_too(shop: Repository) -> None:
    commit_file(shop.root, "drift/1", "requirements/pins.txt", "dog<2\n", "fix: hold it")
    assert "dog<2" == shop.git("show", "drift/1:requirements/pins.txt")


def test_the_same_text_again_is_no_new_commit_and_another_is_one_on_top(shop: Repository) -> None:
    first = commit_file(shop.root, "drift/1", NAME, "new\n", "fix: hold it")
    assert first == commit_file(shop.root, "drift/1", NAME, "new\n", "fix: hold it")
    second = commit_file(shop.root, "drift/1", NAME, "newer\n", "fix: hold it tighter")
    assert first == shop.git("rev-parse", f"{second}^")


def test_what_a_branch_holds_is_read_without_checking_it_out(shop: Repository) -> None:
    commit_file(shop.root, "drift/1", NAME, "new\n", "fix: hold it")
    assert "new\n" == committed(shop.root, "drift/1", NAME)
    assert "" == committed(shop.root, "drift/1", "no such file")
    assert "" == committed(shop.root, "drift/2", NAME)


@pytest.mark.parametrize("branch", ["main", "master", "trunk"])
def test_a_main_branch_is_never_written(shop: Repository, branch: str) -> None:
    with pytest.raises(EnvironmentNotReady, match=f"{branch} is not written to"):
        commit_file(shop.root, branch, NAME, "new\n", "no")
    assert "main" == shop.git("branch", "--format=%(refname:short)")


def test_the_branch_that_is_checked_out_is_never_written(shop: Repository) -> None:
    shop.git("switch", "--quiet", "--create", "mine")
    with pytest.raises(EnvironmentNotReady, match="mine is not written to"):
        commit_file(shop.root, "mine", NAME, "new\n", "no")


def test_a_name_that_git_does_not_allow_is_refused_by_git(shop: Repository) -> None:
    with pytest.raises(GitError):
        commit_file(shop.root, "drift/..", NAME, "new\n", "no")
