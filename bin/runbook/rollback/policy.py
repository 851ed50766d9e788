"""Which commits may be reverted without a person who thinks about it first. Pure.

The limits follow what is known of LUCI Bisection: at most four reverts a day, no revert of a revert, no revert of what
others built upon, and a reason for whatever is not done.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from runbook.procedures.steps import Refused

A_DAY = 4  # reverts that are made within 24 hours without --yes
_OPTED_OUT = re.compile(r"^no[-_ ]?(?:auto[-_ ]?)?revert\b.*$", re.IGNORECASE | re.MULTILINE)
_REVERTS = re.compile(r"^This reverts commit ([0-9a-f]{7,64})", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Candidate:
    """What git knows of a commit that may be reverted.

    Attributes:
        sha: Its full name.
        short: Its short name, which branches and people use.
        message: The whole of it.
        parents: Their full names.
        is_in_head: Whether HEAD has it.
        reverted_by: The newest commit after it that says to revert it, or empty.
        recent: How many reverts a program made in the last 24 hours.
    """

    sha: str
    short: str
    message: str
    parents: tuple[str, ...]
    is_in_head: bool = True
    reverted_by: str = ""
    recent: int = 0

    @property
    def subject(self) -> str:
        """The first line of its message."""
        return self.message.partition("\n")[0]


def reverted_in(message: str) -> tuple[str, ...]:
    """Return the commits that a message says to revert."""
    return tuple(_REVERTS.findall(message))


def refuse(candidate: Candidate, *, mainline: int = 0, yes: bool = False) -> None:
    """Say no to a commit that must not be reverted by a program.

    Args:
        candidate: The commit.
        mainline: Of a merge, the parent to go back to, counted from 1; 0 where none was given.
        yes: Whether a person takes responsibility for more reverts than a day allows.

    Raises:
        Refused: The message holds the reason and the next command.
    """
    name = f"{candidate.short} {candidate.subject!r}"
    log = f"git log --oneline -5 {candidate.short}"
    if not candidate.is_in_head:
        raise Refused(
            f"{name} is not in HEAD", next_step=f"git branch --contains {candidate.short}"
        )
    if not candidate.parents:
        raise Refused(
            f"{name} is the root commit: without it there is nothing", next_step="mend it forward"
        )
    _refuse_merge(candidate, name, mainline)
    if reverted_in(candidate.message):
        raise Refused(
            f"{name} is itself a revert: reverting it brings back what somebody took out",
            next_step=f"{log}; then mend it forward, or git revert {candidate.short} by hand",
        )
    if opted := _OPTED_OUT.search(candidate.message):
        raise Refused(
            f"{name} has opted out: {opted[0].strip()!r}",
            next_step=f"git show {candidate.short}, and ask its author",
        )
    if candidate.reverted_by:
        raise Refused(
            f"{name} is reverted already, by {candidate.reverted_by[:10]}",
            next_step=f"git show {candidate.reverted_by[:10]}",
        )
    refuse_fifth(candidate.recent, yes=yes)


def refuse_fifth(recent: int, *, yes: bool = False, command: str = "the same command") -> None:
    """Say no to more reverts than a day allows.

    Args:
        recent: How many were made in the last 24 hours.
        yes: Whether a person takes responsibility.
        command: What was called.

    Raises:
        Refused: There were too many.
    """
    if recent >= A_DAY and not yes:
        raise Refused(
            f"{recent} reverts were made within a day, and {A_DAY} is the limit: "
            "something is wrong that reverts do not mend",
            next_step=f"{command} --yes, if a person has looked",
        )


def _refuse_merge(candidate: Candidate, name: str, mainline: int) -> None:
    count = len(candidate.parents)
    if count == 1 and mainline:
        raise Refused(f"{name} is no merge: it has no mainline", next_step="leave --mainline away")
    if count > 1 and not 1 <= mainline <= count:
        raise Refused(
            f"{name} is a merge of {count} parents, and no mainline says which of them to go back to",
            next_step=f"--mainline 1 keeps the first, {candidate.parents[0][:10]}; see git show {candidate.short}",
        )
