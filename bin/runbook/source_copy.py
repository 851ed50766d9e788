"""A copy of the user's project to work in, uncommitted work included, so that no file of theirs is ever written."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

from runbook.errors import EnvironmentNotReady, UsageError
from runbook.git import clean_environment

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_NOT_SOURCE = frozenset({
    ".git", ".hg", ".venv", "venv", ".nox", ".tox", ".runbook", "node_modules", "__pycache__", ".pytest_cache",
    ".mypy_cache", ".ruff_cache", ".hypothesis",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Source:
    """The files of a project.

    Attributes:
        root: Its folder.
        files: Relative to the root; what git ignores is left out.
        digest: Of names and contents.
    """

    root: Path
    files: tuple[str, ...]
    digest: str

    def copy_to(self, target: Path) -> None:
        """Make ``target`` a copy of it, whatever was there.

        Raises:
            EnvironmentNotReady: It could not be copied; no space, for instance.
        """
        try:
            shutil.rmtree(target, ignore_errors=True)
            target.mkdir(parents=True)
            for name in self.files:
                place = target / name
                place.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(self.root / name, place, follow_symlinks=False)
        except OSError as error:
            raise EnvironmentNotReady(
                f"the project could not be copied: {error}",
                next_step="set TMPDIR to a folder with space",
            ) from error


def read_source(root: Path) -> Source:
    """Return the files of a project as they are now, committed or not.

    Raises:
        UsageError: The folder cannot be read.
    """
    try:
        listed = _tracked(root) or _walked(root)
        files = tuple(sorted(name for name in listed if _can_be_copied(root / name)))
        digest = hashlib.sha256()
        for name in files:
            place = root / name
            is_link = place.is_symlink()
            content = bytes(place.readlink()) if is_link else place.read_bytes()
            head = f"{name}\0{'link' if is_link else 'file'}\0{len(content)}\0"
            digest.update(head.encode(errors="surrogateescape") + content)
    except OSError as error:
        raise UsageError(
            f"{error.filename}: {error.strerror}", next_step="pass a readable --project"
        ) from error
    return Source(root, files, digest.hexdigest())


def _tracked(root: Path) -> list[str]:
    """Return what git tracks, and what it neither tracks nor ignores; nothing where this is no repository."""
    listing = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    try:
        done = subprocess.run(
            listing, cwd=root, env=clean_environment(), capture_output=True, check=False, stdin=subprocess.DEVNULL
        )  # fmt: skip
    except FileNotFoundError:
        return []
    return list({os.fsdecode(name) for name in done.stdout.split(b"\0") if name})


def _can_be_copied(place: Path) -> bool:
    """Whether this is a file or a link: what is gone, a pipe or a socket is none."""
    return place.is_symlink() or place.is_file()


def _walked(root: Path) -> Iterator[str]:
    for folder, folders, files in os.walk(root):
        folders[:] = [
            name for name in folders if name not in _NOT_SOURCE and not name.endswith(".egg-info")
        ]
        for name in files:
            yield os.path.relpath(os.path.join(folder, name), root)  # noqa: PTH118 - thousands of them
