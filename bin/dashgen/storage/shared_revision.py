"""The revision of a store, asked for once by all who wait for it."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Final, Protocol

from dashgen.errors import StorageFailed
from dashgen.serving.rounds import OncePerRound
from dashgen.serving.threads import in_thread

if TYPE_CHECKING:
    from collections.abc import Callable

    from dashgen.store_protocol import CanvasStore

    # Told a revision, or None when the store did not answer.
    Reader = Callable[[str | None], None]

# A database that says nothing for so long is taken for lost; whoever reads is told.
_PATIENCE_SECONDS: Final = 5.0
# Nor does anybody wait longer for a line to it.
_OPENING_SECONDS: Final = 5.0
# Between two questions: who comes meanwhile shares the next one. At half of full load readers come one by
# one, and a question each would cost the processor more than all else that they ask for.
_REST_SECONDS: Final = 0.001
# So many at once are worth a question without a rest.
_CROWD: Final = 8

_log = logging.getLogger(__name__)


class Wire(Protocol):
    """A line to a far database that takes one question at a time; see ``revision_wire``."""

    def ask(self, told: Callable[[str | None], None]) -> None:
        """Put the question, and tell what was true after this call, or None when the line broke."""

    def close(self) -> None:
        """Let go of the line; nobody is told anything any more."""


class WireLostError(Exception):
    """A line could not be made."""


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
        self._far = None if open_wire is None else _FarRevision(open_wire)

    async def current(self) -> str:
        """The revision, no older than this call.

        Raises:
            StorageFailed: The store did not answer.
        """
        if self._far is None:
            return self._here()
        answer: asyncio.Future[str | None] = asyncio.get_running_loop().create_future()
        self._far.tell(lambda said: None if answer.done() else answer.set_result(said))
        revision = await answer
        if revision is None:
            raise StorageFailed(is_full=False)
        return revision

    def tell(self, reader: Reader) -> None:
        """Tell a reader the revision, no older than this call; None where the store does not answer.

        A local store tells at once, another one later.
        """
        if self._far is not None:
            self._far.tell(reader)
            return
        try:
            revision = self._here()
        except StorageFailed:
            reader(None)
            return
        reader(revision)

    def _look(self) -> str:
        return self._store.revision()


class _FarRevision:
    """One question after another over a wire, each for all who came before it, until nobody waits.

    Plain callbacks: a task, which sleeps and wakes several times in each question, took longer than
    all else that it is asked for.
    """

    def __init__(self, open_wire: Callable[[], Wire]) -> None:
        self._open_wire = open_wire
        self._wire: Wire | None = None
        self._waiting: list[Reader] = []
        self._asking: list[Reader] = []
        self._opening: asyncio.Task[None] | None = None
        # Until the next question is put; and how long the answer may take.
        self._rest: asyncio.Handle | None = None
        self._patience: asyncio.TimerHandle | None = None

    def tell(self, reader: Reader) -> None:
        """Tell a reader what the next question is answered with."""
        self._waiting.append(reader)
        if not self._asking and (self._rest is None or len(self._waiting) == _CROWD):
            self._ask_after(0.0)

    def _ask_after(self, seconds: float) -> None:
        if self._rest is not None:
            self._rest.cancel()
        loop = asyncio.get_running_loop()
        # In the next round at the earliest: whoever comes in this one shares the question.
        self._rest = loop.call_later(seconds, self._ask) if seconds else loop.call_soon(self._ask)

    def _ask(self) -> None:
        self._rest = None
        self._asking, self._waiting = self._waiting, []
        if self._wire is None:
            self._open()
        else:
            self._put(self._wire, self._on_answer)

    def _put(self, wire: Wire, told: Reader) -> None:
        loop = asyncio.get_running_loop()
        self._patience = loop.call_later(_PATIENCE_SECONDS, self._give_up)
        wire.ask(told)

    def _on_answer(self, said: str | None) -> None:
        """Pass the answer on; where the line broke, the database may have been started anew."""
        if said is None:
            self._lose_wire("it broke")
            self._open()
        else:
            self._answer(said)

    def _on_last_answer(self, said: str | None) -> None:
        if said is None:
            self._lose_wire("the new one broke, too")
        self._answer(said)

    def _give_up(self) -> None:
        self._lose_wire("it is silent")
        self._answer(None)

    def _answer(self, said: str | None) -> None:
        self._stop_patience()
        loop = asyncio.get_running_loop()
        for reader in self._asking:
            loop.call_soon(reader, said)  # what goes wrong with one is nothing to the others
        self._asking = []
        if self._waiting:
            self._ask_after(0.0 if len(self._waiting) >= _CROWD else _REST_SECONDS)

    def _open(self) -> None:
        self._opening = asyncio.create_task(self._open_and_put())

    async def _open_and_put(self) -> None:
        opening = asyncio.ensure_future(in_thread(self._open_wire))
        try:
            self._wire = await asyncio.wait_for(asyncio.shield(opening), _OPENING_SECONDS)
        except TimeoutError:
            _log.warning("no line to the database: it is silent")
            opening.add_done_callback(_close_late)
            self._answer(None)
        except Exception as problem:  # noqa: BLE001 - whatever it is, who waits must be told
            _log.warning("no line to the database: %r", str(problem))
            self._answer(None)
        else:
            self._put(self._wire, self._on_last_answer)

    def _lose_wire(self, why: str) -> None:
        self._stop_patience()
        _log.warning("the line to the database was lost: %s", why)
        if self._wire is not None:
            self._wire.close()
            self._wire = None

    def _stop_patience(self) -> None:
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None


def _close_late(opening: asyncio.Future[Wire]) -> None:
    """Let go of a line that nobody waits for any more."""
    if not opening.cancelled() and opening.exception() is None:
        opening.result().close()
