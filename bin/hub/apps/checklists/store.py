"""Checklists in an SQLite file. Every call opens, does one transaction, and closes."""

from __future__ import annotations

import contextlib
import secrets
import sqlite3
import time
from typing import TYPE_CHECKING, Annotated, Final

from msgspec import Meta, Struct

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MAX_LISTS: Final = 200
MAX_ITEMS: Final = 200
_BUSY_SECONDS: Final = 5.0
# Applied once each, in this order; `PRAGMA user_version` counts them.
MIGRATIONS: Final = (
    """
    CREATE TABLE list (id TEXT PRIMARY KEY, title TEXT NOT NULL, made_by TEXT NOT NULL, made_at REAL NOT NULL) STRICT;
    CREATE TABLE item (
        id TEXT PRIMARY KEY,
        list TEXT NOT NULL REFERENCES list (id) ON DELETE CASCADE,
        place INTEGER NOT NULL,
        text TEXT NOT NULL,
        done_by TEXT NOT NULL DEFAULT ''
    ) STRICT;
    CREATE INDEX item_of_list ON item (list, place);
    """,
)

Text = Annotated[str, Meta(min_length=1, max_length=200, pattern=r"\S")]


class Item(Struct, frozen=True):
    """One step; ``done_by`` is the name of whoever ticked it off, or empty."""

    id: str
    text: str
    done_by: str


class Checklist(Struct, frozen=True):
    """A list with its steps in their order."""

    id: str
    title: str
    made_by: str
    items: list[Item]


class NotFound(Exception):
    """There is no such list or step."""


class Full(Exception):
    """There are as many lists, or steps in one, as there may be."""


class Store:
    """The lists of everybody in the team.

    Args:
        folder: Where the file is, or will be.
    """

    def __init__(self, folder: Path) -> None:
        self._file = folder / "checklists.sqlite"
        with self._connect() as database:
            done = database.execute("PRAGMA user_version").fetchone()[0]
            for number, script in enumerate(MIGRATIONS[done:], start=done + 1):
                for statement in filter(str.strip, script.split(";")):
                    database.execute(statement)
                database.execute(f"PRAGMA user_version = {number}")

    def all(self) -> list[Checklist]:
        """Every list, newest first."""
        with self._connect() as database:
            items: dict[str, list[Item]] = {}
            for row in database.execute("SELECT list, id, text, done_by FROM item ORDER BY place"):
                items.setdefault(row[0], []).append(Item(*row[1:]))
            lists = database.execute(
                "SELECT id, title, made_by FROM list ORDER BY made_at DESC, id"
            )
            return [
                Checklist(name, title, made_by, items.get(name, []))
                for name, title, made_by in lists
            ]

    def add_list(self, title: str, made_by: str) -> str:
        """Make an empty list; return its id.

        Raises:
            Full: There are enough.
        """
        name = secrets.token_hex(8)
        with self._connect() as database:
            if database.execute("SELECT count(*) FROM list").fetchone()[0] >= MAX_LISTS:
                raise Full
            row = (name, title, made_by, time.time())
            database.execute("INSERT INTO list VALUES (?, ?, ?, ?)", row)
        return name

    def remove_list(self, name: str) -> None:
        """Remove a list with its steps.

        Raises:
            NotFound: There is none.
        """
        self._change("DELETE FROM list WHERE id = ?", name)

    def add_item(self, list_name: str, text: str) -> str:
        """Put a step at the end of a list; return its id.

        Raises:
            NotFound: There is no such list.
            Full: It has enough steps.
        """
        name = secrets.token_hex(8)
        with self._connect() as database:
            if not database.execute("SELECT 1 FROM list WHERE id = ?", (list_name,)).fetchone():
                raise NotFound
            count, last = database.execute(
                "SELECT count(*), coalesce(max(place), 0) FROM item WHERE list = ?", (list_name,)
            ).fetchone()
            if count >= MAX_ITEMS:
                raise Full
            row = (name, list_name, last + 1, text)
            database.execute("INSERT INTO item (id, list, place, text) VALUES (?, ?, ?, ?)", row)
        return name

    def tick(self, name: str, done_by: str) -> None:
        """Tick a step off, or with an empty ``done_by`` open it again.

        Raises:
            NotFound: There is no such step.
        """
        self._change("UPDATE item SET done_by = ? WHERE id = ?", done_by, name)

    def _change(self, statement: str, *values: str) -> None:
        with self._connect() as database:
            if not database.execute(statement, values).rowcount:
                raise NotFound

    @contextlib.contextmanager
    def _connect(self) -> Iterator[sqlite3.Connection]:
        database = sqlite3.connect(self._file, timeout=_BUSY_SECONDS, isolation_level=None)
        try:
            database.execute("PRAGMA foreign_keys = ON")
            database.execute("BEGIN IMMEDIATE")
            yield database
            if database.in_transaction:
                database.execute("COMMIT")
        finally:
            database.close()
