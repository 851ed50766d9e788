"""One page of the grid from the tables: always one range of one index, however deep in the grid.

Cursors of the sorted orders are those of the file store, so they outlive a change of store. At
random every canvas has a lot that was drawn when it was published; a visitor starts anywhere in
the circle of lots and goes round it once.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any, Literal

import msgspec
from sqlalchemy import select, tuple_

from dashgen.grid_cursor import GridOrder, InFeatured, InNewest, cursor_for, decode_place
from dashgen.storage.sql_schema import CANVASES, FEATURED_KEY, IS_PUBLIC, NEWEST_KEY, RANDOM_KEY

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import ColumnElement, Connection, Row

    from dashgen.ids import CanvasId

    Key = Sequence[ColumnElement[Any]]
    Rows = Sequence[Row[Any]]

_LOTS = 2**53
# What a card and a place are made of; what lies on the stage of a canvas may be long.
_CARD_COLUMNS = [
    CANVASES.c[name]
    for name in ("id", "owner_id", "about", "published_at", "featured_score", "is_showcase", "lot")
]


class _InLots(msgspec.Struct, array_like=True, frozen=True, forbid_unknown_fields=True):
    """A place in the circle of lots: where the visitor started, and the last that was shown."""

    order: Literal["random"]
    start: float
    last: tuple[float, str]


def draw_lot() -> float:
    """A place at random in the circle of lots, from 0 to less than 1."""
    return random.randrange(_LOTS) / _LOTS  # noqa: S311 - an order for the eye


def page_rows(
    connection: Connection, order: GridOrder, limit: int, cursor: str
) -> tuple[Rows, str]:
    """The rows of one page, and the cursor of the next; empty behind the last.

    Raises:
        SchemaError: a cursor that is not one of this order.
    """
    after: tuple[float | str, ...]
    if order is GridOrder.random:
        return _page_at_random(connection, limit, cursor)
    if order is GridOrder.newest:
        after = decode_place(cursor, InNewest).key if cursor else ()
        rows = _range(connection, NEWEST_KEY, limit + 1, after)
        return _page(rows, limit, lambda row: InNewest("newest", (-row.published_at, row.id)))
    after = _featured_place(cursor) if cursor else ()
    rows = _range(connection, FEATURED_KEY, limit + 1, after)
    return _page(rows, limit, lambda row: InFeatured("featured", _featured_key(row)))


def _featured_place(cursor: str) -> tuple[float, int, float, str]:
    score, is_no_showcase, published_at, canvas_id = decode_place(cursor, InFeatured).key
    return (score, int(is_no_showcase), published_at, canvas_id)


def _page(rows: Rows, limit: int, place_of: Any) -> tuple[Rows, str]:
    """What is shown of the rows, of which one more was asked for to see whether there is one."""
    shown = rows[:limit]
    has_more = len(rows) > limit
    return shown, cursor_for(place_of(shown[-1]) if has_more else None)


def _page_at_random(connection: Connection, limit: int, cursor: str) -> tuple[Rows, str]:
    place = decode_place(cursor, _InLots) if cursor else None
    start = draw_lot() if place is None else place.start
    wanted = limit + 1
    rows: list[Row[Any]] = []
    if place is None or place.last[0] >= start:
        last = () if place is None else place.last
        rows += _range(connection, RANDOM_KEY, wanted, last, CANVASES.c.lot >= start)
    if len(rows) < wanted:
        last = () if place is None or place.last[0] >= start else place.last
        rows += _range(connection, RANDOM_KEY, wanted - len(rows), last, CANVASES.c.lot < start)
    shown, following = _page(rows, limit, lambda row: _InLots("random", start, (row.lot, row.id)))
    # What is published again between the two readings has stood in both.
    once = list({row.id: row for row in shown}.values())
    # Neighbours in the circle are always the same; on a page they need not stand side by side.
    return random.sample(once, len(once)), following


def _range(
    connection: Connection,
    key: Key,
    count: int,
    after: tuple[Any, ...],
    *conditions: ColumnElement[bool],
) -> Rows:
    """So many public canvases in the order of a key, behind a place."""
    query = select(*_CARD_COLUMNS).where(IS_PUBLIC, *conditions).order_by(*key).limit(count)
    if after:
        query = query.where(tuple_(*key) > tuple_(*after))
    return connection.execute(query).all()


def _featured_key(row: Row[Any]) -> tuple[float, bool, float, CanvasId]:
    return (-row.featured_score, not row.is_showcase, -row.published_at, row.id)
