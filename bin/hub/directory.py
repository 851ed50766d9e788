"""The catalogue as it is now: looked at anew whenever a manifest came, went or changed."""

from __future__ import annotations

import os
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
        root = str(self._root)  # to make a path takes longer than to look there
        return tuple(
            (
                name,
                _changed_at(f"{root}/{name}/{manifest.FILE_NAME}"),
                _changed_at(f"{root}/{name}/{entitlement.FILE_NAME}"),
            )
            for name in catalogue.names_in(self._root)
        )


def _changed_at(file: str) -> int:
    try:
        return os.stat(file).st_mtime_ns  # noqa: PTH116 - see _look
    except OSError:
        return 0
