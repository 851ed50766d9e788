"""Real histories, read."""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from runbook.culprit.history import Repository, names_of
from runbook.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from tests.runbook.culprit.conftest import History


def subjects(history: History, shas: list[str]) -> list[str]:
    return [history.git("show", "-s", "--format=%s", sha) for sha in shas]


def resolved(history: History, *revisions: str) -> list[str]:
    return [Repository(history.root).resolve(revision) for revision in revisions]


def test_candidates_come_oldest_first_with_their_parents(history: History) -> None:
    good, bad = resolved(history, "main~3", "main")
    found = Repository(history.root).range(good, bad)
    assert ["commit 18", "commit 19", "commit 20"] == subjects(
        history, [each.sha for each in found.commits]
    )
    assert ((), (0,), (1,)) == found.dag.parents
    assert (good, bad) == (found.good.sha, found.bad)


def test_a_branch_that_forked_before_the_good_end_is_part_of_the_range(history: History) -> None:
    history.git("switch", "--quiet", "--create", "side", "main~5")
    history.write("side", "x")
    side = history.commit("side")
    history.git("switch", "--quiet", "main")
    history.git("merge", "--quiet", "--no-ff", "--message", "merge", "side")
    good, bad = resolved(history, "main^1", "main")
    repository = Repository(history.root)
    found = repository.range(good, bad)
    assert [side, bad] == [each.sha for each in found.commits]
    assert ((), (0,)) == found.dag.parents
    only = repository.range(good, bad, first_parent=True)
    assert [bad] == [each.sha for each in only.commits]
    assert ["side"] == [change.path for change in only.commits[0].changes]


def test_each_commit_knows_its_place_in_the_order_of_git(
    history: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = history.git("rev-parse", "main")
    branches = {name: history.git("branch", name) for name in ("one", "two")}
    for minute, name in enumerate([*branches, *branches]):
        monkeypatch.setenv("GIT_COMMITTER_DATE", f"2030-01-01T00:0{minute}:00Z")
        history.git("switch", "--quiet", name)
        history.write(f"{name}/{minute}", "x")
        history.commit()
    history.git("merge", "--quiet", "--no-ff", "--message", "merge", "one")
    found = Repository(history.root).range(good, history.git("rev-parse", "HEAD"))
    by_age = sorted(range(5), key=found.dag.ages.__getitem__)
    listed = history.git("rev-list", "--reverse", f"{good}..HEAD").split()
    assert listed == [found.commits[site].sha for site in by_age]
    assert [*range(5)] != by_age  # its number is its place among its own branch


def test_empty_commits_and_unseen_files_are_left_out_and_stood_in_for(history: History) -> None:
    good = history.commit("empty, and the good end's successor")
    history.write("docs/a b", "x")
    docs = history.commit("docs")
    history.write("code", "x")
    code = history.commit("code")
    history.write("docs/a b", "y")
    last = history.commit("docs again")
    found = Repository(history.root).range(good, last, unseen=["docs"])
    assert [code] == [each.sha for each in found.commits]
    assert ({docs: good, last: code}, code) == (found.standing_in, found.bad)


def test_commits_on_both_sides_of_those_that_are_left_out_stay_in_line(history: History) -> None:
    good = history.git("rev-parse", "HEAD")
    for number in range(3):
        history.write("code", f"{number}")
        history.commit(f"code {number}")
        history.git("commit", "--quiet", "--allow-empty", "--message", "empty")
    found = Repository(history.root).range(good, history.git("rev-parse", "HEAD"))
    assert ((), (0,), (1,)) == found.dag.parents


def test_names_that_a_commit_does_not_know_are_left_out(history: History) -> None:
    root, before, good, after = resolved(history, "main~20", "main~4", "main~3", "main~2")
    history.git("switch", "--quiet", "--create", "side", "main~5")
    history.write("side", "x")
    side = history.commit("side")
    names = {each[:7] for each in (root, before, good, after, side)} | {"0123456", "gone"}

    known = Repository(history.root).known_to(good, names)

    assert {each[:7] for each in (root, before, good)} == known
    assert set() == Repository(history.root).known_to(good, {"0123456"})
    assert set() == Repository(history.root).known_to(good, set())


def test_a_range_in_which_nothing_matters_is_refused(history: History) -> None:
    good, bad = resolved(history, "main", "main")
    history.commit("empty")
    with pytest.raises(UsageError, match="no commit of the range"):
        Repository(history.root).range(good, history.git("rev-parse", "HEAD"))
    with pytest.raises(UsageError, match="the same commit"):
        Repository(history.root).range(good, bad)


def test_unrelated_histories_are_refused(history: History) -> None:
    history.git("switch", "--quiet", "--orphan", "other")
    other = history.commit("root")
    (main,) = resolved(history, "main")
    with pytest.raises(UsageError, match="no ancestor") as refused:
        Repository(history.root).range(other, main)
    assert refused.value.next_step.startswith("git log --oneline")


def test_ends_that_are_no_range_are_told_what_would_be_one(history: History) -> None:
    first, last = resolved(history, "main~1", "main")
    with pytest.raises(UsageError, match="no ancestor") as refused:
        Repository(history.root).range(last, first)
    assert f"--good {first[:10]} --bad {last[:10]}" in refused.value.next_step
    history.git("switch", "--quiet", "--create", "side", first)
    side = history.commit("side")
    with pytest.raises(UsageError, match="no ancestor") as refused:
        Repository(history.root).range(side, last)
    assert f"--good {first[:10]}" in refused.value.next_step


def test_all_names_of_a_file_are_known(history: History) -> None:
    good = history.git("rev-parse", "main")
    history.write("a\nb", "text that is kept\n" * 9)
    history.commit("one")
    history.git("mv", "a\nb", "c d")
    history.commit("two")
    history.git("mv", "c d", "e\x01f")
    bad = history.commit("three")
    found = Repository(history.root).range(good, bad)
    assert {"a\nb", "c d", "e\x01f"} == names_of("e\x01f", found.commits)


def test_a_commit_is_described(history: History) -> None:
    history.write("a b", "x")
    sha = history.commit("what it does: x y")
    found = Repository(history.root).describe(sha)
    assert (sha, "what it does: x y", ("a b",)) == (found.sha, found.subject, found.files)
    assert "Ada <ada@example.org>" == found.author
    root = history.git("rev-list", "--max-parents=0", "main")
    assert ("number", "state") == Repository(history.root).describe(root).files


def test_tags_come_newest_first_annotated_or_not(history: History) -> None:
    history.git("tag", "old", "main~9")
    history.git("tag", "--annotate", "--message", "x", "new", "main~2")
    history.git("tag", "bad", "main")
    assert resolved(history, "main~2", "main~9") == Repository(history.root).tagged(
        *resolved(history, "main")
    )


def test_who_added_a_file_is_known(history: History) -> None:
    history.write("test it", "x")
    sha = history.commit("add")
    assert sha == Repository(history.root).added("test it", "main")
    assert not Repository(history.root).added("nothing", "main")


def test_a_folder_in_the_tree_is_good_enough(history: History) -> None:
    history.write("deep/er/file", "x")
    below = Repository(history.root / "deep" / "er")
    assert (history.root, "deep/er") == (below.root, below.below)
    assert not Repository(history.root).below


def test_the_repository_of_somebody_else_is_refused_with_what_trusts_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    theirs = tmp_path / "theirs"
    subprocess.run(["git", "init", "--quiet", str(theirs)], check=True)
    (theirs / "below").mkdir()
    as_if_another_user_owned_it = tmp_path / "git"
    as_if_another_user_owned_it.write_text(
        f'#!/bin/sh\nGIT_TEST_ASSUME_DIFFERENT_OWNER=1 exec {shutil.which("git")} "$@"\n',
        encoding="utf-8",
    )
    as_if_another_user_owned_it.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    with pytest.raises(UsageError, match="can be read") as refused:
        Repository(theirs / "below")
    trust = f"git config --global --add safe.directory {theirs}, if you trust its owner"
    assert trust == refused.value.next_step


def test_the_variables_of_a_hook_do_not_lead_astray(
    history: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_DIR", "/nowhere")
    assert history.root / ".git" == Repository(history.root).common
