"""Which tiers a change needs: a whole tier costs about a second, so no smaller choice is worth a partial verdict."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from runbook.git import GitError, git
from runbook.rows import read_rows

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from runbook.project import Project, Tier


def changed_files(root: Path) -> list[str]:
    """Return what differs from where this branch left its upstream, uncommitted files included.

    Without an upstream it is the uncommitted change alone; with a clean tree then, the last commit.

    Raises:
        GitError: ``root`` is in no repository, or git refuses.
    """
    try:
        base = git(root, "merge-base", "HEAD", "@{upstream}")
    except GitError:
        return _differing(root, "HEAD") or _of_last_commit(root)
    return _differing(root, base)


def _differing(root: Path, base: str) -> list[str]:
    tracked = git(root, "diff", "--name-only", "--no-renames", "--relative", "-z", base)
    untracked = git(root, "ls-files", "--others", "--exclude-standard", "-z")
    return sorted({name for name in (tracked + untracked).split("\0") if name})


def _of_last_commit(root: Path) -> list[str]:
    try:
        return _differing(root, "HEAD~1")
    except GitError:  # the first commit: there is nothing before it
        return []


def tiers_for(project: Project, files: Iterable[str]) -> list[Tier]:
    """Return the tiers that watch one of ``files``, or hold a row that suspects one; all for the noxfile."""
    files = list(files)
    return [
        tier
        for tier in project.tiers.values()
        if any(_concerns(project, tier, file) for file in files)
    ]


def _concerns(project: Project, tier: Tier, file: str) -> bool:
    globs = ("noxfile.py", *tier.watch, *(f"{path}*" for path in tier.tests))
    if any(fnmatchcase(file, glob) for glob in globs):
        return True
    return any(file in row.suspect_paths for row in read_rows(project.root, tier.tests))
