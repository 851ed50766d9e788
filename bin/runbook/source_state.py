"""Which source a run was made of: the commit, and the tree that was really on disk."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from runbook.git import GitError, git

if TYPE_CHECKING:
    from collections.abc import Iterable

INDEX_PREFIX = "runbook-index-"  # of the folder of a throwaway index, which lives for seconds
SHORT = 7  # characters of an object's name that the lines show


@dataclass(frozen=True, slots=True)
class SourceState:
    """What was on disk.

    Attributes:
        commit: Short name of HEAD, or ``none`` outside a repository or before the first commit.
        tree: Short name of the tree on disk, ignored files left out; ``none`` where unknown.
        is_dirty: Whether that tree is another than HEAD's; None where unknown.
        commit_id: Full name of HEAD; empty where there is none.
        tree_id: Full name of the tree on disk; empty where unknown.
    """

    commit: str = "none"
    tree: str = "none"
    is_dirty: bool | None = None
    commit_id: str = field(default="", compare=False)
    tree_id: str = field(default="", compare=False)


def read_source_state(root: Path) -> SourceState:
    """Read the state of the working tree at ``root`` without touching its index or its objects.

    The tree is hashed through a throwaway index that starts from HEAD, so that ``assume-unchanged``
    and ``skip-worktree`` flags cannot hide an edit; see docs/adr/0007-tree-by-throwaway-index.md.
    """
    try:
        commit, committed_tree = git(root, "rev-parse", "HEAD^{commit}", "HEAD^{tree}").split()
    except GitError:
        return SourceState()
    try:
        tree = tree_on_disk(root)
    except GitError:  # such as a repository inside this one that has no commit
        return SourceState(commit[:SHORT], commit_id=commit)
    is_dirty = tree != committed_tree
    return SourceState(commit[:SHORT], tree[:SHORT], is_dirty, commit_id=commit, tree_id=tree)


def tree_on_disk(root: Path, *, without: Iterable[Path] = ()) -> str:
    """Return the full name of the tree on disk, ignored files left out; see `read_source_state`.

    Args:
        root: A folder of the repository.
        without: Files that are left out, too, unless they are committed.

    Raises:
        GitError: There is no commit yet, or git refuses.
    """
    top = Path(git(root, "rev-parse", "--show-toplevel"))
    objects = git(root, "rev-parse", "--path-format=absolute", "--git-path", "objects")
    with tempfile.TemporaryDirectory(prefix=INDEX_PREFIX) as scratch:
        environment = {
            "GIT_INDEX_FILE": str(Path(scratch, "index")),
            "GIT_OBJECT_DIRECTORY": scratch,
            "GIT_ALTERNATE_OBJECT_DIRECTORIES": objects,
        }
        git(top, "read-tree", "HEAD", environment=environment)
        left_out = [
            f":(top,literal,exclude){path}"
            for path in _below(top, without)
            if not git(top, "ls-files", "--", f":(top,literal){path}", environment=environment)
        ]
        but_those = ["--", ":/", *left_out] if left_out else []
        git(top, "-c", "core.safecrlf=false", "add", "-A", *but_those, environment=environment)
        return git(top, "write-tree", environment=environment)


def _below(top: Path, files: Iterable[Path]) -> list[str]:
    """The files that stand below a folder, as git names them."""
    whole, places = top.resolve(), [file.resolve() for file in files]
    return [place.relative_to(whole).as_posix() for place in places if place.is_relative_to(whole)]
