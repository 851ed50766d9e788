"""What the smoke's requests go over: one connection while it is good, and no half of an answer."""

from __future__ import annotations

import socket
import threading
import urllib.request
from contextlib import closing
from queue import Queue
from typing import TYPE_CHECKING, cast

import pytest

from tests.integration import wire
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


class Silent:
    """A server that takes connections, and says nothing to most of them.

    Attributes:
        host: Where it listens.
        port: Its port alone.
        asked: What it was asked for, in order.
        heard: The connections that wait for an answer.

    Args:
        heeded: How a request begins that is answered; none is by default.
    """

    def __init__(self, *heeded: bytes) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.host = f"127.0.0.1:{self.port}"
        self.asked: list[bytes] = []
        self.heard: Queue[socket.socket] = Queue()
        self._heeded = heeded
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            connection, _ = self._listener.accept()
            request = connection.recv(65_536)
            if not request:
                connection.close()
                return
            self.asked.append(request.split(b" HTTP/")[0])
            if request.startswith(self._heeded):
                connection.sendall(WHOLE)
            self.heard.put(connection)

    def close(self) -> None:
        """End it, by a connection that asks for nothing."""
        socket.create_connection(("127.0.0.1", self.port)).close()
        self._thread.join()
        self._listener.close()
        while not self.heard.empty():
            self.heard.get().close()


@pytest.fixture
def silent(monkeypatch: pytest.MonkeyPatch) -> Iterator[Silent]:
    """One that says nothing at all, for which nobody waits long."""
    monkeypatch.setattr(wire, "SECONDS", 0.2)
    with closing(Silent()) as server:
        yield server


def test_a_server_that_answers_nobody_is_not_waited_for_again(
    ask: Callable[..., Reply], silent: Silent
) -> None:
    for _ in range(3):
        with pytest.raises(TimeoutError, match="timed out"):
            ask(silent)

    for _ in range(2):
        silent.heard.get(timeout=PATIENCE).close()
    assert [b"GET /path", b"GET /health"] == silent.asked


def test_where_others_are_answered_everybody_is_waited_for(
    ask: Callable[..., Reply], silent: Silent, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wire, "knock", lambda _host: None)

    for _ in range(2):
        with pytest.raises(TimeoutError, match="timed out"):
            ask(silent)
        silent.heard.get(timeout=PATIENCE).close()

    assert [b"GET /path"] * 2 == silent.asked


def test_a_server_that_answers_at_last_is_asked_again(
    ask: Callable[..., Reply], silent: Silent
) -> None:
    with pytest.raises(TimeoutError):
        ask(silent)
    unanswered, knock = (silent.heard.get(timeout=PATIENCE) for _ in range(2))
    knock.sendall(WHOLE)

    with closing(unanswered), closing(knock), pytest.raises(TimeoutError):
        ask(silent)

    silent.heard.get(timeout=PATIENCE).close()
    assert [b"GET /path", b"GET /health", b"GET /path"] == silent.asked[:3]


def test_a_sign_of_life_is_one() -> None:
    with closing(Silent(b"GET /health")) as server:
        assert None is wire.knock(server.host)
