"""What git knows of a commit that may be reverted."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from runbook.culprit.git import git
from runbook.culprit.history import Repository
from runbook.errors import RunbookError
from runbook.json_files import read_lines
from runbook.procedures.journal import AUDIT
from runbook.procedures.steps import Outcome
from runbook.rollback.policy import Candidate, reverted_in
from runbook.rollback.wording import ORIGINAL, REVERTS

if TYPE_CHECKING:
    from pathlib import Path

    from runbook.project import Project

BRANCH = "branch"  # the step that leaves a revert behind, in every procedure that does
_DAY = 24 * 3600  # seconds
_OURS = ("--all-match", f"--grep=^{ORIGINAL}")
_PHRASE = ("--basic-regexp", "--grep=^This reverts commit ")  # whatever grep.patternType says


def read_candidate(project: Project, repository: Repository, revision: str, head: str) -> Candidate:
    """Read what the policy asks about a commit.

    Args:
        project: Whose audit knows the reverts that were made.
        repository: The repository.
        revision: The commit, as a person names it.
        head: The full name of HEAD.

    Raises:
        UsageError: There is no such commit.
    """
    sha = repository.resolve(revision)
    root = repository.root
    shown = git(root, "show", "-s", "--no-show-signature", "--format=%h%x00%P%x00%B", sha)
    short, parents, message = shown.split("\0", 2)
    is_in_head = repository.is_ancestor(sha, head)
    return Candidate(
        sha,
        short,
        message.strip(),
        tuple(parents.split()),
        is_in_head,
        reverted_by(root, sha, head) if is_in_head else "",
        recent_reverts(project, root),
    )


def recent_reverts(project: Project, root: Path) -> int:
    """Return how many reverts were made by a program in the last 24 hours; those of people do not count."""
    return len(_of_branches(root) | _of_audit(project))


def reverted_by(root: Path, sha: str, head: str) -> str:
    """Return the newest commit after ``sha`` that reverts it, unless that was itself reverted; empty for none."""
    log = git(
        root,
        "log",
        "-z",
        "--no-show-signature",
        *_PHRASE,
        "--format=%H%x00%B%x01",
        f"{sha}..{head}",
    )
    undone: set[str] = set()
    for entry in log.split("\x01"):
        by, _, message = entry.strip("\0\n").partition("\0")
        named = reverted_in(message)
        if by not in undone and any(sha.startswith(name) for name in named):
            return by
        if by not in undone:
            undone.update(named)
    return ""


def lives_elsewhere(root: Path, sha: str, head: str) -> bool:
    """Whether a branch holds a commit that ``head`` does not; the branch of its own revert does not count."""
    holders = ("for-each-ref", "--format=%(refname)", f"--contains={sha}")
    try:
        if Repository(root).is_ancestor(sha, head):
            return False
        names = git(root, *holders, "refs/heads", "refs/remotes").split()
    except RunbookError:  # it is gone
        return False
    return any(f"/{REVERTS}" not in name for name in names)


def _of_branches(root: Path) -> set[str]:
    """Those that branches have; they are told from people's by what `wording` writes."""
    since = int(time.time()) - _DAY
    return set(
        git(root, "log", "--branches", f"--since={since}", *_PHRASE, *_OURS, "--format=%H").split()
    )


def _of_audit(project: Project) -> set[str]:
    """The reverts that were made here in the last 24 hours; their branches may be gone."""
    since = time.time() - _DAY
    return {
        line["made"]
        for line in read_lines(project.state / AUDIT)
        if (line["step"], line["outcome"]) == (BRANCH, Outcome.OK) and line["wall"][1] >= since
    }
