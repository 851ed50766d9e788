"""Connections to PostgreSQL: who waits for one that stands still is told, and numbers are as they were stored."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from psycopg import OperationalError

from dashgen.canvas_schema import Canvas, CanvasDraft, Visibility
from dashgen.errors import OutcomeUnknown, StorageFailed
from dashgen.grid_cursor import GridOrder
from dashgen.slots import Tier
from dashgen.storage.patient_connection import PatientConnection
from dashgen.storage.shared_revision import WireLostError
from dashgen.stores import open_url
from tests.broken_line import BrokenLine
from tests.dashgen.store_steps import ALICE, draft, publish
from tests.pooled_line import PooledLine
from tests.silent_line import SilentLine

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dashgen.store_protocol import CanvasStore
    from dashgen.stores import Stores


@pytest.fixture
def line(postgresql_url: str) -> Iterator[SilentLine]:
    with SilentLine(postgresql_url) as line:
        yield line


@pytest.fixture
def stores(line: SilentLine, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stores]:
    monkeypatch.setattr(PatientConnection, "silence_seconds", 0.3)
    stores = open_url(line.url)
    yield stores
    stores.close()


def test_whoever_reads_from_a_server_that_is_silent_is_told(
    stores: Stores, line: SilentLine
) -> None:
    made = draft(stores.canvases)
    line.fall_silent_at(b"canvases.owner_id = ")
    with pytest.raises(StorageFailed) as told:
        stores.canvases.mine(ALICE.id)
    assert "the server was silent for 0.3 s" in str(told.value.__cause__)
    assert [made] == stores.canvases.mine(ALICE.id)


def test_a_commit_that_a_silent_server_may_have_heard_is_unknown(
    stores: Stores, line: SilentLine
) -> None:
    made = draft(stores.canvases)
    line.fall_silent_at(b"COMMIT\0")
    with pytest.raises(OutcomeUnknown):
        publish(stores.canvases, made)
    assert stores.canvases.mine(ALICE.id)


def test_the_revision_is_asked_for_on_another_line(stores: Stores, line: SilentLine) -> None:
    before = stores.canvases.revision()
    line.fall_silent_at(b"grid_changes")
    assert before == stores.canvases.revision()


def test_a_line_for_questions_is_not_waited_for_without_end(
    stores: Stores, line: SilentLine
) -> None:
    assert stores.open_wire is not None
    line.fall_silent_at(b"revision\0")
    with pytest.raises(WireLostError, match="the server was silent"):
        stores.open_wire()
    stores.open_wire().close()


def test_a_silent_connection_is_closed_and_its_late_answer_nobody_s(
    line: SilentLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(PatientConnection, "silence_seconds", 0.3)
    with closing(PatientConnection.connect(line.url.replace("+psycopg", ""))) as connection:
        assert (1,) == connection.execute("SELECT 1").fetchone()
        line.fall_silent_at(b"SELECT 2")
        with pytest.raises(OperationalError, match="the server was silent"):
            connection.execute("SELECT 2")
        assert connection.closed


def publish_at(store: CanvasStore, now: float, slot_index: int) -> Canvas:
    return store.publish(
        store.create(ALICE, CanvasDraft(), now).id,
        ALICE.id,
        slot_index=slot_index,
        visibility=Visibility.public,
        tier=Tier.free,
        now=now,
    )


@pytest.mark.parametrize("kind", [BrokenLine, PooledLine], ids=["alone", "behind a pooler"])
def test_no_number_loses_a_digit_by_how_the_server_shows_it(
    postgresql_url: str, kind: type[BrokenLine]
) -> None:
    url = f"{postgresql_url}%20-cextra_float_digits%3D-15"
    with kind(url) as line, closing(open_url(line.url)) as stores:
        store = stores.canvases
        made = [publish_at(store, 1_795_000_000.123456 + slot, slot) for slot in range(3)]
        assert made == store.mine(ALICE.id)
        page = store.list_published(GridOrder.newest, 2, "")
        (last,) = store.list_published(GridOrder.newest, 2, page.next_cursor).cards
        assert last.published_at == made[0].published_at
