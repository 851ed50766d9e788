"""Every error that a person can act on: what went wrong, where, and what to run next."""

from __future__ import annotations

from typing import Any, Final

EXIT_GREEN: Final = 0
EXIT_RED: Final = 1
EXIT_USAGE: Final = 2
EXIT_ENVIRONMENT: Final = 4
EXIT_INTERRUPTED: Final = 130
_VERDICTS: Final = {EXIT_RED: "red", EXIT_USAGE: "usage", EXIT_ENVIRONMENT: "environment"}


class HubError(Exception):
    """A failure that a person can act on; anything else is a bug and keeps its traceback.

    Args:
        what: One sentence: what went wrong, and where.
        next_step: The command to run, or the change to make, next.
    """

    exit_code = EXIT_USAGE

    def __init__(self, what: str, *, next_step: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.next_step = next_step

    def __str__(self) -> str:
        return f"{self.what}\n  next: {self.next_step}" if self.next_step else self.what

    def as_json(self) -> dict[str, Any]:
        """Return ``error/1``, which a program reads in the place of the result that it asked for."""
        return {
            "schema": "error/1",
            "verdict": _VERDICTS[self.exit_code],
            "error": self.what,
            "next": [self.next_step] if self.next_step else [],
            "exit_code": self.exit_code,
        }


class UsageError(HubError):
    """The call was wrong."""


class EnvironmentNotReady(HubError):
    """Something that the hub stands on could not be had."""

    exit_code = EXIT_ENVIRONMENT


class ManifestError(HubError):
    """A manifest, or what belongs to it, cannot be used; ``field`` says where, such as ``routing.ports``.

    Attributes:
        file: The file that is wrong, where it is not the manifest.
    """

    exit_code = EXIT_RED

    def __init__(self, field: str, problem: str, *, file: str = "") -> None:
        super().__init__(f"{field} {problem}" if field else problem)
        self.field = field
        self.file = file


class AppUnusable(HubError):
    """An app that cannot be loaded, does not get ready, or crashed."""

    exit_code = EXIT_RED


class SmokeRed(HubError):
    """A new app that was made and did not pass its smoke."""

    exit_code = EXIT_RED
