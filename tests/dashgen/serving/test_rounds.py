"""What is looked up once is as new as whoever is told of it."""

from __future__ import annotations

import asyncio
import itertools
import socket

import pytest

from dashgen.serving.rounds import OncePerRound


def test_once_in_a_round_and_anew_in_the_next() -> None:
    async def work() -> list[int]:
        look = OncePerRound(itertools.count().__next__)
        seen = [look(), look()]
        await asyncio.sleep(0)
        seen += [look(), look()]
        await asyncio.sleep(0)
        return [*seen, look()]

    assert [0, 0, 1, 1, 2] == asyncio.run(work())


def test_a_failure_is_held_by_nobody() -> None:
    said = iter([OSError("gone"), None])

    def look() -> int:
        problem = next(said)
        if problem is not None:
            raise problem
        return 7

    async def work() -> int:
        once = OncePerRound(look)
        with pytest.raises(OSError, match="gone"):
            once()
        return once()

    assert 7 == asyncio.run(work())


def test_what_came_after_a_look_is_told_of_a_later_one() -> None:
    """What is sent once something was looked up arrives in another round."""
    (asker, asked), (other, behind) = socket.socketpair(), socket.socketpair()

    async def work() -> list[int]:
        loop, seen = asyncio.get_running_loop(), list[int]()
        look = OncePerRound(itertools.count().__next__)
        came = asyncio.Event()

        def answer(end: socket.socket) -> None:
            end.recv(1)
            seen.append(look())
            if end is asked:
                other.send(b"?")
            else:
                came.set()

        loop.add_reader(asked, answer, asked)
        loop.add_reader(behind, answer, behind)
        for _ in range(100):
            came.clear()
            asker.send(b"?")
            await came.wait()
        return seen

    with asker, asked, other, behind:
        seen = asyncio.run(work())
    assert sorted(set(seen)) == seen
    assert 200 == len(seen)
