"""Threads for what would hold up the event loop."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Final, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

_T = TypeVar("_T")

# A disk or a lock that stands still holds up every writer; readers have threads that no writer takes.
MOST_READERS: Final = 24
MOST_WRITERS: Final = 16
# Made at once, but they start a thread only for work that finds none idle.
_readers: Final = ThreadPoolExecutor(MOST_READERS, thread_name_prefix="read")
_writers: Final = ThreadPoolExecutor(MOST_WRITERS, thread_name_prefix="write")


async def in_thread(work: Callable[[], _T]) -> _T:
    """Do work that reads, or computes for long, while other requests go on.

    asyncio alone does this: anyio would import its event loop, streams and TLS for the first request.
    """
    return await asyncio.get_running_loop().run_in_executor(_readers, work)


async def in_writing_thread(work: Callable[[], _T]) -> _T:
    """Do work that changes something, and may have to wait for whoever else does."""
    return await asyncio.get_running_loop().run_in_executor(_writers, work)
