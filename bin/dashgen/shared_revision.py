"""The revision of a store, asked for once by all who wait for it."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from typing import TYPE_CHECKING, Final, Protocol

from dashgen.errors import StorageFailed
from dashgen.rounds import OncePerRound
from dashgen.threads import in_thread

if TYPE_CHECKING:
    from collections.abc import Callable

    from dashgen.store_protocol import CanvasStore

# A database that says nothing for so long is taken for lost; whoever reads is told.
_PATIENCE_SECONDS: Final = 5.0
# Between two questions: who comes meanwhile shares the next one. At half of full load readers come one by
# one, and a question each would cost the processor more than all else that they ask for.
_REST_SECONDS: Final = 0.001
# So many at once are worth a question without a rest.
_CROWD: Final = 8

_log = logging.getLogger(__name__)


async def _rest(crowd: asyncio.Event) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(_REST_SECONDS):
            await crowd.wait()


def _said(answer: asyncio.Future[str]) -> str | None:
    return None if answer.cancelled() or answer.exception() else answer.result()


class Wire(Protocol):
    """A line to a far database that takes one question at a time; see ``revision_wire``."""

    def ask(self) -> asyncio.Future[str]:
        """Puts the question; raises WireLostError, or the answer does."""

    def close(self) -> None:
        """Lets go of the line."""


class WireLostError(Exception):
    """The line broke, or its answer was none; the next question needs another one."""


class SharedRevision:
    """Asks a store for its revision, so that many readers at once cost one question.

    An answer counts only for whoever came before the question was put: what was published before a
    reader came is what the reader sees, whichever server published it. Used on the event loop alone.

    Args:
        store: A store; one that is local is asked in each round of the event loop.
        open_wire: Makes a line to a store that is not local; called in a thread, again when one is lost.
    """

    def __init__(self, store: CanvasStore, open_wire: Callable[[], Wire] | None) -> None:
        self._store = store
        self._here = OncePerRound(self._look)
        self._open_wire = open_wire
        self._wire: Wire | None = None
        self._next: asyncio.Future[str] | None = None
        self._waiting = 0
        self._crowd = asyncio.Event()
        self._asking: asyncio.Task[None] | None = None

    async def current(self) -> str:
        """The revision, no older than this call.

        Raises:
            StorageFailed: The store did not answer.
        """
        if self._open_wire is None:
            return self._here()
        # Who goes away does not take the answer of the others along.
        return await asyncio.shield(self._expect(self._open_wire))

    def tell(self, reader: Callable[[str | None], None]) -> None:
        """Tell a reader the revision, no older than this call; None where the store does not answer.

        A local store tells at once, another one later.
        """
        if self._open_wire is not None:
            said = self._expect(self._open_wire)
            said.add_done_callback(lambda answer: reader(_said(answer)))
            return
        try:
            revision = self._here()
        except StorageFailed:
            reader(None)
            return
        reader(revision)

    def _look(self) -> str:
        return self._store.revision()

    def _expect(self, open_wire: Callable[[], Wire]) -> asyncio.Future[str]:
        """The answer to the next question that is put."""
        if self._next is None:
            self._next = asyncio.get_running_loop().create_future()
        self._waiting += 1
        if self._waiting == _CROWD:
            self._crowd.set()
        if self._asking is None:
            self._asking = asyncio.create_task(self._ask_for_all(open_wire))
        return self._next

    async def _ask_for_all(self, open_wire: Callable[[], Wire]) -> None:
        """Puts one question after another, each for all who came before it, until nobody waits."""
        while self._next is not None:
            answer, self._next, self._waiting = self._next, None, 0
            self._crowd.clear()
            try:
                answer.set_result(await self._ask(open_wire))
            except Exception as problem:  # noqa: BLE001 - it is raised where the answer was waited for
                answer.set_exception(problem)
                answer.exception()  # all who waited may have gone
            if self._next is not None:
                await _rest(self._crowd)
        self._asking = None

    async def _ask(self, open_wire: Callable[[], Wire]) -> str:
        """The answer over the wire, or over a new one: a database that was restarted knows no old one."""
        if self._wire is not None:
            with suppress(WireLostError):
                return await self._over(self._wire)
        try:
            self._wire = await in_thread(open_wire)
            return await self._over(self._wire)
        except WireLostError as error:
            raise StorageFailed(is_full=False) from error

    async def _over(self, wire: Wire) -> str:
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                return await wire.ask()
        except (WireLostError, TimeoutError) as error:
            self._wire = None
            wire.close()
            _log.warning("the line to the database was lost: %r", str(error))
            if isinstance(error, TimeoutError):
                raise StorageFailed(is_full=False) from error
            raise
