"""The revision of a store, asked for once by all who wait for it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from dashgen.threads import in_thread

if TYPE_CHECKING:
    from dashgen.store_protocol import CanvasStore


class SharedRevision:
    """Asks a store for its revision, so that many readers at once cost a far database one question.

    An answer counts only for whoever came before the question was put: what was published before a
    reader came is what the reader sees, whichever server published it. Used on the event loop alone.

    Args:
        store: A store; one that is local is asked each time, which is quicker.
    """

    def __init__(self, store: CanvasStore) -> None:
        self._store = store
        self._under_way: asyncio.Task[str] | None = None
        self._following: asyncio.Task[str] | None = None

    async def current(self) -> str:
        """The revision, no older than this call.

        Raises:
            StorageFailed: The store did not answer.
        """
        if self._store.is_local:
            return self._store.revision()
        if self._following is None:
            self._following = asyncio.create_task(self._ask(after=self._under_way))
        return await asyncio.shield(self._following)

    async def _ask(self, after: asyncio.Task[str] | None) -> str:
        if after is not None:
            await asyncio.wait([after])
        self._under_way, self._following = self._following, None
        return await in_thread(self._store.revision)
