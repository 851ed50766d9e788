"""The database itself: rules that hold whatever a program does, and what its refusals become."""

from __future__ import annotations

import sqlite3
import stat
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import insert, select, update
from sqlalchemy.exc import IntegrityError

from dashgen.errors import OutcomeUnknown, StorageFailed
from dashgen.storage.sql_canvas_store import SqlCanvasStore
from dashgen.storage.sql_database import Database, UnusableDatabaseError
from dashgen.storage.sql_schema import CANVASES, GRID_CHANGES, STORE
from dashgen.stores import CannotOpenError, open_url
from tests.broken_line import BrokenLine
from tests.dashgen.store_steps import ALICE, draft, publish
from tests.pooled_line import PooledLine
from tests.postgresql import PostgresqlServer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import Any

ROW: dict[str, Any] = {
    "owner_id": ALICE.id,
    "about": "{}",
    "room_state": "{}",
    "source_metadata": "{}",
    "created_at": 1.0,
    "updated_at": 1.0,
    "featured_score": 0.0,
    "visibility": "private",
    "is_showcase": 0,
}
PUBLISHED: dict[str, Any] = {
    "published_at": 1.0,
    "slot_index": 0,
    "slot_tier": "free",
    "lot": 0.5,
    "visibility": "public",
}


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "postgresql":
        return str(request.getfixturevalue("postgresql_url"))
    return f"sqlite:///{tmp_path}/store.db"


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    database = Database(database_url)
    yield database
    database.close()


def add(database: Database, number: int, **columns: object) -> None:
    row = {**ROW, "id": f"cnv_{number:012x}", **columns}
    with database.changing() as connection:
        connection.execute(insert(CANVASES).values(row))


@pytest.mark.parametrize("is_heard", [True, False], ids=["heard", "not heard"])
def test_a_commit_whose_answer_is_lost_is_told_as_unknown(
    postgresql_url: str, *, is_heard: bool
) -> None:
    with BrokenLine(postgresql_url) as line:
        stores = open_url(line.url)
        made, other = draft(stores.canvases), draft(stores.canvases)
        line.break_at_commit(is_heard=is_heard)
        with pytest.raises(OutcomeUnknown, match="not known whether the change was made"):
            publish(stores.canvases, made)
        # Waits until the server is done with the publish.
        stores.canvases.delete(other.id, ALICE.id)
        assert stores.canvases.count() == int(is_heard)
        stores.close()


@pytest.mark.parametrize(
    "second",
    [
        pytest.param({**PUBLISHED}, id="a second canvas in a slot"),
        pytest.param({**PUBLISHED, "slot_index": 3}, id="a fourth slot on a free tier"),
        pytest.param({**PUBLISHED, "slot_index": -1}, id="a slot that there is not"),
        pytest.param({**PUBLISHED, "slot_index": None}, id="published in no slot"),
        pytest.param({"slot_index": 1}, id="a slot for a draft"),
        pytest.param({"visibility": "public"}, id="a public draft"),
        pytest.param({**PUBLISHED, "slot_index": 1, "visibility": "odd"}, id="a visibility"),
        pytest.param({"is_showcase": 1}, id="a draft as showcase"),
        pytest.param({**PUBLISHED, "slot_index": 1, "is_showcase": 1}, id="a second showcase"),
    ],
)
def test_no_program_can_break_the_rules(database: Database, second: dict[str, object]) -> None:
    add(database, 1, **PUBLISHED, is_showcase=1)
    with pytest.raises(StorageFailed) as refused:
        add(database, 2, **second)
    assert isinstance(refused.value.__cause__, IntegrityError)
    add(database, 2, **{**PUBLISHED, "slot_index": 3, "slot_tier": "pro"})


def test_tables_of_a_later_program_are_left_alone(database: Database, database_url: str) -> None:
    with database.changing() as connection:
        connection.execute(update(STORE).values(version=2))
    with pytest.raises(UnusableDatabaseError, match="of version 2; this program knows 1"):
        Database(database_url)


def test_a_change_that_raises_changes_nothing(database: Database) -> None:
    def fail() -> None:
        with database.changing(ALICE.id) as connection:
            connection.execute(insert(CANVASES).values({**ROW, "id": "cnv_000000000001"}))
            database.count_change(connection, ALICE.id)
            raise ZeroDivisionError

    before = database.revision()
    with pytest.raises(ZeroDivisionError):
        fail()
    assert before == database.revision()
    add(database, 1)


def test_a_database_that_is_put_back_never_comes_to_a_revision_again(database: Database) -> None:
    def change() -> str:
        with database.changing(ALICE.id) as connection:
            database.count_change(connection, ALICE.id)
        return database.revision()

    with database.reading() as connection:
        before = connection.execute(select(GRID_CHANGES.c.counter, GRID_CHANGES.c.changes)).all()
    shown = [change() for _ in range(3)]
    with database.changing() as connection:
        for counter, changes in before:
            is_it = GRID_CHANGES.c.counter == counter
            connection.execute(update(GRID_CHANGES).where(is_it).values(changes=changes))
    again = [change() for _ in range(3)]
    assert not set(shown) & set(again)
    assert 3 == len(set(shown)) == len(set(again))


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("nonsense", "is not a URL"),
        ("mysql://localhost/x", "names mysql; known: sqlite, postgresql"),
        ("sqlite://", "names no file"),
        ("sqlite:///:memory:", "names no file"),
        ("sqlite:////nowhere/at/all.db", "unable to open database file"),
    ],
)
def test_a_url_that_cannot_be_used_is_told(url: str, problem: str) -> None:
    with pytest.raises(UnusableDatabaseError, match=problem):
        Database(url)


def test_no_password_is_told() -> None:
    with pytest.raises(CannotOpenError, match=r"//me:\*\*\*@/x") as told:
        open_url("postgresql://me:s3cret@/x?host=/nowhere")
    assert "s3cret" not in str(told.value)


def test_the_file_is_for_this_user_alone(tmp_path: Path) -> None:
    stores = open_url(f"sqlite:///{tmp_path}/store.db")
    draft(stores.canvases)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    stores.close()
    assert {"store.db": 0o600, "store.db-wal": 0o600, "store.db-shm": 0o600} == modes


def test_a_file_that_is_no_database_is_told_and_kept(tmp_path: Path) -> None:
    file = tmp_path / "store.db"
    file.write_bytes(b"not a database, but somebody's bytes" * 100)
    before = file.read_bytes()
    with pytest.raises(UnusableDatabaseError, match="file is not a database"):
        Database(f"sqlite:///{file}")
    assert before == file.read_bytes()


def test_nothing_is_acknowledged_into_a_file_that_was_replaced(tmp_path: Path) -> None:
    file, ours, copy = tmp_path / "store.db", tmp_path / "ours", tmp_path / "copy"
    with closing(Database(f"sqlite:///{file}")) as database:
        store = SqlCanvasStore(database)
        made = draft(store)
        store.revision()
        ours.hardlink_to(file)
        with closing(sqlite3.connect(file)) as source, closing(sqlite3.connect(copy)) as target:
            source.backup(target)
        kept = copy.read_bytes()
        for replace in (lambda: copy.replace(file), file.unlink):
            replace()
            for step in (lambda: draft(store), lambda: store.mine(ALICE.id), store.revision):
                with pytest.raises(StorageFailed):
                    step()
            assert database.is_writable() is False
            assert not file.exists() or kept == file.read_bytes()
        ours.rename(file)
        assert database.is_writable() is True
        assert [made] == store.mine(ALICE.id)
        publish(store, made)


def test_a_row_that_cannot_be_read_counts_as_absent(tmp_path: Path) -> None:
    file = tmp_path / "store.db"
    stores = open_url(f"sqlite:///{file}")
    store = stores.canvases
    canvases = [publish(store, draft(store), slot) for slot in range(3)]
    broken = [("about", "{"), ("room_state", "[1]"), ("about", '{"schema_version": 9}')]
    with sqlite3.connect(file) as connection:
        for canvas, (column, text) in zip(canvases, broken, strict=True):
            connection.execute(
                f"UPDATE canvases SET {column} = ? WHERE id = ?",  # noqa: S608 - our own names
                (text, canvas.id),
            )
    connection.close()
    assert [None] * 3 == [store.find(canvas.id, reader=ALICE.id) for canvas in canvases]
    assert [] == store.mine(ALICE.id)
    stores.close()


@pytest.mark.parametrize("encoding", ["SQL_ASCII", "LATIN1"])
def test_what_a_client_is_set_to_changes_no_character(
    postgresql_url: str, monkeypatch: pytest.MonkeyPatch, encoding: str
) -> None:
    monkeypatch.setenv("PGCLIENTENCODING", encoding)
    assert_every_character_is_kept(postgresql_url)


def assert_every_character_is_kept(url: str) -> None:
    with closing(open_url(url)) as stores:
        made = draft(stores.canvases, title="Größe \u2603 \U0001f6a2")
        assert made == stores.canvases.find(made.id, reader=ALICE.id)


@pytest.fixture(scope="module")
def own_server() -> Iterator[str]:
    """A server on which databases can be made, which not everybody may on a server that is named."""
    with PostgresqlServer() as server:
        yield server.url


def database_of(server: str, encoding: str) -> str:
    """The URL of a new database."""
    import psycopg

    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(
            f"CREATE DATABASE of_{encoding} TEMPLATE template0 ENCODING '{encoding}' LOCALE 'C'"
        )
    return server.replace("/postgres?", f"/of_{encoding.lower()}?")


def test_a_database_without_an_encoding_keeps_every_character(own_server: str) -> None:
    # What initdb makes where no language is set, as in a container.
    assert_every_character_is_kept(database_of(own_server, "SQL_ASCII"))


def test_a_database_that_cannot_hold_every_character_is_refused(own_server: str) -> None:
    with pytest.raises(UnusableDatabaseError, match="its encoding is LATIN1; it must be UTF8"):
        Database(database_of(own_server, "LATIN1"))


def test_who_may_have_few_connections_works_with_those_there_are(own_server: str) -> None:
    import psycopg

    with psycopg.connect(own_server, autocommit=True) as connection:
        connection.execute("CREATE ROLE few LOGIN CONNECTION LIMIT 2")
        connection.execute("CREATE DATABASE few OWNER few")
    url = own_server.replace("//postgres@/postgres?", "//few@/few?")
    with closing(Database(url)) as database:
        store = SqlCanvasStore(database)
        with database.reading():
            assert [] == store.mine(ALICE.id)
        wire = database.open_wire()  # which takes one of the two
        for _ in range(5):
            assert [] == store.mine(ALICE.id)
        # Nor is what was refused meanwhile tried again before one that is there.
        with database.reading(), pytest.raises(StorageFailed):
            store.mine(ALICE.id)
        for _ in range(5):
            assert [] == store.mine(ALICE.id)
        wire.close()


@pytest.mark.parametrize(
    ("setting", "set_to", "used"),
    [
        # Who waited for a lock must see what was done meanwhile.
        ("transaction_isolation", "default_transaction_isolation%3Dserializable", "read committed"),
        # What is acknowledged is on the disk; more than that may be asked for.
        ("synchronous_commit", "synchronous_commit%3Doff", "on"),
        ("synchronous_commit", "synchronous_commit%3Dremote_apply", "remote_apply"),
    ],
)
def test_a_server_s_own_settings_do_not_weaken_a_change(
    postgresql_url: str, setting: str, set_to: str, used: str
) -> None:
    with closing(Database(f"{postgresql_url}%20-c{set_to}")) as database:
        with database.reading() as connection:  # the same connection, which is set back afterwards
            connection.exec_driver_sql("SELECT 1")
        with database.changing() as connection:
            assert used == connection.exec_driver_sql(f"SHOW {setting}").scalar_one()


def test_behind_a_pooler_nothing_is_left_with_a_server(postgresql_url: str) -> None:
    # The next statement may meet another server, and the next client this one.
    url = f"{postgresql_url}%20-csynchronous_commit%3Doff"
    with PooledLine(url) as line, closing(Database(line.url)) as database:
        for _ in range(20):
            with database.reading() as connection:
                prepared = connection.exec_driver_sql("SELECT count(*) FROM pg_prepared_statements")
                assert 0 == prepared.scalar_one()
        with database.reading() as connection:
            assert "0" == connection.exec_driver_sql("SHOW lock_timeout").scalar_one()
        with database.changing(ALICE.id) as connection:
            assert "5s" == connection.exec_driver_sql("SHOW lock_timeout").scalar_one()
            assert "on" == connection.exec_driver_sql("SHOW synchronous_commit").scalar_one()
        database.open_wire().close()
