"""Which source a run was made of: the commit, and the tree that was really on disk."""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from runbook.git import GitError, git, step_where_foreign

if TYPE_CHECKING:
    from collections.abc import Iterable

INDEX_PREFIX = "runbook-index-"  # of the folder of a throwaway index, which lives for seconds
_OBJECTS = ("--path-format=absolute", "--git-path", "objects")  # the folder of them
# Whatever the repository's own settings are: an edit whose time was set back has another time of change.
_BY_ALL_TIMES = (
    "-c", "core.safecrlf=false",
    "-c", "core.trustctime=true",
    "-c", "core.checkStat=default",
    "-c", "core.fsmonitor=false",
    "-c", "core.untrackedCache=false",
    "-c", "core.splitIndex=false",
)  # fmt: skip
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
        why: Why nothing is known of a repository that is there, and what to do; else empty.
    """

    commit: str = "none"
    tree: str = "none"
    is_dirty: bool | None = None
    commit_id: str = field(default="", compare=False)
    tree_id: str = field(default="", compare=False)
    why: str = field(default="", compare=False)


def read_source_state(root: Path, *, kept_index: Path | None = None) -> SourceState:
    """Read the state of the working tree at ``root`` without touching its index or its objects.

    The tree is hashed through an index of our own that starts from HEAD, so that ``assume-unchanged``
    and ``skip-worktree`` flags cannot hide an edit; see docs/adr/0007-tree-by-throwaway-index.md.

    Args:
        root: A folder of the repository.
        kept_index: A file of ours that remembers which files had which content and, as git does, by which times of
            theirs that can be told; it is made where it is not there. Without it every file is read.
    """
    try:
        names = git(root, "rev-parse", "HEAD^{commit}", "HEAD^{tree}", *_OBJECTS).split("\n", 2)
    except GitError as error:
        return SourceState(why=str(error) if step_where_foreign(error.what) else "")
    commit, committed_tree, objects = names
    try:
        tree = _hashed(root, objects, kept_index=kept_index)
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
    return _hashed(root, git(root, "rev-parse", *_OBJECTS), without=without)


def _hashed(
    root: Path, objects: str, *, without: Iterable[Path] = (), kept_index: Path | None = None
) -> str:
    """Write the tree on disk into a scratch folder, through the index that was kept, if any."""
    top = Path(git(root, "rev-parse", "--show-toplevel"))  # where another one is configured: that
    with tempfile.TemporaryDirectory(prefix=INDEX_PREFIX) as scratch:
        index = Path(scratch, "index")
        environment = {
            "GIT_INDEX_FILE": str(index),
            "GIT_OBJECT_DIRECTORY": scratch,
            "GIT_ALTERNATE_OBJECT_DIRECTORIES": objects,
        }
        _read_head(top, index, environment, kept_index)
        left_out = [
            f":(top,literal,exclude){path}"
            for path in _below(top, without)
            if not git(top, "ls-files", "--", f":(top,literal){path}", environment=environment)
        ]
        but_those = ["--", ":/", *left_out] if left_out else []
        git(top, *_BY_ALL_TIMES, "add", "-A", *but_those, environment=environment)
        tree = git(top, "write-tree", environment=environment)
        if kept_index is not None:
            _copy(index, kept_index)
        return tree


def _read_head(
    top: Path, index: Path, environment: dict[str, str], kept_index: Path | None
) -> None:
    """Start the index from HEAD; what it was kept for, the times of files that are as HEAD has them, is taken over."""
    if kept_index is not None and kept_index.exists():
        _copy(kept_index, index)
        try:
            git(top, *_BY_ALL_TIMES, "read-tree", "-m", "HEAD", environment=environment)
        except GitError:  # it is damaged, or of another version of git
            index.unlink()
        else:
            return
    git(top, "read-tree", "HEAD", environment=environment)


def _copy(index: Path, place: Path) -> None:
    """Copy an index as one that was written when it was: git reads files anew that are as young as their index."""
    written = index.stat()
    beside = place.with_name(f"{place.name}-{os.getpid()}")
    beside.write_bytes(index.read_bytes())
    os.utime(beside, ns=(written.st_atime_ns, written.st_mtime_ns))
    beside.replace(place)


def _below(top: Path, files: Iterable[Path]) -> list[str]:
    """The files that stand below a folder, as git names them."""
    whole, places = top.resolve(), [file.resolve() for file in files]
    return [place.relative_to(whole).as_posix() for place in places if place.is_relative_to(whole)]
