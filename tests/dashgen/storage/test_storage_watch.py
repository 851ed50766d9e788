"""Whether the store takes changes: looked at once for all who ask, who wait for no database that is not well."""

from __future__ import annotations

import asyncio
import threading
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from dashgen.errors import StorageFailed
from dashgen.storage import storage_watch
from dashgen.storage.sql_database import Database
from dashgen.storage.storage_watch import StorageWatch

if TYPE_CHECKING:
    from pathlib import Path


def test_what_needs_no_look_takes_changes() -> None:
    assert asyncio.run(StorageWatch(None).is_writable()) is True


def test_every_asking_looks_again() -> None:
    looks = iter([False, True])

    async def ask_twice() -> list[bool]:
        watch = StorageWatch(lambda: next(looks))
        return [await watch.is_writable(), await watch.is_writable()]

    assert [False, True] == asyncio.run(ask_twice())


def test_whoever_asks_meanwhile_waits_for_no_look_that_does_not_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(storage_watch, "_PATIENCE_SECONDS", 0.01)
    may_end, looks = threading.Event(), []

    def look() -> bool:
        looks.append(1)
        may_end.wait()
        return False

    async def ask_all() -> list[bool]:
        watch = StorageWatch(look)
        meanwhile = [await watch.is_writable() for _ in range(3)]
        may_end.set()
        while await watch.is_writable():
            pass
        return meanwhile

    assert [True, True, True] == asyncio.run(ask_all())
    assert len(looks) <= 2


def test_a_database_that_does_not_answer_is_what_it_was() -> None:
    looks = iter([False])

    def look() -> bool:
        try:
            return next(looks)
        except StopIteration:
            raise StorageFailed(is_full=False) from None

    async def ask_twice() -> list[bool]:
        watch = StorageWatch(look)
        return [await watch.is_writable(), await watch.is_writable()]

    assert [False, False] == asyncio.run(ask_twice())


@pytest.mark.parametrize(
    ("setting", "expected"), [("", True), ("%20-cdefault_transaction_read_only%3Don", False)]
)
def test_a_postgresql_that_takes_no_changes_says_so(
    postgresql_url: str, setting: str, *, expected: bool
) -> None:
    Database(postgresql_url).close()  # which makes the tables
    with closing(Database(postgresql_url + setting)) as database:
        assert database.is_writable() is expected


def test_a_file_of_sqlite_says_whether_it_may_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with closing(Database(f"sqlite:///{tmp_path}/store.db")) as database:
        assert database.is_writable() is True
        monkeypatch.setattr("os.access", lambda path, _: path != f"{tmp_path}/store.db")
        assert database.is_writable() is False
