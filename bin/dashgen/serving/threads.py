"""Threads for what would hold up the event loop."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Final, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

_T = TypeVar("_T")

# A disk or a lock that stands still holds up every writer; readers have threads that no writer takes.
MOST_READERS: Final = 24
MOST_WRITERS: Final = 16
# Made at once, but they start a thread only for work that finds none idle.
_readers: Final = ThreadPoolExecutor(MOST_READERS, thread_name_prefix="read")
_writers: Final = ThreadPoolExecutor(MOST_WRITERS, thread_name_prefix="write")

# So long the loop stands still for work while it awaits none. Most is done by then, and to be woken by a thread
# takes asyncio a tenth of a millisecond.
_PATIENCE_SECONDS: Final = 0.001


_awaited: Final[set[Future[Any]]] = set()


async def in_thread(work: Callable[[], _T]) -> _T:
    """Do work that reads, or computes for long, while other requests go on.

    asyncio alone does this: anyio would import its event loop, streams and TLS for the first request.
    """
    return await _done(_readers.submit(work))


async def in_writing_thread(work: Callable[[], _T]) -> _T:
    """Do work that changes something, and may have to wait for whoever else does."""
    return await _done(_writers.submit(work))


async def _done(work: Future[_T]) -> _T:
    """The result of work, waited for at once where it is alone, for a moment."""
    if not _awaited and _is_done_soon(work):
        return work.result()
    _awaited.add(work)
    try:
        return await asyncio.wrap_future(work)
    finally:
        _awaited.discard(work)


def _is_done_soon(work: Future[Any]) -> bool:
    done = threading.Lock()
    done.acquire()
    work.add_done_callback(lambda _: done.release())
    return done.acquire(timeout=_PATIENCE_SECONDS)
