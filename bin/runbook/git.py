"""Ask git, in one place: what it prints, or why it would not."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

from runbook.errors import RunbookError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


# Set by git for its hooks: they would send us to another repository than the one that was asked for.
_OF_A_HOOK = frozenset({
    "GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_COMMON_DIR", "GIT_PREFIX",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_NAMESPACE", "GIT_GRAFT_FILE", "GIT_SHALLOW_FILE",
})  # fmt: skip


class GitError(RunbookError):
    """Git refused, or is not there."""


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
        GitError: It failed, or there is no git on PATH.
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
        step = "run this inside a git checkout"
        raise GitError(f"git {arguments[0]}: {said}", next_step=step)
    return done.stdout.removesuffix("\n")
