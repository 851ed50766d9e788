"""Several questions at once over one connection (RFC 9112, section 9.3.2), answered in their order."""

from __future__ import annotations

import socket
from dataclasses import dataclass, field
from email.message import Message
from typing import TYPE_CHECKING
from urllib.parse import urlencode, urlsplit

import httptools

from tests.hub.client import REQUEST_SECONDS, Reply

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_CHUNK = 262_144


@dataclass(frozen=True, slots=True)
class Question:
    """A request that may be sent again.

    Attributes:
        url: Whom it is for.
        headers: What is sent besides the host.
        form: The fields of a form.
        method: Of HTTP; where none is said it is what sends the form, or a plain read.
    """

    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    form: Mapping[str, str] = field(default_factory=dict)
    method: str = ""

    def as_bytes(self) -> bytes:
        """What is sent."""
        parts = urlsplit(self.url)
        body = urlencode(self.form)
        method = self.method or ("POST" if body else "GET")
        lines = [
            f"{method} {parts.path or '/'} HTTP/1.1",
            f"host: {parts.netloc}",
        ]
        lines += [f"{name}: {' '.join(value.split())}" for name, value in self.headers.items()]
        if method != "GET":
            kind = "application/x-www-form-urlencoded"
            lines += [f"content-type: {kind}", f"content-length: {len(body)}"]
        return "\r\n".join([*lines, "", body]).encode("ascii", "replace")


class Conversation:
    """One connection to the hub, opened when something is asked.

    Args:
        url: The hub's address.
    """

    def __init__(self, url: str) -> None:
        self._port = urlsplit(url).port
        self._socket: socket.socket | None = None
        self._parser = httptools.HttpResponseParser(self)
        self._replies: list[Reply] = []
        self._headers, self._body = Message(), bytearray()

    def ask(self, questions: Sequence[Question]) -> list[Reply]:
        """Return the answers, up to the one after which the connection ended or fell silent."""
        self._replies = []
        try:
            connection = self._open()
            connection.sendall(b"".join(question.as_bytes() for question in questions))
            while len(self._replies) < len(questions) and (said := connection.recv(_CHUNK)):
                self._parser.feed_data(said)
        except (OSError, httptools.HttpParserError):
            self.close()
        if len(self._replies) < len(questions):
            self.close()
        return self._replies

    def close(self) -> None:
        """End the connection."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _open(self) -> socket.socket:
        if self._socket is None:
            self._parser = httptools.HttpResponseParser(self)
            self._socket = socket.create_connection(("127.0.0.1", self._port), REQUEST_SECONDS)
        return self._socket

    # What the parser calls, by the names that it knows.

    def on_message_begin(self) -> None:
        self._headers, self._body = Message(), bytearray()

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers[name.decode("latin-1")] = value.decode("latin-1")

    def on_body(self, body: bytes) -> None:
        self._body += body

    def on_message_complete(self) -> None:
        status = self._parser.get_status_code()
        if status >= 200:  # an answer that is only on its way says 1xx
            self._replies.append(Reply(status, self._headers, bytes(self._body)))
