"""One family of errors, caught once at the edge: what went wrong, where, and what to run next."""

from __future__ import annotations

import contextlib
import errno
from typing import Any, Final

from runbook.exit_codes import ExitCode
from runbook.processes.standard_streams import narrate

_VERDICTS: Final = {
    ExitCode.RED: "red",
    ExitCode.USAGE: "usage",
    ExitCode.ENVIRONMENT: "environment",
    ExitCode.REFUSED: "refused",
    ExitCode.INCONCLUSIVE: "inconclusive",
    ExitCode.INTERRUPTED: "interrupted",
}


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

    def as_json(self) -> dict[str, Any]:
        """Return ``error/1``: what a program reads in the place of the result that it asked for."""
        return {
            "schema": "error/1",
            "verdict": _VERDICTS.get(self.exit_code, "failed"),
            "error": self.what,
            "next": [self.next_step] if self.next_step else [],
            "exit_code": int(self.exit_code),
        }


class UsageError(RunbookError):
    """The call was wrong."""


class EnvironmentNotReady(RunbookError):
    """Something that the command stands on could not be had."""

    exit_code = ExitCode.ENVIRONMENT


def lacking(error: OSError) -> EnvironmentNotReady:
    """Return what the system refused as something to act on."""
    is_full = error.errno in {errno.ENOSPC, errno.EDQUOT}
    return EnvironmentNotReady(
        f"{error.filename or 'the disk'}: {error.strerror}",
        next_step="free some space" if is_full else "",
    )


class Interrupted(RunbookError):
    """Somebody pressed Ctrl-C; never raised, for it is no reason to try something else instead."""

    exit_code = ExitCode.INTERRUPTED

    def __init__(self, *, next_step: str = "") -> None:
        super().__init__("interrupted", next_step=next_step)


def tell(error: RunbookError, json_file: str) -> ExitCode:
    """Say why a command ended: to a person on standard error, to a program where it looks for the result.

    Args:
        error: What ended it.
        json_file: Where the result would have gone as JSON; ``-`` is standard output, empty is nowhere.

    Returns:
        The exit code of the error.
    """
    narrate(f"error: {error}")
    return leave(error, json_file)


def leave(error: RunbookError, json_file: str) -> ExitCode:
    """Write why a command ended where a program looks for the result; a person was told already. As `tell` else."""
    from runbook.json_files import hand_out  # noqa: PLC0415 - it tells its own errors by this module

    with contextlib.suppress(EnvironmentNotReady):  # perhaps the very thing that the error says
        hand_out(error.as_json(), json_file)
    return error.exit_code
