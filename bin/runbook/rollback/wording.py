"""What a revert says for itself, and how it is merged. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from textwrap import fill
from typing import TYPE_CHECKING

from runbook.calls import typed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from runbook.rollback.policy import Candidate

ORIGINAL = "Original subject:"  # by this line the reverts of a program are known
REVERTS = "revert/"  # what the names of their branches begin with
_WIDTH = 72
_SUBJECT = 60  # characters of the original subject that fit beside the word in front of it
_NAMED = 3  # files
_PATTERN = frozenset("*?[\\")


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a commit is reverted.

    Attributes:
        rows: The rows that are red with it.
        evidence: The run that saw them red, and whatever else proves it, a line each.
        cause: What the row says is the likely cause, or empty.
    """

    rows: tuple[str, ...] = ()
    evidence: tuple[str, ...] = ()
    cause: str = ""


def commit_message(candidate: Candidate, reason: Reason, *, mainline: int = 0) -> str:
    """Return the message of a revert: what, why, the evidence, and the words by which git knows a revert."""
    parts = [f'Revert "{_cut(candidate.subject)}"', _reverts(candidate, mainline)]
    if reason.rows:
        red = f"With it the smoke is red: {', '.join(reason.rows)}."
        parts.append(fill(f"{red} {reason.cause}".strip(), _WIDTH, break_long_words=False))
    else:
        parts.append("Asked for by name.")
    if reason.evidence:
        parts.append("Evidence:\n" + "\n".join(f"- {line}" for line in reason.evidence))
    parts.append(f"{ORIGINAL} {candidate.subject}")
    return "\n\n".join(parts) + "\n"


def how_sure(probability: float, runs: int, remembered: int) -> str:
    """Say how sure a search is and from how many runs, of which an earlier search may have made all.

    Args:
        probability: From 0 to 1.
        runs: How many it made itself.
        remembered: How many an earlier one had made.
    """
    made = [f"{runs} runs"] if runs or not remembered else []
    if remembered:
        made.append(f"{remembered}{'' if made else ' runs'} of an earlier search")
    return f"{probability:.1%} sure after {' and '.join(made)}"


def _reverts(candidate: Candidate, mainline: int) -> str:
    if not mainline:
        return f"This reverts commit {candidate.sha}."
    kept = candidate.parents[mainline - 1]
    return f"This reverts commit {candidate.sha}, reversing\nchanges made to {kept}."


def _cut(subject: str) -> str:
    return subject if len(subject) <= _SUBJECT else subject[: _SUBJECT - 3].rstrip() + "..."


def branch_name(candidate: Candidate) -> str:
    """Return the branch on which a commit is reverted."""
    return f"{REVERTS}{candidate.short}"


def merge_commands(
    branch: str,
    onto: str,
    *,
    then: Sequence[str] = (),
    in_the_way: Sequence[str] = (),
    under_way: str = "",
) -> tuple[str, ...]:
    """Return what a person types to merge a revert.

    Args:
        branch: The revert's.
        onto: The branch that is checked out, or empty where HEAD is detached.
        then: What is typed once it is merged, on a tree that is as it was committed.
        in_the_way: Files with work that git would not merge over, from the top of the repository.
        under_way: What git has begun and not ended there; a stash would lose what a merge stands on.
    """
    switch = [f"git switch {onto}"] if onto else []
    merge = (*switch, f"git merge --no-ff --no-edit {branch}", *then)
    if under_way:
        return (_end(under_way), *merge)
    if not in_the_way:
        return merge
    files = typed(_from_the_top(file) for file in in_the_way)
    return (f"git stash push --include-untracked -- {files}", *merge, "git stash pop --index")


def _end(under_way: str) -> str:
    if under_way == "bisect":
        return "git bisect reset"
    return f"git {under_way} --continue, or git {under_way} --abort"


def begun(under_way: str) -> str:
    """Say why a merge begins with the end of what is under way."""
    return f"a {under_way} is under way, and nothing is merged into it: end it first"


def not_committed(in_the_way: Sequence[str]) -> str:
    """Say why a merge begins with what is not committed."""
    more = len(in_the_way) - _NAMED
    files = ", ".join(in_the_way[:_NAMED]) + (f" and {more} more" if more > 0 else "")
    return (
        f"git would not merge over what is not committed in {files}: "
        "put it aside first, and take it back last"
    )


def _from_the_top(file: str) -> str:
    """Return a file as git knows it in whatever folder the command is typed."""
    return f":(top,literal){file}" if _PATTERN.intersection(file) else f":/{file}"


def conflict(candidate: Candidate, files: Sequence[str], dependents: Sequence[str]) -> str:
    """Say that a revert conflicts, and with what.

    Args:
        candidate: The commit.
        files: Where it conflicts.
        dependents: Later commits on these files, ``sha subject`` each, newest first.
    """
    later = "".join(f"\n    {line}" for line in dependents)
    return f"reverting {candidate.short} {candidate.subject!r} conflicts in {', '.join(files)}; built upon it:{later}"
