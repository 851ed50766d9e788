"""Whether the store takes changes, known without waiting long for it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from dashgen.errors import StorageFailed
from dashgen.serving.threads import in_thread

if TYPE_CHECKING:
    from collections.abc import Callable

# Whoever asks whether this server is well must not have to wait for a database that is not.
_PATIENCE_SECONDS: Final = 0.5


class StorageWatch:
    """One look at a time, for all who ask meanwhile. Used on the event loop's thread alone.

    Args:
        look: Looks whether the store takes changes; may wait for it. None where nothing need be looked at.
    """

    def __init__(self, look: Callable[[], bool] | None) -> None:
        self._look = look
        self._is_writable = True
        self._looking: asyncio.Task[None] | None = None

    async def is_writable(self) -> bool:
        """Whether the store takes changes; while it does not answer, what it said before."""
        if self._look is None:
            return True
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._look_once(self._look))
        await asyncio.wait({self._looking}, timeout=_PATIENCE_SECONDS)
        return self._is_writable

    async def _look_once(self, look: Callable[[], bool]) -> None:
        try:
            self._is_writable = await in_thread(look)
        except StorageFailed:
            return  # the log has it
