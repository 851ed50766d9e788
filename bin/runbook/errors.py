"""One family of errors, caught once at the edge: what went wrong, where, and what to run next."""

from __future__ import annotations

from runbook.exit_codes import ExitCode


class RunbookError(Exception):
    """A failure that a person can act on; anything else is a bug and keeps its traceback.

    Args:
        what: One sentence: what went wrong, and where.
        next_step: The command to run, or the change to make, next.
    """

    exit_code = ExitCode.USAGE

    def __init__(self, what: str, *, next_step: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.next_step = next_step

    def __str__(self) -> str:
        return f"{self.what}\n  next: {self.next_step}" if self.next_step else self.what


class UsageError(RunbookError):
    """The call was wrong."""


class EnvironmentNotReady(RunbookError):
    """Something that the command stands on could not be had."""

    exit_code = ExitCode.ENVIRONMENT
