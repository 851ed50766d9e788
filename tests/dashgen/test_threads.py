"""Work off the event loop, on a real loop."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING

import pytest

from dashgen.threads import in_thread, in_writing_thread

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    Run = Callable[[Callable[[], str]], Coroutine[None, None, str]]


@pytest.mark.parametrize("run", [in_thread, in_writing_thread])
def test_work_is_done_while_others_go_on(run: Run) -> None:
    async def both() -> tuple[str, bool]:
        free = threading.Event()

        def wait() -> str:
            free.wait(10)
            return threading.current_thread().name

        waiting = asyncio.ensure_future(run(wait))
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
