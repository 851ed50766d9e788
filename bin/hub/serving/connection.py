"""One client's connection: the head of an answer leaves together with its body, and refusals look alike.

uvicorn writes head and body apart. Each write is a call of the system, and wakes the client, which finds that half of
the answer is still to come.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from hub.serving.answers import refusal_by_hub
from wire.request_head import MAX_HEAD_BYTES, fault_of

if TYPE_CHECKING:
    import asyncio

    from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

_MOST: Final = 65_536  # bytes that are held back; whoever streams more is to feel a slow client
_LINGER_SECONDS: Final = 2.0  # in which a client hears of its refusal, while it still sends


class _HeadRefusedError(Exception):
    """Stops the parser: the head of a request is complete, and not to be answered."""


class JoiningProtocol(HttpToolsProtocol):
    """uvicorn's protocol, on a transport that joins what is written in one step of the event loop."""

    _head_fault = ""
    _head_bytes = 0  # that came behind the piece in which the head begins
    _is_in_head = False
    _is_refused = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Put the joining transport between."""
        super().connection_made(JoiningTransport(transport, self.loop))  # type: ignore[arg-type]

    def data_received(self, data: bytes) -> None:
        """Feed the parser, but not with a head that does not end."""
        if self._is_refused:
            return
        self._head_bytes += len(data)
        super().data_received(data)
        if self._is_in_endless_head():
            self._refuse_long_head()

    def on_message_begin(self) -> None:
        """Note that a head begins."""
        super().on_message_begin()
        self._is_in_head, self._head_bytes = True, 0

    def on_headers_complete(self) -> None:
        """Hand a request on, unless its head is too long, or two who read it could understand two things."""
        self._is_in_head = False
        fields = sum(len(name) + len(value) + 4 for name, value in self.headers)
        if len(self.url) + fields > MAX_HEAD_BYTES:
            self._refuse_long_head()
            raise _HeadRefusedError
        self._head_fault = fault_of(self.parser.get_http_version(), self.url, self.headers)
        if self._head_fault:
            raise _HeadRefusedError
        super().on_headers_complete()

    def send_400_response(self, msg: str) -> None:
        """Refuse what is not HTTP as all else is refused."""
        if not self._is_refused:
            self._refuse(400, "bad_request", self._head_fault or msg)

    def _is_in_endless_head(self) -> bool:
        return self._is_in_head and not self._is_refused and self._head_bytes > MAX_HEAD_BYTES

    def _refuse_long_head(self) -> None:
        self._refuse(431, "request_head_too_large", "The head of the request is too long.")

    def _refuse(self, status: int, error: str, message: str) -> None:
        """Say it, and hear for a while what is still sent: a reset would overtake what was said."""
        self._is_refused = True
        answer = refusal_by_hub(status, error, message, connection="close")
        head = b"".join(b"%b: %b\r\n" % header for header in answer.raw_headers)
        self.transport.write(b"".join((STATUS_LINE[status], head, b"\r\n", bytes(answer.body))))
        self.transport.write_eof()
        self.loop.call_later(_LINGER_SECONDS, self.transport.close)
        if cycle := self._latest_cycle():
            cycle.disconnected = (
                True  # whoever still answers a request before this one learns that nobody hears it
            )
            cycle.message_event.set()

    def _latest_cycle(self) -> RequestResponseCycle | None:
        """The request that was handed on last; uvicorn's annotation leaves out the None."""
        return self.cycle


class JoiningTransport:
    """A transport that passes on at once all that is written in one step of the event loop.

    Args:
        transport: The connection's own.
        loop: What it runs in.
    """

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport = transport
        self._loop = loop
        self._held = bytearray()

    def write(self, data: bytes) -> None:
        """Send bytes, soon."""
        if not self._held:
            self._loop.call_soon(self._flush)
        self._held += data
        if len(self._held) > _MOST:
            self._flush()

    def write_eof(self) -> None:
        """End what is sent, when all is."""
        self._flush()
        self._transport.write_eof()

    def close(self) -> None:
        """Close the connection when all is sent."""
        self._flush()
        self._transport.close()

    def _flush(self) -> None:
        if self._held:
            held, self._held = self._held, bytearray()
            self._transport.write(held)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)
