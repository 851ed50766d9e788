"""Work off the event loop, on a real loop."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING

import pytest

from dashgen.serving import threads
from dashgen.serving.threads import in_thread, in_writing_thread

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    Run = Callable[[Callable[[], str]], Coroutine[None, None, str]]


@pytest.mark.parametrize("run", [in_thread, in_writing_thread])
def test_work_is_done_while_others_go_on(run: Run) -> None:
    async def both() -> str:
        free = threading.Event()

        def wait() -> str:
            assert free.wait(60), "the loop was held up"
            return threading.current_thread().name

        waiting = asyncio.ensure_future(run(wait))
        await asyncio.sleep(0)
        free.set()
        return await waiting

    assert threading.current_thread().name != asyncio.run(both())


def test_what_work_raises_reaches_whoever_waits() -> None:
    def fail() -> None:
        raise OSError(28, "no space")

    with pytest.raises(OSError, match="no space"):
        asyncio.run(in_thread(fail))


def test_work_that_is_alone_is_waited_for_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threads, "_PATIENCE_SECONDS", 60.0)
    turns: list[str] = []

    async def alone() -> None:
        asyncio.get_running_loop().call_soon(turns.append, "the loop went on")
        turns.append(await in_thread(lambda: "done"))

    asyncio.run(alone())

    assert ["done", "the loop went on"] == turns


@pytest.mark.parametrize("run", [in_thread, in_writing_thread])
def test_beside_work_that_takes_its_time_nothing_holds_up_the_loop(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def both() -> bool:
        free, heard = threading.Event(), threading.Event()
        slow = asyncio.ensure_future(in_thread(lambda: free.wait(60)))
        await asyncio.sleep(0)
        monkeypatch.setattr(threads, "_PATIENCE_SECONDS", 60.0)
        asyncio.get_running_loop().call_soon(heard.set)
        try:
            return bool(await run(lambda: str(heard.wait(30) or "")))
        finally:
            free.set()
            await slow

    assert asyncio.run(both())
