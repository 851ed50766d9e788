"""The revert itself, and the branch that it is left on."""

from __future__ import annotations

import subprocess
import time
from typing import TYPE_CHECKING

import pytest

from runbook.culprit.probes.worktrees import Worktree
from runbook.errors import EnvironmentNotReady
from runbook.procedures.steps import Refused
from runbook.project import Project
from runbook.rollback.candidate import recent_reverts, reverted_by
from runbook.rollback.policy import Candidate
from runbook.rollback.revert import in_the_way, make_revert, publish, under_way
from tests.runbook.support import Repository

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    """A repository of one commit, with room beside it."""
    made = Repository(tmp_path / "user")
    made.write("a.txt", "one\n")
    made.init().commit("root")
    return made


def candidate(repository: Repository, sha: str) -> Candidate:
    parents = tuple(repository.git("show", "-s", "--format=%P", sha).split())
    return Candidate(sha, sha[:7], repository.git("show", "-s", "--format=%B", sha), parents)


def make(repository: Repository, sha: str, folder: Path) -> str:
    tree = Worktree(folder, repository.root)
    head = repository.git("rev-parse", "HEAD")
    return make_revert(repository.root, tree, candidate(repository, sha), head, "Back\n")


def test_a_revert_is_a_commit_on_head_to_which_nothing_refers(
    repository: Repository, tmp_path: Path
) -> None:
    repository.write("a.txt", "two\n")
    bad = repository.commit("bad")
    repository.write("b.txt", "b\n")
    head = repository.commit("later")
    before = repository.git("for-each-ref"), repository.git("status", "--porcelain")

    made = make(repository, bad, tmp_path / "tree")

    assert (head, "one") == (
        repository.git("rev-parse", f"{made}^"),
        repository.git("show", f"{made}:a.txt"),
    )
    assert before == (repository.git("for-each-ref"), repository.git("status", "--porcelain"))
    assert not (repository.root / ".git" / "FETCH_HEAD").exists()


def test_a_conflict_names_the_files_and_what_was_built_upon_it(
    repository: Repository, tmp_path: Path
) -> None:
    for text in ("two\n", "three\n"):
        repository.write("a.txt", text)
        repository.commit(f"make it {text.strip()}")

    with pytest.raises(Refused, match=r"conflicts in a\.txt; built upon it:\n.* make it three"):
        make(repository, repository.git("rev-parse", "HEAD~1"), tmp_path / "tree")


def test_what_git_would_not_merge_over_is_named(repository: Repository, tmp_path: Path) -> None:
    """Whatever is staged, and what is changed or new where the revert writes; nothing else."""
    repository.write("a.txt", "two\n")
    repository.write("gone before.txt", "x\n")
    repository.commit("prepare")
    (repository.root / "gone before.txt").unlink()
    repository.write("a.txt", "three\n")
    bad = repository.commit("bad")
    repository.write("b.txt", "b\n")
    repository.write("c.txt", "c\n")
    repository.commit("later")
    made = make(repository, bad, tmp_path / "tree")
    assert [] == in_the_way(repository.root, made)

    for file in ("a.txt", "b.txt", "c.txt", "gone before.txt", "untracked"):
        repository.write(file, "mine\n")
    repository.git("add", "c.txt")

    assert ["a.txt", "c.txt", "gone before.txt"] == in_the_way(repository.root, made)


def test_what_was_reverted_longer_than_a_day_ago_does_not_count(
    repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project, now = Project(tmp_path, {}), int(time.time())
    for hours in (1, 25):
        monkeypatch.setenv("GIT_COMMITTER_DATE", f"{now - hours * 3600} +0000")
        repository.git("checkout", "--quiet", "-B", f"revert/{hours}", "main")
        repository.commit(f"Revert x\n\nThis reverts commit {'a' * 40}.\n\nOriginal subject: x")
    assert 1 == recent_reverts(project, repository.root)


@pytest.mark.parametrize("what", ["merge", "rebase", "cherry-pick", "revert", "bisect"])
def test_what_is_under_way_is_known(repository: Repository, what: str) -> None:
    assert "" == under_way(repository.root)
    one = repository.git("rev-parse", "HEAD")
    repository.write("a.txt", "mine\n")
    mine = repository.commit("mine")
    repository.git("switch", "--quiet", "--create", "other", one)
    for text in ("theirs\n", "theirs, later\n"):
        repository.write("a.txt", text)
        repository.commit(text)
    asked = {
        "merge": mine,
        "rebase": mine,
        "cherry-pick": mine,
        "revert": "HEAD~1",
        "bisect": "start",
    }

    subprocess.run(
        ["git", what, asked[what]], cwd=repository.root, capture_output=True, check=False
    )

    assert what == under_way(repository.root)


def test_what_has_no_effect_any_more_is_not_reverted(
    repository: Repository, tmp_path: Path
) -> None:
    repository.write("a.txt", "two\n")
    bad = repository.commit("bad")
    repository.write("a.txt", "one\n")
    repository.commit("mend it by hand")

    with pytest.raises(Refused, match="has no effect on HEAD any more"):
        make(repository, bad, tmp_path / "tree")


def test_a_branch_is_made_once_and_never_moved(repository: Repository) -> None:
    first = repository.git("rev-parse", "HEAD")
    repository.write("a.txt", "two\n")
    second = repository.commit("second")

    assert publish(repository.root, "revert/x", first)
    assert not publish(repository.root, "revert/x", first)
    with pytest.raises(Refused, match="is there already, and is something else"):
        publish(repository.root, "revert/x", second)
    assert first == repository.git("rev-parse", "revert/x")


@pytest.mark.parametrize("standing", ["revert", "revert/x/y"])
def test_a_branch_for_which_there_is_no_room_names_the_one_in_its_way(
    repository: Repository, standing: str
) -> None:
    repository.git("branch", "revert-other")
    repository.git("branch", standing)

    with pytest.raises(Refused) as refused:
        publish(repository.root, "revert/x", repository.git("rev-parse", "HEAD"))

    expected = f"the branch {standing} is there already, so that none can be called revert/x"
    assert expected == refused.value.what
    move, _, after = refused.value.next_step.partition(", ")
    assert "then the same command with --resume" == after
    repository.git(*move.split()[1:])
    assert publish(repository.root, "revert/x", repository.git("rev-parse", "HEAD"))


def test_a_branch_that_git_cannot_write_is_an_error_of_the_environment(
    repository: Repository,
) -> None:
    (repository.root / ".git/refs/heads/revert").mkdir()
    (repository.root / ".git/refs/heads/revert/x.lock").touch()

    with pytest.raises(EnvironmentNotReady, match=r"x\.lock': File exists") as refused:
        publish(repository.root, "revert/x", repository.git("rev-parse", "HEAD"))

    assert "mend that, then the same command with --resume" == refused.value.next_step


def test_a_revert_counts_until_it_is_itself_reverted(repository: Repository) -> None:
    def by() -> str:
        return reverted_by(repository.root, bad, repository.git("rev-parse", "HEAD"))

    repository.write("a.txt", "two\n")
    bad = repository.commit("bad")
    assert not by()
    repository.git("revert", "--no-edit", bad)
    undo = repository.git("rev-parse", "HEAD")
    assert undo == by()
    repository.git("revert", "--no-edit", undo)
    assert not by()
