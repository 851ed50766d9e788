"""What a revert says for itself."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runbook.rollback.policy import Candidate, reverted_in
from runbook.rollback.wording import (
    Reason,
    begun,
    branch_name,
    commit_message,
    conflict,
    how_sure,
    merge_commands,
    not_committed,
)

SHA, PARENT, OTHER = "a" * 40, "b" * 40, "c" * 40
COMMIT = Candidate(SHA, SHA[:7], "go faster", (PARENT,))


def test_the_message_says_what_why_evidence_and_the_original_subject() -> None:
    reason = Reason(("test_a",), ("red at x", "incident y"), "The page leaks.")
    assert (
        f'Revert "go faster"\n\nThis reverts commit {SHA}.\n\n'
        "With it the smoke is red: test_a. The page leaks.\n\n"
        "Evidence:\n- red at x\n- incident y\n\nOriginal subject: go faster\n"
    ) == commit_message(COMMIT, reason)


def test_without_a_reason_it_was_asked_for() -> None:
    assert "Asked for by name." in commit_message(COMMIT, Reason())


def test_of_a_merge_it_says_what_is_kept() -> None:
    merge = Candidate(SHA, SHA[:7], "merge", (PARENT, OTHER))
    said = f"This reverts commit {SHA}, reversing\nchanges made to {OTHER}."
    assert said in commit_message(merge, Reason(), mainline=2)


@given(
    st.text(st.characters(blacklist_categories=["Cc", "Cs", "Zl", "Zp"]), min_size=1, max_size=300)
)
def test_every_message_is_known_as_a_revert_and_keeps_the_whole_subject(subject: str) -> None:
    message = commit_message(Candidate(SHA, SHA[:7], subject, (PARENT,)), Reason(("t",)))
    assert (SHA,) == reverted_in(message)
    assert len(message.partition("\n")[0]) <= 72
    assert f"\nOriginal subject: {subject}\n" in message


def test_it_is_merged_where_the_user_is() -> None:
    assert "revert/aaaaaaa" == branch_name(COMMIT)
    assert ("git switch main", "git merge --no-ff --no-edit b") == merge_commands("b", "main")
    assert ("git merge --no-ff --no-edit b",) == merge_commands("b", "")


def test_what_git_would_not_merge_over_is_put_aside_first_and_taken_back_last() -> None:
    in_the_way = ["web/view.py", "a file", "every *.py"]
    assert (
        "git stash push --include-untracked -- :/web/view.py ':/a file' ':(top,literal)every *.py'",
        "git switch main",
        "git merge --no-ff --no-edit b",
        "open it",
        "git stash pop --index",
    ) == merge_commands("b", "main", then=["open it"], in_the_way=in_the_way)
    said = "git would not merge over what is not committed in web/view.py, a file, every *.py"
    assert f"{said}: put it aside first, and take it back last" == not_committed(in_the_way)
    assert "in 1, 2, 3 and 1 more: put" in not_committed(list("1234"))


@pytest.mark.parametrize(
    ("what", "end"),
    [("merge", "git merge --continue, or git merge --abort"), ("bisect", "git bisect reset")],
)
def test_what_is_under_way_is_ended_first_and_nothing_of_it_is_put_aside(
    what: str, end: str
) -> None:
    merge = "git merge --no-ff --no-edit b"
    assert (end, merge) == merge_commands("b", "", in_the_way=["a"], under_way=what)
    assert f"a {what} is under way" in begun(what)


def test_a_conflict_names_the_files_and_what_was_built_upon_it() -> None:
    said = conflict(COMMIT, ["a.py", "b.py"], ["1234567 more", "89abcde less"])
    assert "conflicts in a.py, b.py; built upon it:\n    1234567 more\n    89abcde less" in said


def test_what_an_earlier_search_saw_is_told_from_what_this_one_ran() -> None:
    assert "97.5% sure after 7 runs" == how_sure(0.975, 7, 0)
    assert "97.5% sure after 2 runs and 5 of an earlier search" == how_sure(0.975, 2, 5)
    assert "97.5% sure after 7 runs of an earlier search" == how_sure(0.975, 0, 7)
