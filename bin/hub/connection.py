"""One client's connection: the head of an answer leaves together with its body, and refusals look alike.

uvicorn writes head and body apart. Each write is a call of the system, and wakes the client, which finds that half of
the answer is still to come.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from hub.answers import refusal_by_hub
from wire.request_head import fault_of

if TYPE_CHECKING:
    import asyncio

_MOST: Final = 65_536  # bytes that are held back; whoever streams more is to feel a slow client


class _HeadRefusedError(Exception):
    """Stops the parser: the head of a request is complete, and not to be answered."""


class JoiningProtocol(HttpToolsProtocol):
    """uvicorn's protocol, on a transport that joins what is written in one step of the event loop."""

    _head_fault = ""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Put the joining transport between."""
        super().connection_made(JoiningTransport(transport, self.loop))  # type: ignore[arg-type]

    def on_headers_complete(self) -> None:
        """Hand a request on, unless two who read its head could understand two things."""
        self._head_fault = fault_of(self.parser.get_http_version(), self.url, self.headers)
        if self._head_fault:
            raise _HeadRefusedError
        super().on_headers_complete()

    def send_400_response(self, msg: str) -> None:
        """Refuse what is not HTTP as all else is refused."""
        answer = refusal_by_hub(400, "bad_request", self._head_fault or msg, connection="close")
        head = b"".join(b"%b: %b\r\n" % header for header in answer.raw_headers)
        self.transport.write(b"".join((STATUS_LINE[400], head, b"\r\n", bytes(answer.body))))
        self.transport.close()


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
