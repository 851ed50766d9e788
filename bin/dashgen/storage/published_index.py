"""The index of published canvases: the only authority on what is published, where, and how.

Snapshots never change. A publish makes the next one from copies, so a reader on another thread
always sees one whole state, and the cost of a change hardly depends on how many are published.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from typing import TYPE_CHECKING, Annotated, TypeVar

import msgspec
from msgspec import Meta

from dashgen.canvas_schema import Visibility
from dashgen.ids import CanvasId, is_user_id, parse_canvas_id
from dashgen.slots import MAX_SLOT
from dashgen.storage.bucket_map import BucketMap

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

# The last part of a key is the canvas id, which makes every key unique.
NewestKey = tuple[float, CanvasId]
FeaturedKey = tuple[float, bool, float, CanvasId]
_Key = TypeVar("_Key", NewestKey, FeaturedKey)


class IndexEntry(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """One published canvas.

    Attributes:
        edition: which edition of the content was published. Any other edition is a draft, so
            that an index that is put back to an older state shows no later edit.
    """

    id: CanvasId
    owner_id: str
    slot_index: Annotated[int, Meta(ge=0, le=MAX_SLOT)]
    visibility: Visibility
    published_at: float
    edition: Annotated[int, Meta(ge=1)] = 1
    featured_score: float = 0.0
    is_showcase: bool = False

    @property
    def newest_key(self) -> NewestKey:
        """Sorts the latest first."""
        return (-self.published_at, self.id)

    @property
    def featured_key(self) -> FeaturedKey:
        """Sorts by score; among equals a creator's showcase first, then the latest."""
        return (-self.featured_score, not self.is_showcase, -self.published_at, self.id)


class IndexChange(msgspec.Struct, frozen=True, omit_defaults=True):
    """One step of the index: canvases that leave it, then entries that come in."""

    leave: list[CanvasId] = []
    enter: list[IndexEntry] = []


class PublishedIndex:
    """One state of the index.

    Attributes:
        newest: keys of the public canvases, latest first.
        featured: keys of the public canvases, best first.
    """

    def __init__(
        self,
        by_id: BucketMap[CanvasId, IndexEntry],
        by_owner: BucketMap[str, tuple[IndexEntry, ...]],
        newest: list[NewestKey],
        featured: list[FeaturedKey],
    ) -> None:
        """Take the parts over as they are; ``of`` makes them from entries."""
        self._by_id = by_id
        self._by_owner = by_owner
        self.newest = newest
        self.featured = featured

    @classmethod
    def of(cls, entries: Collection[IndexEntry]) -> PublishedIndex:
        """The index of those entries.

        Raises:
            ValueError: an id that is not one, or a canvas or a slot twice.
        """
        by_owner: dict[str, tuple[IndexEntry, ...]] = {}
        for entry in entries:
            others = by_owner.get(entry.owner_id, ())
            _check(entry, others)
            by_owner[entry.owner_id] = (*others, entry)
        by_id = {entry.id: entry for entry in entries}
        if len(by_id) != len(entries):
            raise ValueError("has a canvas twice")
        public = [entry for entry in entries if entry.visibility is Visibility.public]
        return cls(
            BucketMap(by_id),
            BucketMap(by_owner),
            newest=sorted(entry.newest_key for entry in public),
            featured=sorted(entry.featured_key for entry in public),
        )

    def __len__(self) -> int:
        return len(self._by_id)

    def __iter__(self) -> Iterator[IndexEntry]:
        return self._by_id.values()

    def find(self, canvas_id: CanvasId) -> IndexEntry | None:
        """The entry of a canvas, or None when it is not published."""
        return self._by_id.get(canvas_id)

    def of_owner(self, owner_id: str) -> tuple[IndexEntry, ...]:
        """What one owner has published."""
        return self._by_owner.get(owner_id) or ()

    def after(self, *changes: IndexChange) -> PublishedIndex:
        """The index after some changes.

        Raises:
            ValueError: a canvas leaves that is not there, or one enters where it cannot.
        """
        index = PublishedIndex(
            self._by_id.copy(), self._by_owner.copy(), self.newest.copy(), self.featured.copy()
        )
        for change in changes:
            for canvas_id in change.leave:
                index._take_out(canvas_id)
            for entry in change.enter:
                index._put_in(entry)
        return index

    def _take_out(self, canvas_id: CanvasId) -> None:
        entry = self._by_id.pop(canvas_id)
        if entry is None:
            raise ValueError(f"{canvas_id} leaves and is not there")
        left = tuple(kept for kept in self.of_owner(entry.owner_id) if kept is not entry)
        self._by_owner.set(entry.owner_id, left)
        if entry.visibility is Visibility.public:
            _discard(self.newest, entry.newest_key)
            _discard(self.featured, entry.featured_key)

    def _put_in(self, entry: IndexEntry) -> None:
        others = self.of_owner(entry.owner_id)
        _check(entry, others)
        if self.find(entry.id) is not None:
            raise ValueError("has a canvas twice")
        self._by_id.set(entry.id, entry)
        self._by_owner.set(entry.owner_id, (*others, entry))
        if entry.visibility is Visibility.public:
            insort(self.newest, entry.newest_key)
            insort(self.featured, entry.featured_key)


def _check(entry: IndexEntry, others: tuple[IndexEntry, ...]) -> None:
    """Whether an entry can stand beside the others of its owner."""
    if parse_canvas_id(entry.id) is None or not (others or is_user_id(entry.owner_id)):
        raise ValueError("has an id that is not one")
    if any(other.slot_index == entry.slot_index for other in others):
        raise ValueError("has a slot twice")


def _discard(keys: list[_Key], key: _Key) -> None:
    del keys[bisect_left(keys, key)]
