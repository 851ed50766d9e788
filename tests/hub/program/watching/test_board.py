"""What the serving process writes on the board, and that another one reads it."""

from __future__ import annotations

import asyncio
import contextlib
import os

import pytest

from hub.watching.board import Board


def test_another_process_reads_what_a_dead_one_wrote() -> None:
    board = Board()
    child = os.fork()
    if not child:
        with board.serving("notes"):
            board.beat()
            os._exit(0)
    os.waitpid(child, 0)

    assert (1, ["notes"], False) == (board.beats, board.served, board.is_finished)


def test_an_app_runs_only_while_its_code_does() -> None:
    board = Board()
    seen = []

    async def work() -> None:
        seen.append(board.running)
        await asyncio.sleep(0)
        seen.append(board.running)

    async def other() -> None:
        seen.append(board.running)

    async def both() -> None:
        await asyncio.gather(board.running_of("notes", work()), other())

    asyncio.run(both())

    assert ["notes", "", "notes"] == seen
    assert "" == board.running


def test_an_error_and_a_cancellation_get_where_they_should() -> None:
    board = Board()
    seen = []

    async def work() -> None:
        try:
            await asyncio.sleep(3600)
        except asyncio.CancelledError:
            seen.append("cancelled")
            raise ValueError("odd") from None

    async def cancel() -> None:
        async def watched() -> None:
            await board.running_of("notes", work())

        task = asyncio.create_task(watched())
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(ValueError, match="odd"):
            await task

    asyncio.run(cancel())

    assert ["cancelled"] == seen


def test_whoever_has_nothing_to_do_is_not_served() -> None:
    board = Board()
    with board.serving("notes"), board.serving("other"), board.serving("notes"):
        during = sorted(board.served)

    assert (["notes", "other"], []) == (during, board.served)


def test_more_than_there_is_room_for_is_cut() -> None:
    board = Board()
    board.finish()
    names = [f"app-{number}" for number in range(2000)]
    with contextlib.ExitStack() as stack:
        for name in names:
            stack.enter_context(board.serving(name))
        served = board.served

    assert served == names[: len(served)]
    assert len(served) > 100
    board.clear()
    assert ([], False) == (board.served, board.is_finished)
