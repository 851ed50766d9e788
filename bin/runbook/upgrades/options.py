"""What an upgrade search is asked for."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from runbook.culprit.options import TIMEOUT, check_runs
from runbook.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

RESOLUTIONS = ("highest", "lowest", "lowest-direct")


@dataclass(frozen=True, slots=True)
class Options:
    """What to search, and how.

    Attributes:
        project: The folder of a project, or its requirements file.
        baseline: A file of pins that was green.
        command: What tells green from red, run in a copy of the project: exit 0 green, all else red.
        python: A version or an interpreter; empty for the one that uv finds for the project.
        as_of: The newest side is what was newest then, RFC 3339 or a date in UTC; empty for now.
        resolution: Of the newest side: the highest of all, or the lowest of what the project requires itself.
        prerelease: Packages of which pre-releases are taken; ``*`` for all.
        groups: Dependency groups to take besides those that the baseline speaks of.
        only_groups: Whether nothing but `groups` is taken.
        flake_rate: How often the command fails in a good environment, if that is known.
        error: The chance of a wrong answer about one environment of a flaky command.
        jobs: How many environments to test at once.
        timeout: Seconds for one run of the command.
        fresh: Whether to believe nothing that earlier searches saw.
        bound: Whether to look for the first bad release.
        lift: Whether to leave out the constraints that drift wrote into ``pyproject.toml``.
        ages: Whether to look up how old the newest releases are.
        suspected: Upgrades that broke another command of this project today, each with its first bad release; they
            are tried first, and not believed.
        newest_first: Whether the newest ends the search where it is green, before anybody looks at the baseline.
    """

    project: Path
    baseline: Path
    command: str
    python: str = ""
    as_of: str = ""
    resolution: str = "highest"
    prerelease: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    only_groups: bool = False
    flake_rate: float | None = None
    error: float = 0.01
    jobs: int = 1
    timeout: float = TIMEOUT
    fresh: bool = False
    bound: bool = True
    lift: bool = False
    ages: bool = False
    newest_first: bool = False
    suspected: tuple[tuple[str, str], ...] = ()

    def check(self) -> None:
        """Raise `UsageError` where a value makes no sense."""
        check_runs(self.command, self.jobs, self.flake_rate, self.timeout)
        if not self.project.exists():
            raise UsageError(f"{self.project} does not exist", next_step="pass --project DIR")
        if not self.baseline.is_file():
            raise UsageError(
                f"{self.baseline} does not exist",
                next_step="pass --baseline FILE, a file of name==version lines",
            )
        if self.resolution not in RESOLUTIONS:
            raise UsageError(
                f"--resolution is {self.resolution}; it is one of {', '.join(RESOLUTIONS)}"
            )


def moment(text: str) -> str:
    """Return a date or a time as a full UTC time stamp; a bare date is the end of that day.

    Raises:
        UsageError: It is neither.
    """
    try:
        if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
            return f"{datetime.strptime(text, '%Y-%m-%d').replace(tzinfo=UTC):%Y-%m-%d}T23:59:59Z"
        when = datetime.fromisoformat(text)
    except ValueError as error:
        raise UsageError(
            f"{text!r} is no date", next_step="write 2026-05-31 or 2026-05-31T12:00:00Z"
        ) from error
    return f"{when.replace(tzinfo=when.tzinfo or UTC).astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
