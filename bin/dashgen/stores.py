"""Opens the stores that a URL names; what a store needs is imported when it is opened.

``sqlite:////path`` and ``postgresql://user@host/name`` are databases; any other text is the folder
of the file store. The file store boots without SQLAlchemy.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from dashgen.canvas_store import JsonFileCanvasStore
from dashgen.subscriptions import FileSubscriptionStore

if TYPE_CHECKING:
    from collections.abc import Callable

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


class Stores(NamedTuple):
    """Where canvases are, and who pays for them.

    Attributes:
        close: Lets go of what the stores hold open.
    """

    canvases: CanvasStore
    subscriptions: SubscriptionStore
    close: Callable[[], None]


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


def open_url(url: str) -> Stores:
    """Open what a URL, or the path of a data root, names.

    Raises:
        CannotOpenError: There is nothing that can be worked with.
    """
    if "://" in url and not url.startswith("file://"):
        return _open_database(url)
    return open_stores("", Path(url.removeprefix("file://")).absolute())


def _open_database(url: str) -> Stores:
    try:
        from dashgen.sql_canvas_store import SqlCanvasStore  # noqa: PLC0415 - slow to import
        from dashgen.sql_database import Database, UnusableDatabaseError  # noqa: PLC0415
        from dashgen.sql_subscriptions import SqlSubscriptionStore  # noqa: PLC0415
    except ImportError as error:
        raise CannotOpenError(
            f"a database needs {error.name}, which is not installed here",
            "uv pip install --require-hashes -r requirements/stores.txt",
        ) from error
    try:
        database = Database(url)
    except UnusableDatabaseError as error:
        raise CannotOpenError(
            f"the database cannot be used: {error}", "unset ENSEMBLE_DATABASE_URL"
        ) from error
    return Stores(SqlCanvasStore(database), SqlSubscriptionStore(database), database.close)
