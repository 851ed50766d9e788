"""The line on which PostgreSQL is asked, at a real server."""

from __future__ import annotations

import asyncio
import os
import socket
from typing import TYPE_CHECKING, cast

import psycopg
import pytest
from psycopg.pq import ConnStatus

from dashgen.storage.revision_wire import RevisionWire
from dashgen.storage.shared_revision import SharedRevision, WireLostError
from dashgen.stores import open_url
from tests.dashgen.store_steps import draft, publish

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from dashgen.storage.shared_revision import Wire
    from dashgen.stores import Stores


@pytest.fixture
def pair(postgresql_url: str) -> Iterator[tuple[Stores, Stores]]:
    """The same store twice, as two servers have it."""
    pair = (open_url(postgresql_url), open_url(postgresql_url))
    yield pair
    for stores in pair:
        stores.close()


def end(url: str, line: psycopg.Connection) -> None:
    """End a connection from the server's side."""
    pid = line.info.backend_pid
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SELECT pg_terminate_backend(%s, 10000)", (pid,))


async def answer_of(wire: Wire) -> str | None:
    """What the line tells."""
    answer: asyncio.Future[str | None] = asyncio.get_running_loop().create_future()
    wire.ask(answer.set_result)
    return await answer


@pytest.mark.parametrize("is_pooled", [False, True])
def test_the_question_is_prepared_unless_a_pooler_stands_between(
    postgresql_url: str, *, is_pooled: bool
) -> None:
    with psycopg.connect(postgresql_url, autocommit=True) as line:
        wire = RevisionWire(line, "SELECT 7", is_pooled=is_pooled)
        prepared = line.execute("SELECT count(*) FROM pg_prepared_statements").fetchone()
        assert (0 if is_pooled else 1,) == prepared
        line.pgconn.nonblocking = 1

        async def work() -> list[str | None]:
            said = [await answer_of(wire) for _ in range(3)]
            wire.close()
            return said

        assert ["7"] * 3 == asyncio.run(work())


def test_a_line_that_broke_while_nobody_asked_leaves_its_descriptor_to_others(
    postgresql_url: str,
) -> None:
    # The driver closes the socket, and the next visitor may be given its number.
    with psycopg.connect(postgresql_url, autocommit=True) as line:
        wire = RevisionWire(line, "SELECT 7")
        number = line.fileno()

        async def work() -> str | None:
            assert "7" == await answer_of(wire)
            here, there = socket.socketpair()
            with here, there:
                end(postgresql_url, line)
                while line.pgconn.status == ConnStatus.OK:  # noqa: ASYNC110 - nobody is told, that is it
                    await asyncio.sleep(0.01)
                os.dup2(here.fileno(), number)
                visitor = socket.socket(fileno=number)
                loop = asyncio.get_running_loop()
                transport, _ = await loop.connect_accepted_socket(asyncio.Protocol, visitor)
                said = await asyncio.wait_for(answer_of(wire), 10)
                wire.close()
                assert transport.is_reading()
                transport.close()
                await asyncio.sleep(0)  # which is when it closes its socket
            return said

        assert asyncio.run(work()) is None


def test_what_another_server_has_stored_is_in_the_next_answer(pair: tuple[Stores, Stores]) -> None:
    here, there = pair
    assert here.open_wire is not None

    async def work() -> list[str | None]:
        assert here.open_wire is not None
        wire = here.open_wire()
        seen = [await answer_of(wire)]
        for step in range(20):
            made = publish(there.canvases, draft(there.canvases), step % 3)
            seen.append(await answer_of(wire))
            there.canvases.unpublish(made.id, made.owner_id)
            seen.append(await answer_of(wire))
        assert await answer_of(wire) == seen[-1] == here.canvases.revision()
        wire.close()
        return seen

    seen = asyncio.run(work())
    assert 41 == len(seen) == len(set(seen))


def test_a_server_that_ends_the_line_is_noticed_and_asked_again(
    pair: tuple[Stores, Stores], postgresql_url: str
) -> None:
    async def work() -> tuple[str, str]:
        shared = SharedRevision(pair[0].canvases, pair[0].open_wire)
        assert shared._far is not None
        before = await shared.current()
        first = cast("RevisionWire", shared._far._wire)
        end(postgresql_url, first._connection)
        after = await shared.current()
        second = cast("RevisionWire", shared._far._wire)
        assert second is not first
        second.close()
        return before, after

    before, after = asyncio.run(work())
    assert before == after


def test_a_line_that_ends_during_a_question_says_so(postgresql_url: str) -> None:
    connection = psycopg.connect(postgresql_url, autocommit=True)
    wire = RevisionWire(connection, "SELECT 'never' FROM pg_sleep(60)")

    async def work() -> None:
        answer = asyncio.create_task(answer_of(wire))
        await asyncio.sleep(0)
        await asyncio.to_thread(end, postgresql_url, connection)
        assert await answer is None
        assert await answer_of(wire) is None
        wire.close()

    asyncio.run(work())


def test_a_question_that_fails_is_a_lost_line(
    postgresql_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    wire = RevisionWire(psycopg.connect(postgresql_url, autocommit=True), "SELECT 1 / 0")

    async def work() -> None:
        assert await answer_of(wire) is None
        wire.close()

    asyncio.run(work())
    assert "division by zero" in caplog.text


def test_a_second_question_during_the_first_is_refused(postgresql_url: str) -> None:
    wire = RevisionWire(psycopg.connect(postgresql_url, autocommit=True), "SELECT 1")

    async def work() -> list[str | None]:
        told: list[str | None] = []
        wire.ask(told.append)
        wire.ask(told.append)
        wire.close()
        return told

    assert [None] == asyncio.run(work())


def test_a_question_that_cannot_be_prepared_closes_the_connection(postgresql_url: str) -> None:
    connection = psycopg.connect(postgresql_url, autocommit=True)
    with pytest.raises(WireLostError, match="nowhere"):
        RevisionWire(connection, "SELECT 1 FROM nowhere")
    assert connection.closed


def test_only_a_far_store_has_a_line(tmp_path: Path) -> None:
    for url in (f"sqlite:///{tmp_path}/store.db", str(tmp_path)):
        stores = open_url(url)
        assert stores.open_wire is None
        stores.close()
