"""One client's connection: ends requests that are slow or endless, and refuses in JSON.

uvicorn bounds neither the time in which a request must arrive nor the size of its head, and it
refuses a malformed one in plain text. All three are settled here, below the application.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, Final, cast

import msgspec
from uvicorn.protocols.http.httptools_impl import (
    STATUS_LINE,
    HttpToolsProtocol,
    RequestResponseCycle,
)

from dashgen.serving.json_log import with_fields
from wire.request_head import MAX_HEAD_BYTES, fault_of

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Sequence

# A refused body is read to its end, so that the client sees the refusal and may go on with the
# connection; but not for ever.
MAX_DISCARDED_BYTES: Final = 64 * 1024 * 1024

# How long a client may take to hear of an answer that came before it had sent its request whole.
_LINGER_SECONDS: Final = 2.0
# When the server stops, the next request of whoever was answered so lately may be on its way.
_ON_ITS_WAY_SECONDS: Final = 0.1

_log = logging.getLogger(__name__)


class _HeadRefusedError(Exception):
    """Stops the parser: the head of a request is complete, and not to be answered."""


class _Answering:
    """The transport as uvicorn uses it for one connection's answers; its end is the protocol's to choose.

    Args:
        transport: The connection's own.
        end: Called where an answer was the last one.
    """

    def __init__(self, transport: asyncio.Transport, end: Callable[[], None]) -> None:
        self.write = transport.write
        self.is_closing = transport.is_closing
        self.close: Callable[[], None] = end


class BoundedHttpProtocol(HttpToolsProtocol):
    """uvicorn's protocol with limits; made by `kept_connection.protocol_with`.

    Attributes:
        request_seconds: A request must have arrived whole within so many seconds.
        refusal_headers: What every refusal carries.
    """

    request_seconds: float
    refusal_headers: Sequence[tuple[bytes, bytes]]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._deadline: asyncio.TimerHandle | None = None
        self._arriving = False
        self._is_new = False
        self._head_is_complete = False
        self._chunk_bytes = 0
        self._has_completed_one = False
        self._received_bytes = 0
        self._is_head_too_large = False
        self._head_fault = ""
        self._refused = False
        self._ends_with_next = False
        self._active_at = 0.0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Start the clock: a client that never asks anything does not keep its connection."""
        super().connection_made(transport)
        self._answering = _Answering(transport, self._end)
        self._active_at = self.loop.time()
        self._start_clock(self.request_seconds)

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop the clock, and hold nothing in a circle: connections come and go by the thousand."""
        self._stop_clock()
        self._answering.close = self.transport.close
        super().connection_lost(exc)

    def on_message_begin(self) -> None:
        """Note that a request begins; its clock starts when its first bytes are not all of it."""
        super().on_message_begin()
        self._unset_keepalive_if_required()
        self._arriving = True
        self._head_is_complete = False
        # Where in the chunk it begins nobody says; behind another request's end it may be anywhere.
        self._received_bytes = 0 if self._has_completed_one else self._chunk_bytes
        self._is_new = True

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header of the head; one behind the body would get past what was checked by then."""
        if not self._head_is_complete:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """Hand the request to the application."""
        is_suspect = max(self._received_bytes, self._chunk_bytes) > MAX_HEAD_BYTES
        if is_suspect and self._head_bytes() > MAX_HEAD_BYTES:
            self._is_head_too_large = True
            raise _HeadRefusedError
        self._head_fault = fault_of(self.parser.get_http_version(), self.url, self.headers)
        if self._head_fault:
            raise _HeadRefusedError
        self._head_is_complete = True
        super().on_headers_complete()
        self.cycle.transport = cast("asyncio.Transport", self._answering)
        if self._ends_with_next:
            self.cycle.keep_alive = False

    def on_message_complete(self) -> None:
        """Stop the clock: the request has arrived whole."""
        self._arriving = self._is_new = False
        self._has_completed_one = True
        self._stop_clock()
        super().on_message_complete()
        if self.cycle.response_complete:
            # It was refused before it had arrived; only now does the connection become idle.
            self._unset_keepalive_if_required()
            self.timeout_keep_alive_task = self.loop.call_later(
                self.timeout_keep_alive, self.timeout_keep_alive_handler
            )

    def data_received(self, data: bytes) -> None:
        """Feed the parser, within the limits on what one request may hold."""
        if self._refused:
            return
        self._received_bytes += len(data)
        self._chunk_bytes = len(data)
        self._has_completed_one = False
        super().data_received(data)
        if not self._waits_for_more():
            return
        if self._is_new:
            self._is_new = False
            self._start_clock(self.request_seconds)
        if not self._head_is_complete and self._received_bytes > MAX_HEAD_BYTES:
            self._refuse_head()
        elif self._received_bytes > MAX_DISCARDED_BYTES:
            self._give_up()

    def on_response_complete(self) -> None:
        """Note when the client was last answered."""
        self._active_at = self.loop.time()
        super().on_response_complete()

    def shutdown(self) -> None:
        """Let what has begun be answered, and what may be on its way; then close."""
        self._ends_with_next = True
        cycle = self._latest_cycle()
        if cycle is not None and not cycle.response_complete:
            cycle.keep_alive = False
        elif self._is_idle():
            quiet = self.loop.time() - self._active_at
            self.loop.call_later(max(0.0, _ON_ITS_WAY_SECONDS - quiet), self._close_if_idle)

    def send_400_response(self, msg: str) -> None:
        """Refuse what is not HTTP, but let the request before it be answered first."""
        cycle = self._latest_cycle()
        if cycle is not None and not cycle.response_complete and not cycle.more_body:
            cycle.keep_alive = False
            self.transport.pause_reading()
        elif self._is_head_too_large:
            self._refuse_head()
        else:
            self._refuse(400, "bad_request", self._head_fault or msg)

    def timeout_keep_alive_handler(self) -> None:
        """Close an idle connection, and cut off one that never takes its answer."""
        if self.transport.get_write_buffer_size():
            self.transport.abort()
        else:
            super().timeout_keep_alive_handler()

    def _unsupported_upgrade_warning(self) -> None:
        # The answer is an ordinary one; what follows the request is no HTTP, so nothing is read.
        self.cycle.keep_alive = False

    def _latest_cycle(self) -> RequestResponseCycle | None:
        """The request that was handed on last; uvicorn's annotation leaves out the None."""
        return self.cycle

    def _is_idle(self) -> bool:
        """Whether every request that has begun was answered."""
        cycle = self._latest_cycle()
        return not self._arriving and (cycle is None or cycle.response_complete)

    def _waits_for_more(self) -> bool:
        """Whether a request has begun to arrive, and is still to be taken."""
        return self._arriving and not self._refused and not self.transport.is_closing()

    def _start_clock(self, seconds: float) -> None:
        self._stop_clock()
        self._deadline = self.loop.call_later(seconds, self._out_of_time)

    def _stop_clock(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _out_of_time(self) -> None:
        if self._arriving and not self._refused:
            self._refuse(408, "request_timeout", "The request did not arrive in time.")
        else:
            self._give_up()

    def _close_if_idle(self) -> None:
        if self._is_idle():
            self.transport.close()

    def _head_bytes(self) -> int:
        """How long the head is, as far as it matters: its address and its headers."""
        return len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers)

    def _refuse_head(self) -> None:
        self._refuse(431, "request_head_too_large", "The head of the request is too long.")

    def _refuse(self, status: int, error: str, message: str) -> None:
        """Answer without the application, which learns that its client has gone."""
        cycle = self._latest_cycle()
        is_this_request = cycle is not None and cycle.scope is self.scope
        if self.transport.is_closing() or (is_this_request and self.cycle.response_started):
            self._give_up()
            return
        _log.info("request refused", extra=with_fields(http_status=status, error=error))
        body = msgspec.json.encode({"error": error, "message": message})
        self.transport.write(self._head(status, len(body)) + body)
        self._linger()
        self._disconnect_application()

    def _end(self) -> None:
        """Close behind an answer, at once or when its request has arrived."""
        if self._waits_for_more():
            self._linger()
        else:
            self.transport.close()

    def _linger(self) -> None:
        """Say no more, but hear what is still sent: a reset would overtake what was said."""
        self.transport.write_eof()
        self._refused = True
        self._start_clock(_LINGER_SECONDS)

    def _head(self, status: int, length: int) -> bytes:
        headers = [
            *self.refusal_headers,
            (b"content-length", str(length).encode()),
            (b"connection", b"close"),
        ]
        lines = b"".join(b"%b: %b\r\n" % header for header in headers)
        return STATUS_LINE[status] + lines + b"\r\n"

    def _give_up(self) -> None:
        self.transport.close()
        self._disconnect_application()

    def _disconnect_application(self) -> None:
        cycle = self._latest_cycle()
        if cycle is not None:
            cycle.disconnected = True
            cycle.message_event.set()
