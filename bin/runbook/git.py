"""Ask git, in one place: what it prints, or why it would not."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

from runbook.errors import RunbookError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


class GitError(RunbookError):
    """Git refused, or is not there."""


def git(root: Path, *arguments: str, environment: Mapping[str, str] | None = None) -> str:
    """Run git in ``root`` and return what it printed, without the last line's end.

    Args:
        root: The folder to run it in.
        arguments: What follows ``git``.
        environment: Variables to set for it besides this process's own.

    Raises:
        GitError: It failed, or there is no git on PATH.
    """
    variables = {**os.environ, **(environment or {})}
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
