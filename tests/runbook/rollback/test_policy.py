"""Which commits a program may revert."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runbook.exit_codes import ExitCode
from runbook.procedures.steps import Refused
from runbook.rollback.policy import A_DAY, Candidate, refuse, reverted_in

SHA, PARENT, OTHER = "a" * 40, "b" * 40, "c" * 40
PLAIN = Candidate(SHA, SHA[:7], "go faster\n\nMuch faster.", (PARENT,))
REVERT = f'Revert "go faster"\n\nThis reverts commit {OTHER}.'


def test_a_plain_commit_of_head_may_be_reverted() -> None:
    refuse(PLAIN)


@pytest.mark.parametrize(
    ("candidate", "reason"),
    [
        (replace(PLAIN, is_in_head=False), "is not in HEAD"),
        (replace(PLAIN, parents=()), "is the root commit"),
        (replace(PLAIN, parents=(PARENT, OTHER)), "is a merge of 2 parents, and no mainline"),
        (replace(PLAIN, message=REVERT), "is itself a revert"),
        (
            replace(PLAIN, message="x\n\nNo-Auto-Revert: data was migrated"),
            "has opted out: 'No-Auto",
        ),
        (replace(PLAIN, message="x\n\nno-revert"), "has opted out: 'no-revert'"),
        (replace(PLAIN, message="x\n\nNOAUTOREVERT=true"), "has opted out"),
        (replace(PLAIN, reverted_by=OTHER), "is reverted already, by cccccccccc"),
        (replace(PLAIN, recent=A_DAY), "4 reverts were made within a day"),
    ],
)
def test_what_a_person_must_decide_is_refused_with_the_reason_and_the_next_command(
    candidate: Candidate, reason: str
) -> None:
    with pytest.raises(Refused, match=reason) as refused:
        refuse(candidate)
    assert ExitCode.REFUSED is refused.value.exit_code
    assert refused.value.next_step


def test_a_merge_may_be_reverted_to_a_parent_that_it_has() -> None:
    merge = replace(PLAIN, parents=(PARENT, OTHER))
    refuse(merge, mainline=2)
    with pytest.raises(Refused, match="is a merge of 2 parents"):
        refuse(merge, mainline=3)
    with pytest.raises(Refused, match="is no merge"):
        refuse(PLAIN, mainline=1)


def test_a_person_may_go_beyond_the_limit_of_a_day() -> None:
    refuse(replace(PLAIN, recent=A_DAY - 1))
    refuse(replace(PLAIN, recent=A_DAY + 3), yes=True)


@given(st.text(st.characters(exclude_characters="\r"), max_size=200))
def test_a_message_opts_out_or_reverts_only_by_a_line_of_its_own(text: str) -> None:
    words = "why there is no-revert here: This reverts commit " + OTHER
    refuse(replace(PLAIN, message=f"subject\n\n x {' '.join(text.split())} {words}"))


def test_the_commits_that_a_message_reverts_are_read() -> None:
    assert (OTHER,) == reverted_in(REVERT)
    assert () == reverted_in("go faster")
