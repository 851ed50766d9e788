"""What is made once and holds until something changes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Hashable

_T = TypeVar("_T")


class RevisionCache(Generic[_T]):
    """Keeps what was made for the present revision, and forgets it with the next one.

    Used on the event loop's thread alone.

    Args:
        max_kept: How many values it holds at most.
    """

    def __init__(self, max_kept: int) -> None:
        self._max_kept = max_kept
        self._revision = ""
        self._kept: dict[Hashable, _T] = {}

    def find(self, revision: str, key: Hashable) -> _T | None:
        """What was kept for `key` at this revision, if anything was."""
        if revision != self._revision:
            self._revision = revision
            self._kept.clear()
        return self._kept.get(key)

    def keep(self, revision: str, key: Hashable, value: _T) -> None:
        """Keep a value, unless there is a newer revision by now."""
        if revision != self._revision:
            return
        if len(self._kept) >= self._max_kept:
            # What is in demand is soon back.
            self._kept.clear()
        self._kept[key] = value
