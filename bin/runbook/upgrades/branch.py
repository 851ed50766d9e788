"""A commit on a branch of its own, made beside the user's tree: neither HEAD nor index nor any file is touched."""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

from runbook.errors import EnvironmentNotReady
from runbook.git import git

_MAIN = frozenset({"main", "master", "trunk"})


def commit_file(root: Path, branch: str, name: str, text: str, message: str) -> str:
    """Commit one file on top of HEAD on a branch, which is made or moved on; return the commit.

    A branch that is there is built upon, so nothing of it is lost; where its file says the same already, no commit
    is made.

    Args:
        root: The repository.
        branch: Its name; never a main branch, and not the one that is checked out.
        name: The file, relative to the top of the repository.
        text: What it shall hold.
        message: Of the commit.

    Raises:
        GitError: git refused.
        EnvironmentNotReady: The branch is not one to be written.
    """
    head = git(root, "rev-parse", "--abbrev-ref", "HEAD")
    if branch in _MAIN or branch == head:
        raise EnvironmentNotReady(
            f"{branch} is not written to by a program", next_step="check out another branch"
        )
    reference = f"refs/heads/{branch}"
    parent = git(root, "for-each-ref", "--format=%(objectname)", reference) or git(
        root, "rev-parse", "HEAD"
    )
    with tempfile.TemporaryDirectory(prefix="runbook-branch-") as scratch:
        index = {"GIT_INDEX_FILE": str(Path(scratch) / "index")}
        git(root, "read-tree", parent, environment=index)
        blob = _store(root, text)
        git(
            root, "update-index", "--add", "--cacheinfo", f"100644,{blob},{name}", environment=index
        )
        tree = git(root, "write-tree", environment=index)
    if tree == git(root, "rev-parse", f"{parent}^{{tree}}"):
        return parent
    commit = git(root, "commit-tree", tree, "-p", parent, "-m", message)
    old = git(root, "for-each-ref", "--format=%(objectname)", reference) or "0" * 40
    git(root, "update-ref", reference, commit, old)
    return commit


def committed(root: Path, branch: str, name: str) -> str:
    """Return what a file holds on a branch; nothing where there is no such branch, or no such file on it."""
    sha = git(root, "for-each-ref", "--format=%(objectname)", f"refs/heads/{branch}")
    is_there = sha and git(root, "ls-tree", "--name-only", sha, "--", name)
    return git(root, "show", f"{sha}:{name}") + "\n" if is_there else ""


def _store(root: Path, text: str) -> str:
    command = ["git", "hash-object", "-w", "--stdin"]
    done = subprocess.run(command, cwd=root, input=text.encode(), capture_output=True, check=True)
    return done.stdout.decode().strip()
