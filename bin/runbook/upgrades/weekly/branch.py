"""Commits on branches of their own, made beside the user's tree: neither HEAD nor index nor any file is touched."""

from __future__ import annotations

import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from runbook.errors import EnvironmentNotReady
from runbook.git import GitError, git

_MAIN = frozenset({"main", "master", "trunk"})


@dataclass(frozen=True, slots=True)
class File:
    """A file as it shall be.

    Attributes:
        name: Relative to the top of the repository.
        text: What it holds.
    """

    name: str
    text: str


def commit_file(root: Path, branch: str, file: File, message: str, *, on: str = "HEAD") -> str:
    """Commit one file on top of another commit, on a branch which is made or moved on; return the commit.

    A branch that is there becomes a parent too, so whoever has it goes on without force.

    Args:
        root: The repository.
        branch: Its name; never a main branch, and not the one that is checked out.
        file: What is new.
        message: Of the commit.
        on: The commit whose other files it shall have.

    Raises:
        GitError: git refused.
        EnvironmentNotReady: The branch is not one to be written.
    """
    _refuse_a_persons(root, branch)
    with tempfile.TemporaryDirectory(prefix="runbook-branch-") as scratch:
        index = {"GIT_INDEX_FILE": str(Path(scratch) / "index")}
        git(root, "read-tree", on, environment=index)
        entry = f"100644,{_store(root, file.text)},{file.name}"
        git(root, "update-index", "--add", "--cacheinfo", entry, environment=index)
        tree = git(root, "write-tree", environment=index)
    there = tip(root, branch)
    parents = git(root, "merge-base", "--independent", *filter(None, (there, on))).split()
    # The commit on which it stands is the last one, by which it is told what was changed here.
    parents.sort(key=lambda parent: parent != there)
    commit = git(root, "commit-tree", tree, *(f"-p{each}" for each in parents), "-m", message)
    point(root, branch, commit)
    return commit


def _refuse_a_persons(root: Path, branch: str) -> None:
    if branch in _MAIN or branch == git(root, "rev-parse", "--abbrev-ref", "HEAD"):
        raise EnvironmentNotReady(
            f"{branch} is not written to by a program", next_step="check out another branch"
        )


def point(root: Path, branch: str, commit: str) -> None:
    """Let a branch of this repository end at a commit; one that somebody moved meanwhile is left alone.

    Raises:
        GitError: git refused.
    """
    reference = f"refs/heads/{branch}"
    old = git(root, "for-each-ref", "--format=%(objectname)", reference)
    if old != commit:
        git(root, "update-ref", reference, commit, old or "0" * 40)


def tip(root: Path, branch: str) -> str:
    """Return the last commit of a branch, of this repository or else of its origin; nothing where there is none."""
    names = (f"refs/heads/{branch}", f"refs/remotes/origin/{branch}")
    found = [git(root, "for-each-ref", "--format=%(objectname)", name) for name in names]
    return next(filter(None, found), "")


def held(root: Path, commit: str, name: str) -> str:
    """Return what a file holds in a commit; nothing where it is not in it."""
    is_there = git(root, "ls-tree", "--full-tree", "--name-only", commit, "--", name)
    return git(root, "show", f"{commit}:{name}") + "\n" if is_there else ""


def last_parent(root: Path, commit: str) -> str:
    """Return the commit on which `commit_file` has built another; nothing for the first of all."""
    return (git(root, "log", "-1", "--format=%P", commit).split() or [""])[-1]


def forks(root: Path, one: str, other: str) -> list[str]:
    """Return the last commits that two have in common; none where they have no past in common."""
    try:
        return git(root, "merge-base", "--all", one, other).split()
    except GitError:
        return []


def _store(root: Path, text: str) -> str:
    command = ["git", "hash-object", "-w", "--stdin"]
    done = subprocess.run(command, cwd=root, input=text.encode(), capture_output=True, check=True)
    return done.stdout.decode().strip()
