"""Disposable trees to run the command in, far from the user's own.

A tree is a clone that borrows the repository's objects (``git clone --shared``), in the system's temporary
folder: unlike with ``git worktree``, nothing at all is written into the user's ``.git``, trees can be made
in parallel, and a command that commits, stashes or tags does so in its own clone.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import secrets
import shutil
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from runbook.culprit.git import GitFailed, borrow, git
from runbook.culprit.probes import guard
from runbook.culprit.probes.clone_state import CloneState, is_as_left, read_clone_state
from runbook.errors import EnvironmentNotReady
from runbook.runs.source_state import INDEX_PREFIX

if TYPE_CHECKING:
    from collections.abc import Iterable


class RevertConflicts(GitFailed):
    """What came after a commit was built upon it."""


_PREFIX = "runbook-culprit-"
_LONG_AGO = 3600.0  # seconds
_ATTRIBUTES = (".gitattributes", "*/.gitattributes")


@dataclass(frozen=True, slots=True)
class OverlayFile:
    """A file of today that is laid over every old tree, or a folder that takes the place of the old one.

    Attributes:
        path: Relative to the root, with ``/``.
        content: Its bytes; None for a folder, which begins empty.
        is_executable: Whether it may be run.
    """

    path: str
    content: bytes | None
    is_executable: bool = False


class Worktree:
    """One tree, and beside it the scratch folder of the run that goes on in it.

    Args:
        folder: Where both are made.
        source: A repository or a bundle to clone from.
    """

    def __init__(self, folder: Path, source: Path) -> None:
        self.path = folder / "tree"
        self.scratch = folder / "scratch"
        self._source = source
        self._left: CloneState | None = None

    def prepare(self, sha: str, overlay: Iterable[OverlayFile] = (), *, without: str = "") -> None:
        """Make the tree exactly what ``sha`` holds, with the overlay on top, and empty the scratch folder.

        Args:
            sha: The commit.
            overlay: Files that are laid over it.
            without: A commit whose change is taken out first, or empty.

        Raises:
            RevertConflicts: The change cannot be taken out.
            EnvironmentNotReady: git could not; no space, for instance.
        """
        guard.delete(self.scratch)
        self.scratch.mkdir(parents=True)
        try:
            self._clean(sha)
            self._check_out(sha)
        except GitFailed:  # it cannot be made what it should be, or there is none yet
            guard.delete(self.path)
            borrow(self._source, self.path, "--no-checkout")
            self._check_out(sha)
        if without:
            self._take_out(without)
        for file in overlay:
            self._lay(file)
        self._left = read_clone_state(self.path)

    def _clean(self, sha: str) -> None:
        if not is_as_left(self.path, self._left):
            raise GitFailed("no clone yet, or not ours any more")
        if git(self.path, "diff", "--cached", "--name-only", sha, "--", *_ATTRIBUTES):
            raise GitFailed("what is the same in both commits is not written in the same way")
        git(self.path, "clean", "-ffdxq")

    def _check_out(self, sha: str) -> None:
        git(self.path, "checkout", "--quiet", "--force", "--detach", sha)

    def _take_out(self, commit: str) -> None:
        parents = git(self.path, "show", "-s", "--no-show-signature", "--format=%P", commit).split()
        mainline = ["--mainline", "1"] if len(parents) > 1 else []
        try:
            git(self.path, "revert", "--no-commit", *mainline, commit)
        except GitFailed as error:
            raise RevertConflicts(f"{commit[:10]} cannot be taken out: {error.what}") from error

    def _lay(self, file: OverlayFile) -> None:
        target = self.path / file.path
        existing = next(each for each in (target, *target.parents) if each.exists())
        if not existing.resolve().is_relative_to(self.path.resolve()):
            raise EnvironmentNotReady(
                f"{file.path} cannot be laid over this tree: a link leads out of it"
            )
        target.parent.mkdir(parents=True, exist_ok=True)
        guard.delete(target)
        if file.content is None:
            target.mkdir()
            return
        target.write_bytes(file.content)
        target.chmod(0o755 if file.is_executable else 0o644)


def new_place() -> Path:
    """Return a name for a temporary folder that nobody has and nobody can guess; nothing is made."""
    return Path(tempfile.gettempdir()).resolve() / f"{_PREFIX}{secrets.token_hex(8)}"


class TemporaryFolder:
    """A folder that goes away with its owner; if the owner is killed, at the next start of any search.

    Args:
        place: Where it is made; None for anywhere. See `new_place`.

    Attributes:
        path: The folder.
    """

    def __init__(self, place: Path | None = None) -> None:
        sweep()
        try:
            self.path = place or new_place()
            self.path.mkdir(mode=0o700)
            self._lock = _lock_new(self.path / guard.LOCK)
        except OSError as error:
            raise EnvironmentNotReady(
                f"no temporary folder can be made: {error}",
                next_step="set TMPDIR to a folder with space",
            ) from error

    def close(self) -> None:
        """Remove it."""
        guard.remove(self.path)
        os.close(self._lock)


def sweep() -> None:
    """Remove what searches and procedures left that were killed: nobody holds its lock any more, or it is old."""
    for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        try:
            lock = os.open(folder / guard.LOCK, os.O_RDWR)
        except OSError:
            continue  # somebody else's, or just being made or removed
        with contextlib.suppress(BlockingIOError):
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            guard.remove(folder)
        os.close(lock)
    _sweep_indexes(before=time.time() - _LONG_AGO)


def _sweep_indexes(before: float) -> None:
    """Remove the throwaway indexes of procedures that were killed: they have no lock, but are never needed for long."""
    for folder in Path(tempfile.gettempdir()).glob(f"{INDEX_PREFIX}*"):
        with contextlib.suppress(FileNotFoundError):
            if folder.stat().st_mtime < before:
                shutil.rmtree(folder, ignore_errors=True)


def _lock_new(file: Path) -> int:
    """Make a file and lock it for as long as this process lives: nobody sees it before it is locked."""
    unseen = file.with_suffix(".new")
    descriptor = os.open(unseen, os.O_RDWR | os.O_CREAT, 0o600)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    unseen.rename(file)
    return descriptor


def read_overlay(root: Path, paths: Iterable[str]) -> tuple[OverlayFile, ...]:
    """Read files and folders of the working tree as they are now.

    A folder comes before its files and without those of an old tree: a ``conftest.py`` that is gone is none of today's.

    Raises:
        EnvironmentNotReady: One does not exist or leads out of the tree.
    """
    files: dict[str, OverlayFile] = {}
    for path in paths:
        place = (root / path).resolve()
        if not place.is_relative_to(root.resolve()) or not place.exists():
            raise EnvironmentNotReady(f"the overlay {path} is not in {root}")
        found = (
            [place]
            if place.is_file()
            else sorted(each for each in place.rglob("*") if each.is_file())
        )
        if place.is_dir() and place != root.resolve():
            name = place.relative_to(root.resolve()).as_posix()
            files[name] = OverlayFile(name, None)
        for each in found:
            if "__pycache__" not in each.parts and ".git" not in each.parts:
                name = each.relative_to(root.resolve()).as_posix()
                files[name] = OverlayFile(name, each.read_bytes(), os.access(each, os.X_OK))
    return tuple(files.values())
