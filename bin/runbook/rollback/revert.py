"""The revert itself: made in a disposable checkout, and handed over as a branch when it is proved."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from runbook.culprit.git import GitFailed, git
from runbook.errors import EnvironmentNotReady
from runbook.git import clean_environment
from runbook.procedures.steps import Refused
from runbook.rollback.wording import conflict

if TYPE_CHECKING:
    from runbook.culprit.probes.worktrees import Worktree
    from runbook.rollback.policy import Candidate

_NOTHING = "0" * 40  # as the old value of a ref: it must not be there yet
_GO_ON = "the same command with --resume"
_SHOWN = 8  # dependent commits
# What git leaves in its folder while something goes on; a rebase may have the mark of a cherry-pick besides.
_MARKS = {
    "rebase-merge": "rebase", "rebase-apply": "rebase", "MERGE_HEAD": "merge",
    "CHERRY_PICK_HEAD": "cherry-pick", "REVERT_HEAD": "revert", "BISECT_LOG": "bisect",
}  # fmt: skip


def make_revert(  # noqa: PLR0913 - a revert is all of these
    root: Path, tree: Worktree, candidate: Candidate, head: str, message: str, *, mainline: int = 0
) -> str:
    """Revert a commit on top of HEAD, in ``tree``; return the new commit.

    The commit's objects go to the user's repository too, where nothing refers to them yet.

    Args:
        root: The user's repository.
        tree: Where to do it.
        candidate: What to revert.
        head: The full name of HEAD.
        message: Of the new commit.
        mainline: Of a merge, the parent to go back to, from 1.

    Raises:
        Refused: It conflicts, or there is nothing left to revert.
        EnvironmentNotReady: git does not know who commits, or there is no space.
    """
    tree.prepare(head, ())
    apply_revert(tree.path, candidate, head, mainline=mainline)
    if git(tree.path, "write-tree").strip() == git(tree.path, "rev-parse", "HEAD^{tree}").strip():
        raise Refused(
            f"{candidate.short} {candidate.subject!r} has no effect on HEAD any more",
            next_step=f"git log --oneline {candidate.short}..HEAD",
        )
    _commit(root, tree.path, message)
    made = git(tree.path, "rev-parse", "HEAD").strip()
    git(tree.path, "branch", "--force", "runbook-revert", made)
    git(
        root, "-c", "maintenance.auto=false", "fetch", "--quiet", "--no-tags", "--no-write-fetch-head",
        "--no-recurse-submodules", "--no-auto-maintenance", str(tree.path), "refs/heads/runbook-revert",
    )  # fmt: skip
    return made


def in_the_way(root: Path, made: str) -> list[str]:
    """Return the files whose work that is not committed keeps git from merging a revert into HEAD.

    It merges nothing into an index with changes, and writes over no file that was changed or is new.
    """
    written = set(
        _entries(git(root, "diff", "--name-only", "--no-renames", "-z", f"{made}^", made))
    )
    every = ("--porcelain", "--no-renames", "--untracked-files=all", "-z")
    changed = _entries(git(root, "--no-optional-locks", "status", *every))
    # Two letters and a space stand before a name: how it is changed in the index, and how in the tree.
    return [entry[3:] for entry in changed if entry[0] not in " ?" or entry[3:] in written]


def under_way(root: Path) -> str:
    """Return what git has begun and not ended in a working tree, a merge for instance; empty for nothing."""
    folder = Path(git(root, "rev-parse", "--absolute-git-dir").removesuffix("\n"))
    return next((what for mark, what in _MARKS.items() if (folder / mark).exists()), "")


def _entries(listed: str) -> list[str]:
    """Split what git prints with a zero byte behind each entry."""
    return listed.split("\0")[:-1]


def apply_revert(checkout: Path, candidate: Candidate, head: str, *, mainline: int = 0) -> None:
    """Take a commit's change out of a checkout and its index, without a commit.

    Raises:
        Refused: It conflicts; the message names the later commits on the same files.
    """
    options = ["--mainline", str(mainline)] if mainline else []
    try:
        git(checkout, "revert", "--no-commit", *options, candidate.sha)
    except GitFailed:
        files = _entries(git(checkout, "diff", "--name-only", "--diff-filter=U", "-z"))
        if not files:
            raise  # it was no conflict
        later = f"{candidate.sha}..{head}"
        log = git(
            checkout,
            "log",
            f"-{_SHOWN}",
            "--no-show-signature",
            "--format=%h %s",
            later,
            "--",
            *files,
        )
        raise Refused(
            conflict(candidate, files, log.splitlines()),
            next_step=f"git revert {candidate.short} on a branch of its own, and resolve by hand; "
            "or revert first what was built upon it",
        ) from None


def _commit(root: Path, checkout: Path, message: str) -> None:
    """Commit what is staged, by the identity that the user's repository has."""
    identity: dict[str, str] = {}
    for role in ("AUTHOR", "COMMITTER"):
        name, _, rest = _identity(root, f"GIT_{role}_IDENT").rpartition(" <")
        identity |= {f"GIT_{role}_NAME": name, f"GIT_{role}_EMAIL": rest.partition(">")[0]}
    done = subprocess.run(
        ["git", "-c", "commit.gpgSign=false", "-c", "core.hooksPath=/dev/null", "commit", "--quiet", "--file", "-"],
        cwd=checkout,
        input=message.encode(errors="surrogateescape"),
        env=clean_environment() | identity,
        capture_output=True,
        check=False,
    )  # fmt: skip
    if done.returncode:
        raise EnvironmentNotReady(f"git commit: {os.fsdecode(done.stderr).strip()}")


def _identity(root: Path, variable: str) -> str:
    try:
        return git(root, "var", variable)
    except GitFailed as error:
        raise EnvironmentNotReady(
            "git does not know who you are, and a revert has an author",
            next_step="git config user.name NAME, and git config user.email ADDRESS",
        ) from error


def publish(root: Path, branch: str, made: str) -> bool:
    """Make a branch that points at a commit; return whether it was made, and not there already.

    Raises:
        Refused: A branch of this name is there, and is something else; or one that leaves no room for it.
        EnvironmentNotReady: git cannot write it.
    """
    reference = f"refs/heads/{branch}"
    try:
        git(
            root,
            "update-ref",
            "--create-reflog",
            "-m",
            "revert-and-resmoke",
            reference,
            made,
            _NOTHING,
        )
    except GitFailed as error:
        there = _commit_of(root, reference)
        if there and _content(root, there) == _content(root, made):
            return False
        standing = branch if there else _in_the_way(root, branch)
        if not standing:
            raise EnvironmentNotReady(error.what, next_step=f"mend that, then {_GO_ON}") from error
        why = "and is something else" if there else f"so that none can be called {branch}"
        raise Refused(
            f"the branch {standing} is there already, {why}",
            next_step=f"git branch --move {standing} before-{standing}, then {_GO_ON}",
        ) from error
    return True


def _in_the_way(root: Path, branch: str) -> str:
    """Return the first branch that leaves no room for one of this name: git keeps each as a file, or as a folder."""
    above = [str(parent) for parent in PurePosixPath(branch).parents[:-1]]
    patterns = [f"refs/heads/{name}" for name in above] + [f"refs/heads/{branch}/"]
    names = git(root, "for-each-ref", "--format=%(refname:lstrip=2)", *patterns).split()
    return next((name for name in names if name in above or name.startswith(f"{branch}/")), "")


def _commit_of(root: Path, reference: str) -> str:
    try:
        return git(root, "rev-parse", "--verify", "--quiet", f"{reference}^{{commit}}").strip()
    except GitFailed:
        return ""


def _content(root: Path, commit: str) -> str:
    """The tree and the parents of a commit: two reverts of one commit differ in nothing but their time."""
    return git(root, "show", "-s", "--no-show-signature", "--format=%T %P", commit)
