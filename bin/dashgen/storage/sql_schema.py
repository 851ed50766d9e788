"""The tables of the SQL store: its rules are constraints, so that no program can break them.

A canvas is one row, published or not; publishing fills the columns of its slot. What a canvas says
is JSON in text columns, which unlike plain text may hold every character that a title may.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Double,
    Index,
    Integer,
    MetaData,
    SmallInteger,
    String,
    Table,
    Text,
    UniqueConstraint,
    literal_column,
    text,
)

from dashgen.canvas_schema import Visibility
from dashgen.slots import FREE_LIMIT, MAX_SLOT, Tier

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement

# Raised whenever an older program could misread the tables.
STORE_VERSION: Final = 1
# Publishes of different owners count their change in different rows, so that none waits for another.
CHANGE_COUNTERS: Final = 16

METADATA: Final = MetaData()

CANVASES: Final = Table(
    "canvases",
    METADATA,
    Column("id", String(16), primary_key=True),
    Column("owner_id", String(36), nullable=False),
    Column("about", Text, nullable=False),
    Column("room_state", Text, nullable=False),
    Column("source_metadata", Text, nullable=False),
    Column("created_at", Double, nullable=False),
    Column("updated_at", Double, nullable=False),
    Column("featured_score", Double, nullable=False),
    Column("published_at", Double),
    Column("slot_index", Integer),
    # Whoever replaces the occupant of a slot keeps what the slot was granted on.
    Column("slot_tier", String(8)),
    Column("visibility", String(8), nullable=False),
    Column("is_showcase", SmallInteger, nullable=False),
    Column("lot", Double),
    # A slot holds one canvas. Drafts have no slot, and nulls never equal each other.
    UniqueConstraint("owner_id", "slot_index", name="one_canvas_a_slot"),
    CheckConstraint(
        "(published_at IS NULL) = (slot_index IS NULL)"
        " AND (published_at IS NULL) = (slot_tier IS NULL)"
        " AND (published_at IS NULL) = (lot IS NULL)",
        name="published_in_a_slot_or_a_draft",
    ),
    CheckConstraint(f"slot_index BETWEEN 0 AND {MAX_SLOT}", name="a_slot_that_there_is"),
    CheckConstraint(
        f"slot_tier IN ('{Tier.free}', '{Tier.pro}')"
        f" AND (slot_tier <> '{Tier.free}' OR slot_index < {FREE_LIMIT})",
        name="no_fourth_slot_on_a_free_tier",
    ),
    CheckConstraint(
        f"visibility IN ({', '.join(repr(str(each)) for each in Visibility)})"
        f" AND (published_at IS NOT NULL OR visibility = '{Visibility.private}')",
        name="a_draft_is_private",
    ),
    CheckConstraint(
        "is_showcase = 0 OR (is_showcase = 1 AND published_at IS NOT NULL)",
        name="a_showcase_is_published",
    ),
)

# Spelled out, since no database matches a parameter with the condition of an index.
IS_PUBLIC: Final = text(f"visibility = '{Visibility.public}'")

Index("canvases_of_owner", CANVASES.c.owner_id)
Index(
    "one_showcase_an_owner",
    CANVASES.c.owner_id,
    unique=True,
    sqlite_where=text("is_showcase = 1"),
    postgresql_where=text("is_showcase = 1"),
)

# Sorted ascending in every part, as the places of cursors are: a page is one range of one index.
NEWEST_KEY: Final[tuple[ColumnElement[Any], ...]] = (-CANVASES.c.published_at, CANVASES.c.id)
FEATURED_KEY: Final[tuple[ColumnElement[Any], ...]] = (
    -CANVASES.c.featured_score,
    literal_column("(1 - is_showcase)"),
    -CANVASES.c.published_at,
    CANVASES.c.id,
)
RANDOM_KEY: Final[tuple[ColumnElement[Any], ...]] = (CANVASES.c.lot, CANVASES.c.id)

for _name, _key in (("newest", NEWEST_KEY), ("featured", FEATURED_KEY), ("random", RANDOM_KEY)):
    Index(f"public_canvases_{_name}", *_key, sqlite_where=IS_PUBLIC, postgresql_where=IS_PUBLIC)

GRID_CHANGES: Final = Table(
    "grid_changes",
    METADATA,
    Column("counter", SmallInteger, primary_key=True, autoincrement=False),
    Column("changes", BigInteger, nullable=False),
)

STORE: Final = Table(
    "ensemble_store",
    METADATA,
    Column("version", Integer, primary_key=True, autoincrement=False),
)

SUBSCRIPTIONS: Final = Table(
    "subscriptions",
    METADATA,
    Column("owner_id", String(36), primary_key=True),
    Column("tier", String(8), nullable=False),
    CheckConstraint(f"tier IN ('{Tier.free}', '{Tier.pro}')", name="a_tier_that_there_is"),
)
