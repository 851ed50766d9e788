"""One database, SQLite or PostgreSQL: its connections, its transactions, and what its errors mean."""

from __future__ import annotations

import logging
import os
import secrets
import sqlite3
import threading
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from zlib import crc32

from sqlalchemy import create_engine, event, func, insert, inspect, select, update
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.pool import QueuePool

from dashgen.errors import OutcomeUnknown, StorageFailed
from dashgen.serving.threads import MOST_READERS, MOST_WRITERS
from dashgen.storage.sql_schema import CHANGE_COUNTERS, GRID_CHANGES, METADATA, STORE, STORE_VERSION

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy import URL, Connection, Engine, Transaction
    from sqlalchemy.pool import ConnectionPoolEntry

    from dashgen.storage.shared_revision import Wire

# As many as the threads that handlers work in, and one for what the event loop looks up itself.
_CONNECTIONS: Final = MOST_READERS + MOST_WRITERS + 1
# A writer waits so long for another one, then tells its client to try again.
_WAIT_SECONDS: Final = 5
_DRIVERS: Final = {
    "sqlite": "sqlite",
    "postgres": "postgresql+psycopg",
    "postgresql": "postgresql+psycopg",
    "postgresql+psycopg": "postgresql+psycopg",
}
_SQLITE: Final[dict[str, Any]] = {
    "connect_args": {"isolation_level": None, "check_same_thread": False}
}
_POSTGRESQL: Final[dict[str, Any]] = {
    "connect_args": {"connect_timeout": _WAIT_SECONDS, "client_encoding": "utf8"},
    # Who waited for a lock sees what was done meanwhile, whatever others on the server need.
    "isolation_level": "READ COMMITTED",
    "pool_pre_ping": True,
}
_ON_SQLITE: Final = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",  # in WAL mode anything less may lose what was acknowledged
    f"PRAGMA busy_timeout = {_WAIT_SECONDS * 1000}",
)
# A server that stands still in the middle of a change must not hold its locks for ever; and what is
# acknowledged is on the disk, and on as many more as the server is set to. One journey for all of it.
_ON_POSTGRESQL: Final = f"""
SET {{scope}} lock_timeout = '{_WAIT_SECONDS}s';
SET {{scope}} idle_in_transaction_session_timeout = '30s';
SELECT set_config('synchronous_commit', 'on', '{{scope}}' = 'LOCAL')
WHERE current_setting('synchronous_commit') = 'off'
"""
# Behind a pooler only for the length of a change: the session may be another client's next.
_IN_A_SESSION: Final = _ON_POSTGRESQL.format(scope="SESSION")
_IN_A_CHANGE: Final = _ON_POSTGRESQL.format(scope="LOCAL")
# UTF-8 as it is: a database without an encoding keeps the bytes, and initdb makes one where no language is set.
_HOLD_EVERY_CHARACTER: Final = frozenset({"UTF8", "SQL_ASCII"})
_DISK_FULL: Final = frozenset({"SQLITE_FULL", "53100"})
# What was written whole and not synced is found, and believed, after a loss of power.
_MAYBE_STORED: Final = frozenset({"SQLITE_IOERR_FSYNC", "SQLITE_IOERR_DIR_FSYNC"})
# Advisory locks of PostgreSQL are named by two numbers; the first keeps ours apart from others'.
_LOCKS_OF_OWNERS: Final = 0x656E7331
# A counter goes on by so much at most; eight thousand million such steps fit into it.
_FARTHEST: Final = 2**30
_POOLED: Final = "is_pooled"  # what is noted of a connection
_LOCK_OF_SCHEMA: Final = (0x656E7332, 0)
_REVISION: Final = "SELECT sum(changes) FROM grid_changes"

_log = logging.getLogger(__name__)


class UnusableDatabaseError(Exception):
    """The database cannot be worked with at all; the message holds no password."""


class NoTablesError(UnusableDatabaseError):
    """The database holds no store, and none was to be made."""


class Database:
    """A database with the tables of the store.

    Attributes:
        is_local: Whether it is a file of this machine, so that looking something up takes less
            time than handing the work to a thread.
    """

    def __init__(self, url: str, *, may_make: bool = True) -> None:
        """Connect, and make the tables where there are none.

        Args:
            url: ``sqlite:////path`` or ``postgresql://user@host/name``.
            may_make: whether anything may be made: the file, or the tables.

        Raises:
            UnusableDatabaseError: it cannot be reached, a later program made its tables, or there
                are none and none may be made.
        """
        address = _address(url)
        self.is_local = address.get_backend_name() == "sqlite"
        self._file = str(address.database)
        if self.is_local:
            _make_private(self._file, may_make=may_make)
        self._engine = _engine(address)
        self._is_ours: Callable[[], bool] = (
            _same_file(self._file) if self.is_local else lambda: True
        )
        if self.is_local:
            event.listen(self._engine, "do_connect", self._refuse_other_file)
            event.listen(self._engine, "checkout", self._refuse_other_file)
        # Each look is one statement; a transaction around it would be two more journeys.
        self._readers = self._engine.execution_options(isolation_level="AUTOCOMMIT")
        self._watch: Any = None  # a connection of the driver
        self._watch_lock = threading.Lock()
        try:
            self._prepare(may_make=may_make)
        except BaseException as error:
            self.close()
            if not isinstance(error, DBAPIError):
                raise
            shown = address.render_as_string(hide_password=True)
            raise UnusableDatabaseError(f"{shown} cannot be used: {_said(error)}") from error

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """One look at the database.

        Raises:
            StorageFailed: it did not answer.
        """
        with _errors_told(), self._readers.connect() as connection:
            yield connection

    @contextmanager
    def changing(self, *owner_ids: str) -> Iterator[Connection]:
        """One change, durable when the block is left: all of it, or none when it raises.

        Args:
            owner_ids: whose canvases are changed; no other change of theirs goes on meanwhile.

        Raises:
            StorageFailed: the database refused, and nothing was changed.
            OutcomeUnknown: the connection was lost while the database stored it.
        """
        with _errors_told(), self._engine.connect() as connection:
            writer = connection.execution_options(is_writer=True)
            with writer.begin() as transaction:
                if writer.info.get(_POOLED):
                    writer.exec_driver_sql(_IN_A_CHANGE)
                # In one order, so that no two changes wait for each other.
                for number in sorted(set(map(_number_of, owner_ids))):
                    self._lock(writer, _LOCKS_OF_OWNERS, number)
                yield writer
                _commit(transaction)

    @staticmethod
    def count_change(connection: Connection, *owner_ids: str) -> None:
        """Make the next revision; to be called in the change that it stands for."""
        for counter in sorted({_number_of(each) % CHANGE_COUNTERS for each in owner_ids}):
            is_counted = GRID_CHANGES.c.counter == counter
            # By chance, or a database that is put back from a copy would come to a number again that stood for
            # something else, which somebody may still keep.
            further = GRID_CHANGES.c.changes + secrets.randbelow(_FARTHEST) + 1
            connection.execute(update(GRID_CHANGES).where(is_counted).values(changes=further))

    def revision(self) -> str:
        """A text that is another one after every change that was counted, whoever made it.

        Every look at the grid asks for it, so it goes past SQLAlchemy, on a connection of its own.

        Raises:
            StorageFailed: the database did not answer.
        """
        with self._watch_lock:
            if self._watch is not None:
                try:
                    return self._read_revision()
                except self._engine.dialect.loaded_dbapi.Error:
                    # A database that was started anew knows nothing of the old connection.
                    self._forget_watch()
            return self._revision_anew()

    def is_writable(self) -> bool:
        """Whether it takes changes, which a standby does not.

        Raises:
            StorageFailed: it did not answer.
        """
        if self.is_local:
            return self._is_ours() and os.access(self._file, os.W_OK)
        with self.reading() as connection:
            shown: str = connection.exec_driver_sql("SHOW transaction_read_only").scalar_one()
        return shown == "off"

    def open_wire(self) -> Wire:
        """A line for the same question that needs no thread; for a database that is not local.

        Raises:
            StorageFailed: the database did not answer.
            WireLostError: it broke off.
        """
        from dashgen.storage.revision_wire import RevisionWire  # noqa: PLC0415 - needs PostgreSQL's driver

        with _errors_told():
            connection, is_pooled = self._detached()
            return RevisionWire(connection, _REVISION, is_pooled=is_pooled)

    def close(self) -> None:
        """Close every connection."""
        with self._watch_lock:
            self._forget_watch()
        self._engine.dispose()

    def _revision_anew(self) -> str:
        with _errors_told():
            self._watch, _ = self._detached()
            try:
                return self._read_revision()
            except self._engine.dialect.loaded_dbapi.Error as error:
                self._forget_watch()
                raise DBAPIError(_REVISION, None, error) from error

    def _refuse_other_file(self, *_: object) -> None:
        """Beside a file in the place of ours lie the companions of ours: SQLite would mix them up."""
        if not self._is_ours():
            raise sqlite3.OperationalError(f"{self._file} was replaced: start the server anew")

    def _read_revision(self) -> str:
        self._refuse_other_file()
        (changes,) = self._watch.execute(_REVISION).fetchone()
        return str(changes)

    def _detached(self) -> tuple[Any, bool]:
        """A connection of the driver that is nobody else's, with no transaction around its statements.

        Returns:
            The connection, and whether a pooler stands between.
        """
        try:
            pooled = self._engine.raw_connection()
        # Only what SQLAlchemy asks itself has errors of SQLAlchemy.
        except self._engine.dialect.loaded_dbapi.Error as error:
            raise DBAPIError(_REVISION, None, error) from error
        is_pooled = bool(pooled.info.get(_POOLED))
        pooled.detach()
        connection: Any = pooled.dbapi_connection
        if not self.is_local:
            connection.autocommit = True
        return connection, is_pooled

    def _forget_watch(self) -> None:
        if self._watch is not None:
            with suppress(Exception):
                self._watch.close()
            self._watch = None

    def _lock(self, connection: Connection, space: int, number: int) -> None:
        # SQLite has one writer at a time anyway.
        if not self.is_local:
            connection.execute(select(func.pg_advisory_xact_lock(space, number)))

    def _check_encoding(self, connection: Connection) -> None:
        if self.is_local:
            return
        encoding = connection.exec_driver_sql("SHOW server_encoding").scalar_one()
        if encoding not in _HOLD_EVERY_CHARACTER:
            raise UnusableDatabaseError(f"its encoding is {encoding}; it must be UTF8")

    def _prepare(self, *, may_make: bool) -> None:
        with self._engine.connect() as connection:
            writer = connection.execution_options(is_writer=True)
            with writer.begin():
                self._check_encoding(writer)
                self._lock(writer, *_LOCK_OF_SCHEMA)
                if not inspect(writer).has_table(STORE.name):
                    if not may_make:
                        raise NoTablesError("it holds no tables of Ensemble")
                    METADATA.create_all(writer)
                version = writer.execute(select(STORE.c.version)).scalar()
                if version is None:
                    writer.execute(insert(STORE).values(version=STORE_VERSION))
                    counters = [{"counter": n, "changes": 0} for n in range(CHANGE_COUNTERS)]
                    writer.execute(insert(GRID_CHANGES), counters)
                elif version != STORE_VERSION:
                    raise UnusableDatabaseError(
                        f"the tables are of version {version}; this program knows {STORE_VERSION}"
                    )


class _Pool(QueuePool):
    """A pool that keeps connections alone: a place without one would be tried before those that there are."""

    def _do_return_conn(self, record: ConnectionPoolEntry) -> None:
        if record.dbapi_connection is None:
            self._dec_overflow()
        else:
            super()._do_return_conn(record)


def _number_of(owner_id: str) -> int:
    """A number below 2**31; two owners who share one wait for each other now and then."""
    return crc32(owner_id.encode()) >> 1


def _address(url: str) -> URL:
    try:
        address = make_url(url)
    except ArgumentError:
        raise UnusableDatabaseError("is not a URL such as postgresql://user@host/name") from None
    driver = _DRIVERS.get(address.drivername)
    if driver is None:
        raise UnusableDatabaseError(f"names {address.drivername}; known: sqlite, postgresql")
    if driver == "sqlite" and (not address.database or address.database == ":memory:"):
        raise UnusableDatabaseError("names no file, as sqlite:////var/lib/ensemble.db does")
    return address.set(drivername=driver)


def _engine(address: URL) -> Engine:
    is_sqlite = address.get_backend_name() == "sqlite"
    engine = create_engine(
        address,
        poolclass=_Pool,
        pool_size=_CONNECTIONS,
        max_overflow=0,
        pool_timeout=_WAIT_SECONDS,
        **(_SQLITE if is_sqlite else _POSTGRESQL),
    )
    if is_sqlite:
        event.listen(engine, "connect", _set_up_sqlite)
        event.listen(engine, "begin", _begin_on_sqlite)
    else:
        event.listen(engine, "do_connect", _connect_to_postgresql)
        event.listen(engine, "connect", _set_up_postgresql)
    return engine


def _same_file(path: str) -> Callable[[], bool]:
    """Whether the file at a path is the one that is there now, or the first that is found there."""
    first: os.stat_result | None = None

    def is_same() -> bool:
        nonlocal first
        try:
            found = os.stat(path)  # noqa: PTH116 - every look at the grid asks
        except OSError:
            return first is None
        first = first or found
        return os.path.samestat(first, found)

    return is_same


def _make_private(path: str, *, may_make: bool) -> None:
    """A database file is for this user alone; SQLite gives its companions the same mode."""
    if not may_make:
        if not Path(path).exists():
            raise NoTablesError(f"there is no file {path}")
        return
    with suppress(OSError):  # SQLite will say why
        os.close(os.open(path, os.O_CREAT | os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600))


def _set_up_sqlite(connection: Any, _: ConnectionPoolEntry) -> None:
    for statement in _ON_SQLITE:
        connection.execute(statement)


def _connect_to_postgresql(*connecting: Any) -> Any:
    from dashgen.storage.patient_connection import PatientConnection  # noqa: PLC0415 - PostgreSQL's driver

    *_, words, options = connecting  # as SQLAlchemy would hand them to the driver
    return PatientConnection.connect(*words, **options)


def _set_up_postgresql(connection: Any, entry: ConnectionPoolEntry) -> None:
    connection.autocommit = True
    entry.info[_POOLED] = _is_pooled(connection)
    if entry.info[_POOLED]:
        connection.prepare_threshold = (
            None  # the next statement may meet a server that knows nothing of it
        )
    else:
        connection.execute(_IN_A_SESSION)
    connection.autocommit = False


def _is_pooled(connection: Any) -> bool:
    """Whether a pooler stands between: the process that answers is not the one that was announced."""
    (answering,) = connection.execute("SELECT pg_backend_pid()").fetchone()
    return bool(answering != connection.info.backend_pid)


def _begin_on_sqlite(connection: Connection) -> None:
    # A writer that began as a reader would fail when another one was quicker.
    if connection.get_execution_options().get("is_writer", False):
        connection.exec_driver_sql("BEGIN IMMEDIATE")


def _commit(transaction: Transaction) -> None:
    """Make a change stand. It is the one step that may have been taken when it fails."""
    try:
        transaction.commit()
    except DBAPIError as error:
        if not error.connection_invalidated and _code(error.orig) not in _MAYBE_STORED:
            raise
        _log.error("the database broke off in the middle of a commit: %r", _said(error))
        raise OutcomeUnknown from error


@contextmanager
def _errors_told() -> Iterator[None]:
    """Turn what the database refuses into the refusal that clients know."""
    try:
        yield
    except DBAPIError as error:
        _log.error("the database refused: %r", _said(error))
        raise StorageFailed(is_full=_code(error.orig) in _DISK_FULL) from error
    except PoolTimeoutError as error:
        _log.error("no connection to the database became free in %d s", _WAIT_SECONDS)
        raise StorageFailed(is_full=False) from error


def _code(problem: BaseException | None) -> str:
    """The error's name in SQLite, or its SQLSTATE in PostgreSQL."""
    return getattr(problem, "sqlite_errorname", "") or getattr(problem, "sqlstate", "") or ""


def _said(error: DBAPIError) -> str:
    """What the driver said, without the statement and its parameters."""
    return " ".join(str(error.orig).split())[:300]
