"""Asks PostgreSQL for the revision from the event loop itself, on a connection that does nothing else.

The database needs a few microseconds for the answer; a thread, a pool and a cursor would need many
times as long for the question.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any

from psycopg import Error, generators
from psycopg.pq import ExecStatus

from dashgen.storage.shared_revision import WireLostError

if TYPE_CHECKING:
    from collections.abc import Callable

    from psycopg.pq.abc import PGconn

_NAME = b"revision"

_log = logging.getLogger(__name__)


class RevisionWire:
    """One question, put as often as wanted, one at a time; a ``shared_revision.Wire``.

    It is made where waiting is allowed and used on the event loop's thread alone.

    Args:
        connection: A connection of psycopg that nobody else uses, outside any transaction.
        question: A statement whose answer is one value.
        is_pooled: Whether a pooler stands between: each question may meet another server, and none knows what was
            prepared.

    Raises:
        WireLostError: The question cannot be prepared; the connection is closed.
    """

    def __init__(self, connection: Any, question: str, *, is_pooled: bool = False) -> None:
        self._connection = connection
        self._wire: PGconn = connection.pgconn
        self._socket = self._wire.socket
        self._said = b""
        self._told: Callable[[str | None], None] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._is_lost = False
        self._unprepared = question.encode() if is_pooled else b""
        if not is_pooled:
            self._prepare(question.encode())
        self._wire.nonblocking = 1

    def _prepare(self, question: bytes) -> None:
        try:
            self._wire.send_prepare(_NAME, question)
            (prepared,) = self._connection.wait(generators.execute(self._wire))
        except Error as error:
            self._connection.close()
            raise WireLostError(str(error)) from error
        if prepared.status != ExecStatus.COMMAND_OK:
            self._connection.close()
            raise WireLostError(prepared.get_error_message())

    def ask(self, told: Callable[[str | None], None]) -> None:
        """Put the question; what is told was true after this call, None says that the line broke."""
        self._told = told
        if self._is_lost:
            self._tell(None)
            return
        if self._loop is None:
            self._loop = asyncio.get_running_loop()
            self._loop.add_reader(self._socket, self._on_readable)
        try:
            if self._unprepared:
                self._wire.send_query(self._unprepared)
            else:
                self._wire.send_query_prepared(_NAME, None)
            self._wire.flush()
        except Error as error:
            self._fail(str(error))

    def close(self) -> None:
        """Let go of the connection."""
        self._told = None
        self._stop_reading()
        self._connection.close()

    def _on_readable(self) -> None:
        try:
            self._wire.consume_input()
            while not self._wire.is_busy():
                result = self._wire.get_result()
                if result is None:  # only now may the next question be put
                    self._tell(self._said.decode())
                    return
                if result.status != ExecStatus.TUPLES_OK:
                    self._fail(result.get_error_message())
                    return
                self._said = result.get_value(0, 0) or b""
        except Error as error:
            self._fail(str(error))

    def _tell(self, said: str | None) -> None:
        told, self._told = self._told, None
        if told is not None:
            told(said)

    def _fail(self, why: str) -> None:
        _log.warning("the database broke off: %r", why)
        self._stop_reading()  # a broken line is readable for ever
        self._tell(None)

    def _stop_reading(self) -> None:
        """Stop for good: the driver closes a broken line's socket, and its number may be a visitor's next."""
        self._is_lost = True
        if self._loop is not None:
            self._loop.remove_reader(self._socket)
            self._loop = None
