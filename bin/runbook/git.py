"""Ask git, in one place: what it prints, or why it would not."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
from typing import TYPE_CHECKING

from runbook.errors import RunbookError
from runbook.exit_codes import ExitCode

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


# Set by git for its hooks: they would send us to another repository than the one that was asked for.
_OF_A_HOOK = frozenset({
    "GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_COMMON_DIR", "GIT_PREFIX",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_NAMESPACE", "GIT_GRAFT_FILE", "GIT_SHALLOW_FILE",
})  # fmt: skip


# As newer gits say that a repository is somebody else's, and older ones.
_FOREIGN = re.compile(r"(?:dubious ownership in repository at |unsafe repository \()'(.+?)'")
# How git says that a disk is full; the second is its own word.
_FULL = ("No space left on device", "Out of diskspace", "Disk quota exceeded")


class GitError(RunbookError):
    """Git refused, or is not there."""


class NoSpace(GitError):
    """Git had no space to write to, for instance for an index of its own in the temporary folder."""

    exit_code = ExitCode.ENVIRONMENT


def clean_environment() -> dict[str, str]:
    """Return this process's environment without what a git hook would leave in it."""
    return {key: value for key, value in os.environ.items() if key not in _OF_A_HOOK}


def git(root: Path, *arguments: str, environment: Mapping[str, str] | None = None) -> str:
    """Run git in ``root`` and return what it printed, without the last line's end.

    Args:
        root: The folder to run it in.
        arguments: What follows ``git``.
        environment: Variables to set for it besides this process's own, of which none leads to another
            repository than that of ``root``.

    Raises:
        GitError: It failed, or there is no git on PATH; `NoSpace` where the disk is full.
    """
    variables = {**clean_environment(), **(environment or {})}
    try:
        done = subprocess.run(
            ["git", *arguments],
            cwd=root,
            env=variables,
            capture_output=True,
            encoding="utf-8",
            errors="surrogateescape",  # a file's name may be any bytes
            check=False,
        )
    except FileNotFoundError as error:
        raise GitError("git is not on PATH", next_step="install git") from error
    if done.returncode:
        said = done.stderr.strip() or f"exit status {done.returncode}"
        what = f"git {arguments[0]}: {said}"
        if step := step_where_full(said):
            raise NoSpace(what, next_step=step)
        step = step_where_foreign(said) or "run this inside a git checkout"
        raise GitError(what, next_step=step)
    return done.stdout.removesuffix("\n")


def step_where_foreign(said: str) -> str:
    """What to do where git says that a repository is somebody else's; empty where it says something else."""
    if found := _FOREIGN.search(said):
        trust = f"git config --global --add safe.directory {shlex.quote(found[1])}"
        return f"{trust}, if you trust its owner"
    return ""


def step_where_full(said: str) -> str:
    """What to do where git says that a disk is full; empty where it says something else."""
    is_full = any(word in said for word in _FULL)
    return "free the place, or set TMPDIR to a folder with space" if is_full else ""
