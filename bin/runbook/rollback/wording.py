"""What a revert says for itself, and how it is merged. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from textwrap import fill
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from runbook.rollback.policy import Candidate

ORIGINAL = "Original subject:"  # by this line the reverts of a program are known
_WIDTH = 72
_SUBJECT = 60  # characters of the original subject that fit beside the word in front of it


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
    """Say how sure a search is and from how many runs, of which an earlier search may have made all."""
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
    return f"revert/{candidate.short}"


def merge_commands(branch: str, onto: str) -> tuple[str, ...]:
    """Return what a person types to merge a revert.

    Args:
        branch: The revert's.
        onto: The branch that is checked out, or empty where HEAD is detached.
    """
    return (*([f"git switch {onto}"] if onto else []), f"git merge --no-ff --no-edit {branch}")


def conflict(candidate: Candidate, files: Sequence[str], dependents: Sequence[str]) -> str:
    """Say that a revert conflicts, and with what.

    Args:
        candidate: The commit.
        files: Where it conflicts.
        dependents: Later commits on these files, ``sha subject`` each, newest first.
    """
    later = "".join(f"\n    {line}" for line in dependents)
    return f"reverting {candidate.short} {candidate.subject!r} conflicts in {', '.join(files)}; built upon it:{later}"
