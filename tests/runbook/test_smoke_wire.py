"""What the smoke's requests go over: one connection while it is good, and no half of an answer."""

from __future__ import annotations

import socket
import threading
import urllib.request
from contextlib import closing
from typing import TYPE_CHECKING, cast

import pytest

from tests.integration.wire import KeptConnection, Reply
from tests.runbook.support import PATIENCE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

WHOLE = b"HTTP/1.1 200 OK\r\nX-Said: a: b\r\nContent-Length: 2\r\n\r\nok"


class Scripted:
    """A server that gives the answers of a list, each to one request.

    Attributes:
        port: Where it listens.
        heard: What each connection has sent, in order.
    """

    def __init__(self, answers: list[bytes]) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.settimeout(PATIENCE)  # where a test fails there is nobody to wait for
        self.port: int = self._listener.getsockname()[1]
        self.heard: list[bytes] = []
        self._answers = list(answers)
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self) -> None:
        while self._answers:
            connection, _ = self._listener.accept()
            self.heard.append(b"")
            with connection:
                while self._answers and self._hears(connection):
                    answer = self._answers.pop(0)
                    connection.sendall(answer)
                    if answer != WHOLE:
                        break

    def _hears(self, connection: socket.socket) -> bool:
        """Read one request; those with a body end in a chunk of nothing."""
        said = b""
        while not said.endswith(b"\r\n\r\n") or (b"chunked" in said and b"0\r\n\r\n" not in said):
            chunk = connection.recv(65_536)
            if not chunk:
                return False
            said += chunk
        self.heard[-1] += said
        return True

    def close(self) -> None:
        """Wait until every answer is given."""
        self._thread.join()
        self._listener.close()


@pytest.fixture
def kept() -> Iterator[KeptConnection]:
    """A connection that is closed in the end."""
    with closing(KeptConnection()) as connection:
        yield connection


@pytest.fixture
def ask(kept: KeptConnection) -> Callable[..., Reply]:
    """Send a request over it, as the smoke does."""
    opener = urllib.request.OpenerDirector()
    opener.add_handler(kept)

    def send(server: Scripted, body: Iterator[bytes] | None = None) -> Reply:
        url = f"http://127.0.0.1:{server.port}/path"
        request = urllib.request.Request(url, body, {"Content-Type": "text/plain"})
        return cast("Reply", opener.open(request))

    return send


def test_requests_share_a_connection(ask: Callable[..., Reply], kept: KeptConnection) -> None:
    server = Scripted([WHOLE, WHOLE])

    replies = [ask(server), ask(server)]

    kept.close()
    server.close()
    assert [(200, "a: b", "ok")] * 2 == [(r.status, r.headers["x-said"], r.text) for r in replies]
    assert [2] == [each.count(b"GET /path HTTP/1.1\r\n") for each in server.heard]


@pytest.mark.parametrize(
    ("answer", "body"),
    [
        (b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok", b"ok"),
        (b"HTTP/1.0 200 OK\r\n\r\nall of it", b"all of it"),
    ],
    ids=["it says so", "of no length"],
)
def test_a_last_answer_ends_the_connection(
    ask: Callable[..., Reply], answer: bytes, body: bytes
) -> None:
    server = Scripted([answer, WHOLE])

    replies = [ask(server), ask(server)]

    server.close()
    assert [body, b"ok"] == [reply.body for reply in replies]
    assert 2 == len(server.heard)


def test_an_answer_without_a_body_is_not_waited_for(
    ask: Callable[..., Reply], kept: KeptConnection
) -> None:
    server = Scripted([b"HTTP/1.1 204 No Content\r\n\r\n"])

    reply = ask(server)

    kept.close()
    server.close()
    assert (204, b"") == (reply.status, reply.body)


def test_a_body_of_unknown_length_goes_in_chunks(
    ask: Callable[..., Reply], kept: KeptConnection
) -> None:
    server = Scripted([WHOLE])

    ask(server, iter([b"one", b"more than ten"]))

    kept.close()
    server.close()
    (heard,) = server.heard
    assert b"\r\n\r\n3\r\none\r\nd\r\nmore than ten\r\n0\r\n\r\n" in heard


@pytest.mark.parametrize(
    "answer",
    [b"", b"HTTP/1.1 200 OK\r\nX-", WHOLE[:-1]],
    ids=["nothing", "half a head", "half a body"],
)
def test_half_an_answer_is_none(ask: Callable[..., Reply], answer: bytes) -> None:
    server = Scripted([answer, WHOLE])

    with pytest.raises(ConnectionError):
        ask(server)

    assert "ok" == ask(server).text  # over a new connection
    server.close()
    assert 2 == len(server.heard)
