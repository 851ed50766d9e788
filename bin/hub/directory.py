"""The catalogue as it is now: looked at anew whenever a manifest came, went or changed."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from hub import catalogue, entitlement, manifest

if TYPE_CHECKING:
    from pathlib import Path

    from hub.catalogue import Catalogue

_RECENT_SECONDS: Final = 1.0
_Signature = tuple[tuple[str, int, int], ...]


class Directory:
    """Finds the apps of one folder.

    Args:
        root: The folder that is looked through.
        only: The slug of the only app that counts, or empty.

    Raises:
        EnvironmentNotReady: The folder cannot be read.
    """

    def __init__(self, root: Path, only: str = "") -> None:
        self._root = root
        self._only = only
        self._signature = self._look()
        self._catalogue = self._scan()
        self._looked_at = time.monotonic()

    def recent(self) -> Catalogue:
        """Return the catalogue as it was less than a second ago: looking costs more than most requests."""
        is_recent = time.monotonic() - self._looked_at < _RECENT_SECONDS
        return self._catalogue if is_recent else self.current()

    def current(self) -> Catalogue:
        """Return the catalogue; the same object as long as nothing has changed.

        Raises:
            EnvironmentNotReady: The folder cannot be read any more.
        """
        self._looked_at = time.monotonic()
        signature = self._look()
        if signature != self._signature:
            self._catalogue = self._scan()
            self._signature = signature
        return self._catalogue

    def _scan(self) -> Catalogue:
        found = catalogue.scan(self._root)
        return found.only(self._only) if self._only else found

    def _look(self) -> _Signature:
        """What tells one state of the folder from another without reading a file."""
        folders = catalogue.app_folders(self._root)
        return tuple(
            (
                folder.name,
                _changed_at(folder / manifest.FILE_NAME),
                _changed_at(folder / entitlement.FILE_NAME),
            )
            for folder in folders
        )


def _changed_at(file: Path) -> int:
    try:
        return file.stat().st_mtime_ns
    except OSError:
        return 0
