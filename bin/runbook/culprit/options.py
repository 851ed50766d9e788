"""What a search is asked for."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import inf
from posixpath import join, normpath
from typing import TYPE_CHECKING

from runbook.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

TIMEOUT = 600.0  # seconds for one run


@dataclass(frozen=True, slots=True)
class Options:
    """What to search, and how.

    Attributes:
        repo: The repository, or a folder of it: of that folder the command runs in, and paths are relative to it.
        command: What tells good from bad: exit 0 pass, 125 untestable, 126 and up or a signal an error, else fail.
        good: The good end; empty to look for one.
        bad: The bad end.
        setup: Run before the command; where it fails the commit is untestable.
        jobs: How many probes at once; None for one, or as many as the cluster has threads.
        flake_rate: How often a good commit fails, if it is known; 0 if the command never lies.
        row: The id of the test that is run, if it is a row: the smokes that are kept tell how often it lies.
        confidence: How sure to be even of a command that lies; None trusts it until it contradicts itself.
        is_wary: Whether what is found will be reverted, so that more goes into the proof than a search may cost.
        first_parent: Whether a merge stands for all that it brought.
        resume: Whether to believe all that is remembered of this command, however old or contradictory.
        fresh: Whether to believe nothing that is remembered.
        timeout: Seconds for one run.
        cluster: The address of a Dask scheduler, or empty.
        suspects: Files that the failing test points at.
        overlay: Files and folders of today that are laid over every tree.
        unseen: Globs of files that the command cannot see.
        tip: Where the culprit is taken out again to see whether that mends it; empty for the bad end.
        overlay_root: The checkout that the overlay is read from; None for the repository's own.
    """

    repo: Path
    command: str
    good: str = ""
    bad: str = "HEAD"
    setup: str = ""
    jobs: int | None = None
    flake_rate: float | None = None
    row: str = ""
    confidence: float | None = None
    is_wary: bool = False
    first_parent: bool = False
    resume: bool = False
    fresh: bool = False
    timeout: float = TIMEOUT
    cluster: str = ""
    suspects: tuple[str, ...] = ()
    overlay: tuple[str, ...] = ()
    unseen: tuple[str, ...] = ()
    tip: str = ""
    overlay_root: Path | None = None

    def as_arguments(self) -> tuple[str, ...]:
        """Return what decides the outcome, besides the ends and the command, as words of a command line."""
        said: list[tuple[str, object]] = [
            ("--repo", self.repo.resolve()),
            ("--setup", self.setup or None),
            ("--flake-rate", self.flake_rate),
            ("--row", self.row or None),
            ("--confidence", self.confidence),
            ("--timeout", self.timeout if self.timeout != TIMEOUT else None),
            *(("--suspect", path) for path in self.suspects),
            *(("--overlay", path) for path in self.overlay),
            *(("--unseen", glob) for glob in self.unseen),
        ]
        words = [str(word) for pair in said if pair[1] is not None for word in pair]
        return (*words, "--first-parent") if self.first_parent else tuple(words)

    def seen_from_the_top(self, below: str) -> Options:
        """Return the same with all paths relative to the top of the repository.

        Args:
            below: The folder that they are relative to now; empty for the top.
        """
        if not below:
            return self

        def placed(paths: Iterable[str]) -> tuple[str, ...]:
            ends = ((path, "/" if path.endswith("/") else "") for path in paths)
            return tuple(normpath(join(below, path)) + end for path, end in ends)

        return replace(
            self,
            suspects=placed(self.suspects),
            overlay=placed(self.overlay),
            unseen=placed(self.unseen),
        )

    def check(self) -> None:
        """Raise `UsageError` where a value makes no sense."""
        check_runs(self.command, self.jobs, self.flake_rate, self.timeout)
        if self.confidence is not None and not 0.5 < self.confidence < 1:
            raise UsageError(f"--confidence is {self.confidence:g}; it is above 0.5 and below 1")
        if self.cluster and not self.cluster.rpartition(":")[2].isdecimal():
            raise UsageError(
                f"--cluster is {self.cluster!r}; it names a host and a port",
                next_step="--cluster tcp://HOST:8786, where 'dask scheduler' says that it listens",
            )
        if self.fresh and self.resume:
            raise UsageError(
                "--fresh believes nothing that was seen before, --resume all of it",
                next_step="leave --fresh away to go on with a search that was interrupted",
            )


def check_jobs(jobs: int) -> None:
    """Refuse fewer runs at once than one.

    Raises:
        UsageError: They are.
    """
    if jobs < 1:
        raise UsageError(f"--jobs is {jobs}; it is 1 or more", next_step="leave --jobs away")


def check_runs(command: str, jobs: int | None, flake_rate: float | None, timeout: float) -> None:
    """Refuse what makes no sense for the runs of any search.

    Args:
        command: For a shell.
        jobs: How many runs at once, from 1; None where nobody said.
        flake_rate: How often a good state fails, from 0 and below 0.5; None where nobody said.
        timeout: Seconds for one run, above 0.

    Raises:
        UsageError: One of them does not.
    """
    if not command.strip():
        raise UsageError("there is no command", next_step="pass --command CMD")
    if jobs is not None:
        check_jobs(jobs)
    if flake_rate is not None and not 0 <= flake_rate < 0.5:
        raise UsageError(f"--flake-rate is {flake_rate:g}; it is 0 or more and below 0.5")
    if not 0 < timeout < inf:
        raise UsageError(f"--timeout is {timeout:g}; it is above 0")
