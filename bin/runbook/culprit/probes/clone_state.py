"""Whether a command has told git something in its clone that the next one would be told too.

Tags, branches, stashes, settings, attributes and flags of the index outlive a checkout. So would a link that leads to
the user's own repository. Where anything of it was changed the clone is made anew.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from runbook.culprit.git import git

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_GIT = ".git"
_ONLY_ADDED_TO = "objects"
_OFTEN_WRITTEN = "index"  # by whoever asks whether a file was changed


@dataclass(frozen=True, slots=True)
class CloneState:
    """What tells whether somebody has written to a clone.

    Attributes:
        written: What is in its ``.git``, by name: a file by when it was written, a folder by which it is.
        index: The same of its index.
    """

    written: dict[str, tuple[int, ...]]
    index: tuple[int, ...] | None


def read_clone_state(clone: Path) -> CloneState:
    """Return how a clone is now."""
    written = dict(_entries(clone / _GIT))
    return CloneState(written, written.pop(_OFTEN_WRITTEN, None))


def is_as_left(clone: Path, left: CloneState | None) -> bool:
    """Whether a clone is as it was left, but for what git keeps of the times of its files.

    Args:
        clone: The clone.
        left: How it was left; None where it was not made yet.
    """
    now = read_clone_state(clone)
    if left is None or now.written != left.written:
        return False
    return now.index == left.index or not _leaves_files_alone(clone)


def _leaves_files_alone(clone: Path) -> bool:
    """Whether the index says of a file that no checkout is to write it."""
    entries = git(clone, "ls-files", "-v", "-z").split("\0")
    return any(entry.startswith(("S", "s")) for entry in entries)


def _entries(folder: Path, above: str = "") -> Iterator[tuple[str, tuple[int, ...]]]:
    if not folder.is_dir():
        return
    for entry in os.scandir(folder):
        status = entry.stat(follow_symlinks=False)
        which = status.st_ino, status.st_mode
        if not entry.is_dir(follow_symlinks=False):
            yield above + entry.name, (*which, status.st_size, status.st_ctime_ns)
        else:
            yield above + entry.name, which
            if above or entry.name != _ONLY_ADDED_TO:
                yield from _entries(folder / entry.name, f"{above}{entry.name}/")
