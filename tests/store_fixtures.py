"""Fixtures of stores, for every folder of tests that imports them."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from dashgen.stores import open_url
from tests.postgresql import empty_schema, server_url

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from dashgen.store_protocol import CanvasStore
    from dashgen.stores import Stores


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """The URL of a PostgreSQL server: a real one from a wheel, or the one that is named."""
    with server_url() as url:
        yield url


@pytest.fixture
def postgresql_url(postgresql: str) -> Iterator[str]:
    """A URL of that server with an empty schema behind it."""
    with empty_schema(postgresql) as url:
        yield url


@pytest.fixture(params=["files", "sqlite", "postgresql"])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where an empty store is: each kind in turn."""
    if request.param == "postgresql":
        return str(request.getfixturevalue("postgresql_url"))
    return str(tmp_path) if request.param == "files" else f"sqlite:///{tmp_path}/store.db"


@pytest.fixture
def open_stores(store_url: str) -> Iterator[Callable[[], Stores]]:
    """Open the stores at that URL, once more each time, as another process would."""
    with ExitStack() as opened:

        def open_once_more() -> Stores:
            stores = open_url(store_url)
            opened.callback(stores.close)
            return stores

        yield open_once_more


@pytest.fixture
def open_again(open_stores: Callable[[], Stores]) -> Callable[[], CanvasStore]:
    """Open the store of canvases, once more each time."""
    return lambda: open_stores().canvases
