"""The embedded store: JSON files under one root, safe for several threads and processes.

Layout under the root::

    canvases/_index.json                  what is published, where, and how: the only authority
    canvases/<owner_id>/<canvas_id>.json  what a canvas says
    canvases/_set_aside/                  whatever could not be read, bytes kept
    canvases/_deleting.json               which canvas is being deleted, while one is
    canvases/.lock                        held by whoever changes anything

Publish, swap and unpublish are one atomic change of the index file. A delete spans two files: what leaves the
index is noted first, and whoever comes next ends what a crash cut short.
"""

from __future__ import annotations

import errno
import logging
from contextlib import contextmanager
from typing import TYPE_CHECKING

import msgspec

from dashgen.canvas_schema import Canvas, CanvasContent, Card, Visibility, new_canvas
from dashgen.errors import (
    NotFound,
    NotPublished,
    NotYours,
    OutcomeUnknown,
    PublishedCanvas,
    StorageFailed,
)
from dashgen.grid_cursor import cursor_for, walk
from dashgen.ids import CanvasId, is_user_id, parse_canvas_id
from dashgen.serving.preconditions import is_repeated, refuse_when_changed
from dashgen.slots import decide_publish
from dashgen.storage.atomic_file import UnfitFileError, UnsyncedError
from dashgen.storage.canvas_files import (
    INDEX_NAME,
    LOCK_NAME,
    NOTE_NAME,
    CanvasFiles,
    RootLock,
    StoredContent,
)
from dashgen.storage.deletion_note import DeletionNote
from dashgen.storage.index_file import IndexFile
from dashgen.storage.published_index import IndexChange, IndexEntry, PublishedIndex
from dashgen.store_protocol import GridPage, check_owners, check_page_limit

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from pathlib import Path

    from dashgen.canvas_schema import CanvasChanges, CanvasDraft, Owner
    from dashgen.grid_cursor import GridOrder
    from dashgen.serving.preconditions import EntityTags
    from dashgen.slots import Tier
    from dashgen.store_protocol import SetAside

MAX_CARDS = 20_000

_DISK_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_NOTHING = PublishedIndex.of(())
_log = logging.getLogger(__name__)


class JsonFileCanvasStore:
    """The store of JSON files; see ``store_protocol.CanvasStore`` for what each method promises."""

    is_local = True

    def __init__(self, root: Path) -> None:
        """Args: root: the data root; it need not exist before the first write."""
        directory = root / "canvases"
        self._lock = RootLock(directory / LOCK_NAME)
        self._files = CanvasFiles(directory, self._lock)
        self._index_file = IndexFile(directory / INDEX_NAME)
        self._note = DeletionNote(directory / NOTE_NAME)
        # A published canvas cannot be edited, so its card holds for as long as its entry.
        self._cards: dict[tuple[CanvasId, float, int], Card] = {}

    def create(self, owner: Owner, draft: CanvasDraft, now: float) -> Canvas:
        """Store a new draft."""
        canvas = new_canvas(owner, draft, now)
        with self._writing():
            self._files.write(_content_of(canvas))
        return canvas

    def find(self, canvas_id: str, *, reader: str | None) -> Canvas | None:
        """Find a published canvas of anyone, or a draft of the reader's own."""
        known_id = parse_canvas_id(canvas_id)
        if known_id is None:
            return None
        entry = self._index().find(known_id)
        if entry is not None and (content := self._published_content(entry)) is not None:
            return _assembled(content, entry)
        if reader is None or not is_user_id(reader) or known_id == self._leaving():
            return None
        draft = self._files.read(reader, known_id)
        return None if draft is None else _assembled(draft, None)

    def mine(self, owner_id: str) -> list[Canvas]:
        """The owner's canvases: published ones by slot, then drafts, the last edited first."""
        if not is_user_id(owner_id):
            return []
        index = self._index()
        leaving = self._leaving()
        contents = self._files.of_owner(owner_id)
        canvases = [
            _assembled(content, entry)
            for content in contents
            if (entry := _entry_of(content, index)) or content.id != leaving
        ]
        return sorted(canvases, key=lambda canvas: canvas.place_in_own_list)

    def update(
        self,
        canvas_id: str,
        owner_id: str,
        changes: CanvasChanges,
        now: float,
        *,
        accepted: EntityTags | None = None,
    ) -> Canvas:
        """Change a draft."""
        with self._writing():
            content = self._own(canvas_id, owner_id)
            if _entry_of(content, self._index()) is not None:
                raise PublishedCanvas
            canvas = _assembled(content, None)
            if is_repeated(canvas, msgspec.structs.replace(canvas, **changes.fields()), accepted):
                return canvas
            content = msgspec.structs.replace(
                content, **changes.fields(), updated_at=now, edition=content.edition + 1
            )
            self._files.write(content)
        return _assembled(content, None)

    def publish(  # noqa: PLR0913 - a publish is these facts
        self,
        canvas_id: str,
        owner_id: str,
        *,
        slot_index: int,
        visibility: Visibility,
        tier: Tier,
        now: float,
    ) -> Canvas:
        """Publish into a slot; its occupant becomes a draft in the same step."""
        with self._writing():
            content = self._own(canvas_id, owner_id)
            entries = self._index().of_owner(owner_id)
            # An entry whose file is gone must not go on holding a slot.
            gone = [entry for entry in entries if not self._files.exists(owner_id, entry.id)]
            occupied = {entry.slot_index: entry.id for entry in entries if entry not in gone}
            placement = decide_publish(occupied, slot_index, content.id, tier)
            leaving = {content.id, placement.demoted, *(entry.id for entry in gone)}
            entry = IndexEntry(
                id=content.id,
                owner_id=owner_id,
                slot_index=slot_index,
                visibility=visibility,
                published_at=now,
                edition=content.edition,
                featured_score=content.featured_score,
            )
            self._add_to_index(entry, instead_of=[old for old in entries if old.id in leaving])
        return _assembled(content, entry)

    def unpublish(self, canvas_id: str, owner_id: str) -> Canvas:
        """Make the canvas a draft; one that is a draft stays so."""
        with self._writing():
            content = self._own(canvas_id, owner_id)
            entry = self._index().find(content.id)
            if entry is not None:
                self._remove_from_index(entry)
        return _assembled(content, None)

    def delete(self, canvas_id: str, owner_id: str, *, accepted: EntityTags | None = None) -> None:
        """Remove the canvas, out of the grid first."""
        with self._writing():
            content = self._own(canvas_id, owner_id)
            index = self._index()
            refuse_when_changed(_assembled(content, _entry_of(content, index)), accepted)
            entry = index.find(content.id)
            if entry is not None:
                self._note.write(owner_id, content.id)
                self._remove_from_index(entry)
            self._files.remove(owner_id, content.id)
            if entry is not None:
                self._note.remove()

    def set_showcase(self, canvas_id: str, owner_id: str, *, on: bool) -> Canvas:
        """Make a published canvas the owner's only showcase, or no longer."""
        with self._writing():
            content = self._own(canvas_id, owner_id)
            index = self._index()
            entry = _entry_of(content, index)
            if entry is None:
                raise NotPublished
            given_up = [old for old in index.of_owner(owner_id) if on and old.is_showcase]
            before = [entry, *(old for old in given_up if old is not entry)]
            after = [
                msgspec.structs.replace(old, is_showcase=on and old is entry) for old in before
            ]
            self._index_file.apply(IndexChange(leave=[old.id for old in before], enter=after))
        return _assembled(content, msgspec.structs.replace(entry, is_showcase=on))

    def list_published(self, order: GridOrder, limit: int, cursor: str) -> GridPage:
        """One page of the public canvases."""
        check_page_limit(limit)
        index = self._index()
        cards: list[Card] = []
        for canvas_id, place in walk(index, order, cursor):
            card = self._card(index, canvas_id)
            if card is not None:
                cards.append(card)
            if len(cards) == limit:
                return GridPage(cards, cursor_for(place))
        return GridPage(cards, "")

    def count(self) -> int:
        """How many canvases are published."""
        return len(self._index())

    def revision(self) -> str:
        """A text that is different after every publish and unpublish."""
        try:
            return self._index_file.revision()
        except OSError as error:
            raise StorageFailed(is_full=False) from error

    def owners(self) -> Iterator[str]:
        """Everybody who has a canvas."""
        return self._files.owners()

    def replace(self, by_owner: Mapping[str, Sequence[Canvas]]) -> None:
        """Make these, as they are, all that each of these owners has."""
        check_owners(by_owner)
        canvases = [canvas for each in by_owner.values() for canvas in each]
        with self._writing():
            former = [
                content for owner_id in by_owner for content in self._files.of_owner(owner_id)
            ]
            index = self._index()
            for canvas in canvases:
                self._files.write(_content_of(canvas))
            change = IndexChange(
                leave=[entry.id for owner_id in by_owner for entry in index.of_owner(owner_id)],
                enter=[_entry_for(canvas) for canvas in canvases if canvas.is_published],
            )
            if change.leave or change.enter:
                self._index_file.apply(change)
            kept = {canvas.id for canvas in canvases}
            for content in former:
                if content.id not in kept:
                    self._files.remove(content.owner_id, content.id)

    def unreadable(self) -> Iterator[str]:
        """Name what is stored and cannot be read; move nothing."""
        try:
            self._index_file.reread()
        except UnfitFileError:
            yield self._index_file.path.name
        yield from self._files.unreadable()

    def sweep(self) -> list[SetAside]:
        """Look through everything stored and set broken and foreign things aside."""
        with self._writing():
            broken_index = self._set_index_aside_if_broken()
        swept = self._files.sweep()
        return swept if broken_index is None else [broken_index, *swept]

    @contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            with self._lock.hold():
                self._end_deletion()
                yield
        except UnsyncedError as error:
            _log.error("a write may not survive a loss of power: %r", str(error))
            raise OutcomeUnknown from error
        except OSError as error:
            _log.error("a write failed: %r", str(error))
            raise StorageFailed(is_full=error.errno in _DISK_FULL) from error
        except UnfitFileError as error:
            # A broken index that could not be set aside must not be written to.
            _log.error("a write was refused: %r", str(error))
            raise StorageFailed(is_full=False) from error

    def _leaving(self) -> CanvasId | None:
        """The canvas that is no draft, though it has a file and is not in the index.

        To be asked between the index and the file: the note is there for all of that time.
        """
        try:
            deletion = self._note.read()
        except UnfitFileError:
            return None
        return None if deletion is None else deletion.id

    def _end_deletion(self) -> None:
        """End what somebody who died had begun to delete; what is still published was not."""
        try:
            deletion = self._note.read()
        except UnfitFileError as error:
            self._files.set_aside(self._note.path, str(error))
            return
        if deletion is not None:
            if self._index().find(deletion.id) is None:
                self._files.remove(deletion.owner_id, deletion.id)
            self._note.remove()

    def _own(self, canvas_id: str, owner_id: str) -> StoredContent:
        """The content of a canvas that this owner may change."""
        known_id = parse_canvas_id(canvas_id)
        if known_id is None or not is_user_id(owner_id):
            raise NotFound
        entry = self._index().find(known_id)
        if entry is not None and entry.owner_id != owner_id:
            raise NotYours if entry.visibility is Visibility.public else NotFound
        content = self._files.read(owner_id, known_id)
        if content is None:
            raise NotFound
        return content

    def _published_content(self, entry: IndexEntry) -> StoredContent | None:
        """What a published canvas says; None when it is gone, or was edited as a draft since."""
        content = self._files.read(entry.owner_id, entry.id)
        return content if content is not None and content.edition == entry.edition else None

    def _card(self, index: PublishedIndex, canvas_id: CanvasId) -> Card | None:
        entry = index.find(canvas_id)
        if entry is None:
            return None
        card = self._cards.get((entry.id, entry.published_at, entry.edition))
        if card is None:
            content = self._published_content(entry)
            if content is None:
                return None
            card = _card_of(content, entry)
            if len(self._cards) >= MAX_CARDS:
                self._cards.clear()
            self._cards[entry.id, entry.published_at, entry.edition] = card
        return card

    def _index(self) -> PublishedIndex:
        """The index as it is now. It fails closed: with a broken one, nothing is published."""
        try:
            return self._index_file.read()
        except UnfitFileError:
            pass
        try:
            with self._lock.hold():
                self._set_index_aside_if_broken()
        except OSError as error:
            _log.error("the broken index stays in place: %r", str(error))
        return _NOTHING

    def _set_index_aside_if_broken(self) -> SetAside | None:
        """Look again under the lock, where a writer may just have put a good one in place."""
        try:
            self._index_file.reread()
        except UnfitFileError as error:
            return self._files.set_aside(self._index_file.path, str(error))
        return None

    def _add_to_index(self, entry: IndexEntry, *, instead_of: Collection[IndexEntry]) -> None:
        leave = [old.id for old in instead_of]
        self._index_file.apply(IndexChange(leave=leave, enter=[entry]))

    def _remove_from_index(self, entry: IndexEntry) -> None:
        self._index_file.apply(IndexChange(leave=[entry.id]))


def _entry_of(content: StoredContent, index: PublishedIndex) -> IndexEntry | None:
    """The entry that publishes exactly this content."""
    entry = index.find(content.id)
    return entry if entry is not None and entry.edition == content.edition else None


def _assembled(content: StoredContent, entry: IndexEntry | None) -> Canvas:
    """A canvas, put together from what it says and its entry in the index."""
    fields = msgspec.structs.asdict(content)
    del fields["edition"]
    canvas = Canvas(**fields)
    if entry is not None:
        canvas.slot_index = entry.slot_index
        canvas.published_at = entry.published_at
        canvas.visibility = entry.visibility
        canvas.is_showcase = entry.is_showcase
    return canvas


def _content_of(canvas: Canvas) -> StoredContent:
    """What a canvas says, to be stored as its first edition."""
    fields = {name: getattr(canvas, name) for name in CanvasContent.__struct_fields__}
    return StoredContent(**fields)


def _entry_for(canvas: Canvas) -> IndexEntry:
    """The entry of a published canvas, in its first edition."""
    assert canvas.slot_index is not None  # noqa: S101 - the caller has seen that it is published
    assert canvas.published_at is not None  # noqa: S101 - what is published says since when
    return IndexEntry(
        id=canvas.id,
        owner_id=canvas.owner_id,
        slot_index=canvas.slot_index,
        visibility=canvas.visibility,
        published_at=canvas.published_at,
        featured_score=canvas.featured_score,
        is_showcase=canvas.is_showcase,
    )


def _card_of(content: StoredContent, entry: IndexEntry) -> Card:
    return Card(
        id=content.id,
        title=content.display_title,
        owner_handle=content.owner_handle,
        description=content.description,
        theme=content.theme,
        published_at=entry.published_at,
    )
