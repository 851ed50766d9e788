"""Threads for what would hold up the event loop."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Final, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

_T = TypeVar("_T")

_MOST_THREADS: Final = 40
# Made at once, but it starts a thread only for work that finds none idle.
_threads: Final = ThreadPoolExecutor(_MOST_THREADS, thread_name_prefix="work")


async def in_thread(work: Callable[[], _T]) -> _T:
    """Do work that waits for the disk, or computes for long, while other requests go on.

    asyncio alone does this: anyio would import its event loop, streams and TLS for the first request.
    """
    return await asyncio.get_running_loop().run_in_executor(_threads, work)
