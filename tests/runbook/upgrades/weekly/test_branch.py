"""A commit on a branch of its own, beside whatever the user is doing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from runbook.errors import EnvironmentNotReady
from runbook.git import GitError
from runbook.upgrades.weekly.branch import File, commit_file, forks, held, last_parent, tip

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
    sha = commit_file(shop.root, "drift/1", File(NAME, "new\n"), "fix: hold it\n\nBecause.")
    assert "new" == shop.git("show", f"drift/1:{NAME}")
    assert "finished" == shop.git("show", "drift/1:app.py")
    assert "fix: hold it" == shop.git("log", "-1", "--format=%s", "drift/1")
    assert (sha, shop.git("rev-parse", "HEAD")) == (
        shop.git("rev-parse", "drift/1"),
        shop.git("rev-parse", "drift/1^"),
    )
    assert before == shop.git("status", "--porcelain=v2", "--branch")


def test_a_file_of_a_folder_that_is_new_is_committed_too(shop: Repository) -> None:
    commit_file(shop.root, "drift/1", File("requirements/pins.txt", "dog<2\n"), "fix: hold it")
    assert "dog<2" == shop.git("show", "drift/1:requirements/pins.txt")


def test_a_branch_that_is_there_goes_on_and_nothing_of_it_is_lost(shop: Repository) -> None:
    first = commit_file(shop.root, "drift/1", File(NAME, "new\n"), "fix: hold it")
    second = commit_file(shop.root, "drift/1", File(NAME, "newer\n"), "fix: hold it tighter")
    assert first == shop.git("rev-parse", f"{second}^")
    assert first == last_parent(shop.root, second)


def test_a_branch_is_put_on_top_of_another_with_all_that_is_there(shop: Repository) -> None:
    first = commit_file(shop.root, "drift/1", File(NAME, "new\n"), "fix: hold it")
    other = commit_file(shop.root, "drift/2", File("LICENSE", "free\n"), "feat: all may have it")
    above = commit_file(shop.root, "drift/1", File(NAME, "newer\n"), "fix: again", on=other)
    assert [first, other] == shop.git("log", "-1", "--format=%P", above).split()
    assert (other, [other]) == (last_parent(shop.root, above), forks(shop.root, above, other))
    assert ["free", "newer"] == [shop.git("show", f"{above}:{each}") for each in ("LICENSE", NAME)]


def test_what_a_commit_holds_is_read_without_checking_it_out(shop: Repository) -> None:
    commit = commit_file(shop.root, "drift/1", File(NAME, "new\n"), "fix: hold it")
    assert "new\n" == held(shop.root, commit, NAME)
    assert "" == held(shop.root, commit, "no such file")


def test_where_a_branch_is_not_here_that_of_the_origin_counts(shop: Repository) -> None:
    assert "" == tip(shop.root, "drift/1")
    head = shop.git("rev-parse", "HEAD")
    shop.git("update-ref", "refs/remotes/origin/drift/1", head)
    assert head == tip(shop.root, "drift/1")
    made = commit_file(shop.root, "drift/1", File(NAME, "new\n"), "fix: hold it")
    assert made == tip(shop.root, "drift/1")


def test_commits_without_a_common_past_do_not_fork(shop: Repository) -> None:
    alone = shop.git("commit-tree", "HEAD^{tree}", "-m", "from nowhere")
    assert [] == forks(shop.root, "HEAD", alone)
    assert "" == last_parent(shop.root, alone)


@pytest.mark.parametrize("branch", ["main", "master", "trunk"])
def test_a_main_branch_is_never_written(shop: Repository, branch: str) -> None:
    with pytest.raises(EnvironmentNotReady, match=f"{branch} is not written to"):
        commit_file(shop.root, branch, File(NAME, "new\n"), "no")
    assert "main" == shop.git("branch", "--format=%(refname:short)")


def test_the_branch_that_is_checked_out_is_never_written(shop: Repository) -> None:
    shop.git("switch", "--quiet", "--create", "mine")
    with pytest.raises(EnvironmentNotReady, match="mine is not written to"):
        commit_file(shop.root, "mine", File(NAME, "new\n"), "no")


def test_a_name_that_git_does_not_allow_is_refused_by_git(shop: Repository) -> None:
    with pytest.raises(GitError):
        commit_file(shop.root, "drift/..", File(NAME, "new\n"), "no")
