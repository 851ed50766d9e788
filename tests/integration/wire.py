"""HTTP over one connection that is kept, as a proxy before the server would keep it, below `urllib.request`.

urllib itself makes a connection a request, and reads headers with the parser of e-mails: with both a request
takes twice as long, of which a smoke makes two hundred.
"""

from __future__ import annotations

import json
import select
import socket
import time
import urllib.request
from dataclasses import dataclass
from email.message import Message
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from collections.abc import Iterator
    from io import BufferedRWPair

SECONDS = 15.0  # in which a part of an answer must come
_IDLE_SECONDS = 1.0  # the server closes what is idle for five
_NO_BODY = {204, 304}


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer of the server.

    Attributes:
        status: The HTTP status.
        headers: Its headers.
        body: Its bytes.
    """

    status: int
    headers: Message
    body: bytes

    @property
    def text(self) -> str:
        """The body as text."""
        return self.body.decode()

    @property
    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)


class KeptConnection(urllib.request.AbstractHTTPHandler):
    """Sends every request over one connection.

    Nothing is ever sent again: a connection that the server may have closed by now is not used. Nor is anything
    sent to a server that has let two wait in vain, of whom one asked for nothing but a sign of life, until that
    one is answered: each row would wait as long, and say no more than the first.
    """

    http_request = urllib.request.AbstractHTTPHandler.do_request_

    def __init__(self) -> None:
        super().__init__()
        self._stream: BufferedRWPair | None = None
        self._host = ""
        self._used_at = 0.0
        self._unheard: socket.socket | None = None

    def http_open(self, request: urllib.request.Request) -> Reply:
        """Send one request, to the server that was asked last or to another.

        Raises:
            OSError: There is no answer, or not all of it.
        """
        if self._is_deaf(request.host):
            raise TimeoutError("timed out")
        stream = self._connected_to(request.host)
        try:
            for part in _parts(request):
                stream.write(part)
            stream.flush()
            reply, is_last = read_reply(stream)
        except TimeoutError:
            self.close()
            self._unheard = knock(request.host)
            raise
        except BaseException:
            self.close()
            raise
        if is_last:
            self.close()
        return reply

    def close(self) -> None:
        """Close the connection, if there is one."""
        if self._stream is not None:
            self._stream.close()
            self._stream = None
        if self._unheard is not None:
            self._unheard.close()
            self._unheard = None

    def _is_deaf(self, host: str) -> bool:
        """Whether the server that was asked last has still said nothing to anybody."""
        if self._unheard is None:
            return False
        if host != self._host or select.select([self._unheard], [], [], 0)[0]:
            self.close()
        return self._unheard is not None

    def _connected_to(self, host: str) -> BufferedRWPair:
        before, self._used_at = self._used_at, time.monotonic()
        if host != self._host or self._used_at - before > _IDLE_SECONDS:
            self.close()
        if self._stream is None:
            self._stream, self._host = connect(host), host
        return self._stream


def knock(host: str) -> socket.socket | None:
    """Ask for a sign of life; return the connection where none comes in time."""
    name, _, port = host.rpartition(":")
    try:
        connection = socket.create_connection((name, int(port)), SECONDS)
        connection.sendall(f"GET /health HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
    except OSError:
        return None  # it has died, which the next one is told at once
    if not select.select([connection], [], [], SECONDS)[0]:
        return connection
    connection.close()
    return None


def connect(host: str) -> BufferedRWPair:
    """Connect to ``host:port``."""
    name, _, port = host.rpartition(":")
    with socket.socket() as connection:  # the stream holds it
        connection.settimeout(SECONDS)
        connection.connect((name, int(port)))
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return connection.makefile("rwb")


def _parts(request: urllib.request.Request) -> Iterator[bytes]:
    """Yield what is sent for a request that urllib has completed."""
    lines = [f"{request.get_method()} {request.selector} HTTP/1.1"]
    lines += (f"{name}: {value}" for name, value in request.header_items())
    yield "\r\n".join((*lines, "", "")).encode("latin-1")
    if request.has_header("Transfer-encoding"):
        for chunk in cast("Iterator[bytes]", request.data):
            yield b"%x\r\n%b\r\n" % (len(chunk), chunk)
        yield b"0\r\n\r\n"
    elif request.data:
        yield cast("bytes", request.data)


def read_reply(stream: BufferedRWPair) -> tuple[Reply, bool]:
    """Read an answer; return it, and whether it ends the connection.

    Raises:
        OSError: It ends before it is whole.
    """
    first, *lines = _head(stream)
    version, status = first.split()[:2]
    headers = Message()
    for line in lines:
        name, _, value = line.partition(":")
        headers[name] = value.strip()
    length = 0 if int(status) in _NO_BODY else int(headers.get("Content-Length", -1))
    body = stream.read(length)
    if len(body) < length:
        raise ConnectionError(f"the answer ends after {len(body)} of {length} bytes")
    is_last = length < 0 or version != "HTTP/1.1" or headers["Connection"] == "close"
    return Reply(int(status), headers, body), is_last


def _head(stream: BufferedRWPair) -> Iterator[str]:
    """Yield the lines before the body; those that have come in one piece are not read one by one."""
    here, end, _ = stream.peek(1).partition(b"\r\n\r\n")
    if end and here.count(b"\n") == here.count(b"\r\n"):
        stream.read(len(here) + len(end))
        yield from here.decode("latin-1").split("\r\n")
        return
    while line := _line(stream):
        yield line


def _line(stream: BufferedRWPair) -> str:
    line = stream.readline()
    if not line.endswith(b"\n"):
        raise ConnectionError("the connection was closed without an answer")
    return line.decode("latin-1").rstrip("\r\n")
