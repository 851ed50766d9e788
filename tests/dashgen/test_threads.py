"""Work off the event loop, on a real loop."""

from __future__ import annotations

import asyncio
import threading

import pytest

from dashgen.threads import in_thread


def test_work_is_done_while_others_go_on() -> None:
    async def both() -> tuple[str, bool]:
        free = threading.Event()

        def wait() -> str:
            free.wait(10)
            return threading.current_thread().name

        waiting = asyncio.ensure_future(in_thread(wait))
        await asyncio.sleep(0)
        free.set()  # only whoever is not held up can
        return await waiting, free.is_set()

    name, _ = asyncio.run(both())

    assert threading.current_thread().name != name


def test_what_work_raises_reaches_whoever_waits() -> None:
    def fail() -> None:
        raise OSError(28, "no space")

    with pytest.raises(OSError, match="no space"):
        asyncio.run(in_thread(fail))
