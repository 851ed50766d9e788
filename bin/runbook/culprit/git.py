"""Running git so that it changes nothing that the user can see."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

from runbook.errors import EnvironmentNotReady, UsageError
from runbook.git import clean_environment, step_where_full

if TYPE_CHECKING:
    from pathlib import Path

_QUIET = {"GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}
# No hook, no filter and no monitor of the user's own decides what a tree holds.
_SETTINGS = (
    "-c", "core.hooksPath=/dev/null", "-c", "core.attributesFile=/dev/null", "-c", "core.fsmonitor=false",
    "-c", "gc.auto=0", "-c", "core.quotePath=false",
)  # fmt: skip
_CLOSED = ("insufficient permission for adding an object", "Read-only file system")
_NO_FOLDER = "pass a folder that is there"

# The trees of a search are cloned together, from a name that is the search's own. No cache of functools: what that
# wraps is pickled by its name, and a worker of a cluster gets this module by value, not having the package.
_promised: dict[Path, tuple[str, ...]] = {}


class GitFailed(EnvironmentNotReady):
    """git ended with an error; ``what`` holds the line that says which."""


def git(folder: Path, *arguments: str, given: str = "") -> str:
    """Run git in ``folder`` and return what it printed.

    Args:
        folder: The folder.
        arguments: What follows ``git``.
        given: What it reads.

    Raises:
        UsageError: git is not installed, or the folder does not exist.
        GitFailed: git ended with an error.
    """
    try:
        done = subprocess.run(
            ["git", *_SETTINGS, *arguments], cwd=folder, env=clean_environment() | _QUIET,
            input=os.fsencode(given), capture_output=True, check=False,
        )  # fmt: skip
    except FileNotFoundError as error:
        step = "install git" if error.filename == "git" else _NO_FOLDER
        raise UsageError(f"{error.filename} does not exist", next_step=step) from error
    except NotADirectoryError as error:
        raise UsageError(f"{folder} is not a folder", next_step=_NO_FOLDER) from error
    if done.returncode:
        said = os.fsdecode(done.stderr).strip().splitlines() or [f"exit status {done.returncode}"]
        # What is fatal may be followed by a page of advice.
        complaint = next((line for line in said if line.startswith("fatal: ")), said[-1])
        pairs = zip(("", *arguments), arguments, strict=False)
        command = next(
            each for before, each in pairs if before != "-c" and not each.startswith("-")
        )
        everything = "\n".join(said)
        is_closed = any(words in everything for words in _CLOSED)
        step = "make the repository's .git writable" if is_closed else step_where_full(everything)
        raise GitFailed(f"git {command} in {folder}: {complaint}", next_step=step)
    return os.fsdecode(done.stdout)


def borrow(source: Path, place: Path, *options: str) -> None:
    """Clone a repository so that its objects are borrowed; what a partial one lacks, the clone fetches for itself.

    Args:
        source: The folder that git calls ``.git``, or a bundle.
        place: The clone.
        options: Further ones of ``git clone``.
    """
    if source not in _promised:
        _promised[source] = _ask_whom(source) if source.is_dir() else ()
    arguments = ("--quiet", "--shared", "--template=", *options, *_promised[source])
    git(place.parent, "clone", *arguments, "--", str(source), str(place))


def _ask_whom(source: Path) -> tuple[str, ...]:
    """Return the options by which a clone asks whom a partial clone was promised its missing objects by."""
    config = ("config", "--file", str(source / "config"))
    try:
        key, _, _ = git(source, *config, "--get-regexp", r"^remote\..*\.promisor$").partition(" ")
        url = git(source, *config, "--get", f"{key.removesuffix('promisor')}url").removesuffix("\n")
    except GitFailed:  # nothing was left out
        return ()
    return "-c", "remote.promised.promisor=true", "-c", f"remote.promised.url={url}"
