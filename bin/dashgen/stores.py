"""Opens the stores that a URL names; what a store needs is imported when it is opened.

``sqlite:////path`` and ``postgresql://user@host/name`` are databases; any other text is the folder
of the file store. The file store boots without SQLAlchemy.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from dashgen.storage.canvas_store import JsonFileCanvasStore
from dashgen.subscriptions import FileSubscriptionStore

if TYPE_CHECKING:
    from collections.abc import Callable

    from dashgen.storage.shared_revision import Wire
    from dashgen.store_protocol import CanvasStore, SubscriptionStore


class CannotOpenError(Exception):
    """The stores cannot be opened.

    Args:
        problem: What is wrong, without a password.
        remedy: The command that helps.
    """

    def __init__(self, problem: str, remedy: str) -> None:
        super().__init__(problem)
        self.remedy = remedy


class NothingThereError(CannotOpenError):
    """There are no stores there, and none were to be made."""


class Stores(NamedTuple):
    """Where canvases are, and who pays for them.

    Attributes:
        close: Lets go of what the stores hold open.
        open_wire: Makes a line over which a far store is asked for its revision; None for one that is local.
        is_writable: Looks whether a database takes changes, which a standby does not; None for files.
    """

    canvases: CanvasStore
    subscriptions: SubscriptionStore
    close: Callable[[], None]
    open_wire: Callable[[], Wire] | None = None
    is_writable: Callable[[], bool] | None = None


def open_stores(database_url: str, data_root: Path) -> Stores:
    """Open the stores of one server.

    Args:
        database_url: The database, or "" for the files under ``data_root``.
        data_root: The root of the file stores; nothing is read from it yet.

    Raises:
        CannotOpenError: The database cannot be worked with.
    """
    if database_url:
        return _open_database(database_url)
    return Stores(JsonFileCanvasStore(data_root), FileSubscriptionStore(data_root), lambda: None)


def open_url(url: str, *, may_make: bool = True) -> Stores:
    """Open what a URL, or the path of a data root, names.

    Args:
        url: ``sqlite:////path``, ``postgresql://user@host/name``, or a folder.
        may_make: Whether stores are made where there are none.

    Raises:
        CannotOpenError: There is nothing that can be worked with.
    """
    if "://" in url and not url.startswith("file://"):
        return _open_database(url, may_make=may_make)
    root = Path(url.removeprefix("file://")).absolute()
    if not may_make and not root.is_dir():
        raise NothingThereError(f"there is no data root at {root}", f"ls -ld {root}")
    return open_stores("", root)


def _open_database(url: str, *, may_make: bool = True) -> Stores:
    try:
        from dashgen.storage.sql_canvas_store import SqlCanvasStore  # noqa: PLC0415 - slow to import
        from dashgen.storage.sql_database import (  # noqa: PLC0415 - files need no SQLAlchemy
            Database,
            NoTablesError,
            UnusableDatabaseError,
        )
        from dashgen.storage.sql_subscriptions import SqlSubscriptionStore  # noqa: PLC0415 - likewise
    except ImportError as error:
        raise CannotOpenError(
            f"a database needs {error.name}, which is not installed here",
            "uv pip install --require-hashes -r requirements/stores.txt",
        ) from error
    try:
        database = Database(url, may_make=may_make)
    except UnusableDatabaseError as error:
        kind = NothingThereError if isinstance(error, NoTablesError) else CannotOpenError
        raise kind(
            f"the database cannot be used: {error}", "unset ENSEMBLE_DATABASE_URL"
        ) from error
    open_wire = None if database.is_local else database.open_wire
    return Stores(
        SqlCanvasStore(database),
        SqlSubscriptionStore(database),
        database.close,
        open_wire,
        database.is_writable,
    )
