"""The store for more than one machine: canvases in the tables of a database."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import msgspec
from sqlalchemy import bindparam, delete, func, insert, select, update

from dashgen.canvas_schema import (
    SCHEMA_VERSION,
    Canvas,
    Card,
    Source,
    Visibility,
    display_title,
    new_canvas,
)
from dashgen.decoding import decode
from dashgen.errors import NotFound, NotPublished, NotYours, PublishedCanvas, SchemaError
from dashgen.ids import parse_canvas_id
from dashgen.room_schema import RoomState
from dashgen.serving.preconditions import is_repeated, refuse_when_changed
from dashgen.slots import FREE_LIMIT, Tier, decide_publish
from dashgen.storage.canvas_files import MAX_CANVAS_BYTES
from dashgen.storage.sql_grid import draw_lot, page_rows
from dashgen.storage.sql_schema import CANVASES
from dashgen.store_protocol import GridPage, SetAside, check_owners, check_page_limit

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from sqlalchemy import Connection, Row

    from dashgen.canvas_schema import CanvasChanges, CanvasDraft, Owner
    from dashgen.grid_cursor import GridOrder
    from dashgen.ids import CanvasId
    from dashgen.serving.preconditions import EntityTags
    from dashgen.storage.sql_database import Database

_UNPUBLISHED: dict[str, Any] = {
    "published_at": None,
    "slot_index": None,
    "slot_tier": None,
    "lot": None,
    "visibility": Visibility.private,
    "is_showcase": 0,
}
# Made once: putting a statement together takes longer than the database needs for it.
_BY_ID = select(CANVASES).where(CANVASES.c.id == bindparam("id"))
_OF_OWNER = select(CANVASES).where(CANVASES.c.owner_id == bindparam("owner_id"))
_SLOTS_OF_OWNER = select(CANVASES.c.id, CANVASES.c.slot_index, CANVASES.c.slot_tier).where(
    CANVASES.c.owner_id == bindparam("owner_id"), CANVASES.c.slot_index.is_not(None)
)
_REMOVE_OF_OWNER = delete(CANVASES).where(CANVASES.c.owner_id == bindparam("owner"))
_log = logging.getLogger(__name__)


class _About(msgspec.Struct, kw_only=True):
    """What a canvas says in few words: all that a card of the grid needs, and what is small."""

    owner_handle: str
    theme: str
    title: str
    description: str
    source: Source
    featured_locked: bool
    pack_id: str | None
    schema_version: int


class SqlCanvasStore:
    """The store in SQLite or PostgreSQL; see ``store_protocol.CanvasStore`` for what it promises.

    Args:
        database: Where the tables are; several servers may share it.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    @property
    def is_local(self) -> bool:
        """Whether the database is a file of this machine."""
        return self._database.is_local

    def create(self, owner: Owner, draft: CanvasDraft, now: float) -> Canvas:
        """Store a new draft."""
        canvas = new_canvas(owner, draft, now)
        row = _row_of(canvas)
        with self._database.changing() as connection:
            connection.execute(insert(CANVASES).values(row))
        return canvas

    def find(self, canvas_id: str, *, reader: str | None) -> Canvas | None:
        """Find a published canvas of anyone, or a draft of the reader's own."""
        known_id = parse_canvas_id(canvas_id)
        if known_id is None:
            return None
        with self._database.reading() as connection:
            row = connection.execute(_BY_ID, {"id": known_id}).first()
        if row is None or (row.published_at is None and row.owner_id != reader):
            return None
        return _readable(row)

    def mine(self, owner_id: str) -> list[Canvas]:
        """The owner's canvases: published ones by slot, then drafts, the last edited first."""
        with self._database.reading() as connection:
            rows = connection.execute(_OF_OWNER, {"owner_id": owner_id}).all()
        canvases = [canvas for row in rows if (canvas := _readable(row))]
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
        with self._database.changing(owner_id) as connection:
            canvas = _own(connection, canvas_id, owner_id)
            if canvas.is_published:
                raise PublishedCanvas
            wanted = msgspec.structs.replace(canvas, **changes.fields())
            if is_repeated(canvas, wanted, accepted):
                return canvas
            canvas = msgspec.structs.replace(wanted, updated_at=now)
            _change(connection, canvas.id, _row_of(canvas))
        return canvas

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
        with self._database.changing(owner_id) as connection:
            canvas = _own(connection, canvas_id, owner_id)
            values = {
                "published_at": now,
                "slot_index": slot_index,
                "slot_tier": _free_slot(connection, slot_index, canvas, tier),
                "lot": draw_lot(),
                "visibility": visibility,
                "is_showcase": 0,
            }
            _change(connection, canvas.id, values)
            self._database.count_change(connection, owner_id)
        return msgspec.structs.replace(
            canvas,
            published_at=now,
            slot_index=slot_index,
            visibility=visibility,
            is_showcase=False,
        )

    def unpublish(self, canvas_id: str, owner_id: str) -> Canvas:
        """Make the canvas a draft; one that is a draft stays so."""
        with self._database.changing(owner_id) as connection:
            canvas = _own(connection, canvas_id, owner_id)
            if canvas.is_published:
                _change(connection, canvas.id, _UNPUBLISHED)
                self._database.count_change(connection, owner_id)
        return msgspec.structs.replace(
            canvas,
            published_at=None,
            slot_index=None,
            visibility=Visibility.private,
            is_showcase=False,
        )

    def delete(self, canvas_id: str, owner_id: str, *, accepted: EntityTags | None = None) -> None:
        """Remove the canvas."""
        with self._database.changing(owner_id) as connection:
            canvas = _own(connection, canvas_id, owner_id)
            refuse_when_changed(canvas, accepted)
            connection.execute(delete(CANVASES).where(CANVASES.c.id == canvas.id))
            if canvas.is_published:
                self._database.count_change(connection, owner_id)

    def set_showcase(self, canvas_id: str, owner_id: str, *, on: bool) -> Canvas:
        """Make a published canvas the owner's only showcase, or no longer."""
        with self._database.changing(owner_id) as connection:
            canvas = _own(connection, canvas_id, owner_id)
            if not canvas.is_published:
                raise NotPublished
            of_owner = (CANVASES.c.owner_id == owner_id, CANVASES.c.is_showcase == 1)
            if on:
                connection.execute(update(CANVASES).where(*of_owner).values(is_showcase=0))
            _change(connection, canvas.id, {"is_showcase": int(on)})
            self._database.count_change(connection, owner_id)
        return msgspec.structs.replace(canvas, is_showcase=on)

    def list_published(self, order: GridOrder, limit: int, cursor: str) -> GridPage:
        """One page of the public canvases."""
        check_page_limit(limit)
        with self._database.reading() as connection:
            rows, following = page_rows(connection, order, limit, cursor)
        return GridPage([card for row in rows if (card := _card_of(row))], following)

    def count(self) -> int:
        """How many canvases are published."""
        # Who is published has a slot, and of slots there is an index: it takes far less reading than the rows.
        published = select(func.count()).where(CANVASES.c.slot_index.is_not(None))
        with self._database.reading() as connection:
            return connection.execute(published).scalar_one()

    def revision(self) -> str:
        """A text that is different after every publish and unpublish."""
        return self._database.revision()

    def owners(self) -> Iterator[str]:
        """Everybody who has a canvas, in order."""
        with self._database.reading() as connection:
            query = select(CANVASES.c.owner_id).distinct().order_by(CANVASES.c.owner_id)
            names = connection.execute(query).scalars().all()
        return iter(names)

    def replace(self, by_owner: Mapping[str, Sequence[Canvas]]) -> None:
        """Make these, as they are, all that each of these owners has."""
        check_owners(by_owner)
        rows = [_whole_row_of(each) for canvases in by_owner.values() for each in canvases]
        with self._database.changing(*by_owner) as connection:
            connection.execute(_REMOVE_OF_OWNER, [{"owner": owner_id} for owner_id in by_owner])
            if rows:
                connection.execute(insert(CANVASES), rows)
            self._database.count_change(connection, *by_owner)

    def unreadable(self) -> Iterator[str]:
        """Name the rows that cannot be read."""
        for owner_id in self.owners():
            with self._database.reading() as connection:
                rows = connection.execute(_OF_OWNER, {"owner_id": owner_id}).all()
            yield from (row.id for row in rows if _readable(row) is None)

    def sweep(self) -> list[SetAside]:
        """Nothing foreign gets into the tables; a row that cannot be read counts as absent."""
        return []


def _own(connection: Connection, canvas_id: str, owner_id: str) -> Canvas:
    """The canvas, for the owner who may change it."""
    known_id = parse_canvas_id(canvas_id)
    if known_id is None:
        raise NotFound
    row = connection.execute(_BY_ID, {"id": known_id}).first()
    if row is None:
        raise NotFound
    if row.owner_id != owner_id:
        raise NotYours if row.visibility == Visibility.public else NotFound
    canvas = _readable(row)
    if canvas is None:
        raise NotFound
    return canvas


def _free_slot(connection: Connection, slot_index: int, canvas: Canvas, tier: Tier) -> Tier:
    """Make room for a canvas in a slot of its owner; return the tier that the slot was granted to.

    Raises:
        SlotOutOfRange: There is no such slot.
        SlotLimit: It would go beyond the tier.
    """
    rows = connection.execute(_SLOTS_OF_OWNER, {"owner_id": canvas.owner_id})
    occupied = {row.slot_index: row for row in rows}
    taken = {slot: row.id for slot, row in occupied.items()}
    placement = decide_publish(taken, slot_index, canvas.id, tier)
    if placement.demoted is not None:
        _change(connection, placement.demoted, _UNPUBLISHED)
    granted: Tier = occupied[slot_index].slot_tier if slot_index in occupied else tier
    return granted


def _change(connection: Connection, canvas_id: CanvasId, values: dict[str, Any]) -> None:
    connection.execute(update(CANVASES).where(CANVASES.c.id == canvas_id).values(values))


def _row_of(canvas: Canvas) -> dict[str, Any]:
    """The columns of a canvas that is a draft.

    Raises:
        SchemaError: it is larger than a canvas may be.
    """
    about = {name: getattr(canvas, name) for name in _About.__struct_fields__}
    said = {
        "about": msgspec.json.encode(_About(**about)).decode(),
        "room_state": msgspec.json.encode(canvas.room_state).decode(),
        "source_metadata": msgspec.json.encode(canvas.source_metadata).decode(),
    }
    if sum(len(each.encode()) for each in said.values()) > MAX_CANVAS_BYTES:
        raise SchemaError("room_state", f"takes more than {MAX_CANVAS_BYTES} bytes")
    return {
        "id": canvas.id,
        "owner_id": canvas.owner_id,
        "created_at": canvas.created_at,
        "updated_at": canvas.updated_at,
        "featured_score": canvas.featured_score,
        **said,
        **_UNPUBLISHED,
    }


def _whole_row_of(canvas: Canvas) -> dict[str, Any]:
    """The columns of a canvas, published or not."""
    row = _row_of(canvas)
    if canvas.slot_index is None:
        return row
    return row | {
        "published_at": canvas.published_at,
        "slot_index": canvas.slot_index,
        "slot_tier": Tier.free if canvas.slot_index < FREE_LIMIT else Tier.pro,
        "lot": draw_lot(),
        "visibility": canvas.visibility,
        "is_showcase": int(canvas.is_showcase),
    }


def _about_of(row: Row[Any]) -> _About | None:
    """What the row says in few words, or None when this program cannot read it."""
    try:
        about = decode(row.about, _About)
    except (ValueError, RecursionError) as error:
        _log.warning("canvas %s counts as absent: %r", row.id, str(error))
        return None
    if about.schema_version != SCHEMA_VERSION:
        _log.warning("canvas %s counts as absent: its schema version is not known", row.id)
        return None
    return about


def _readable(row: Row[Any]) -> Canvas | None:
    """The canvas of a row, or None when this program cannot read it."""
    about = _about_of(row)
    if about is None:
        return None
    try:
        room_state = decode(row.room_state, RoomState)
        source_metadata = decode(row.source_metadata, dict[str, object])
    except (ValueError, RecursionError) as error:
        _log.warning("canvas %s counts as absent: %r", row.id, str(error))
        return None
    return Canvas(
        id=row.id,
        owner_id=row.owner_id,
        room_state=room_state,
        source_metadata=source_metadata,
        created_at=row.created_at,
        updated_at=row.updated_at,
        featured_score=row.featured_score,
        slot_index=row.slot_index,
        published_at=row.published_at,
        visibility=Visibility(row.visibility),
        is_showcase=bool(row.is_showcase),
        **msgspec.structs.asdict(about),
    )


def _card_of(row: Row[Any]) -> Card | None:
    about = _about_of(row)
    if about is None:
        return None
    return Card(
        id=row.id,
        title=display_title(about.title, about.owner_handle, row.owner_id),
        owner_handle=about.owner_handle,
        description=about.description,
        theme=about.theme,
        published_at=row.published_at,
    )
