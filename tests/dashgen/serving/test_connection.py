"""Slow, endless and malformed requests, sent as bytes to a real server."""

from __future__ import annotations

import asyncio
import json
import re
import select
import signal
import socket
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any, Self

import pytest
import uvicorn
from uvicorn.server import ServerState

from dashgen.server import listen
from dashgen.serving import connection
from dashgen.serving.connection import BoundedHttpProtocol
from wire.request_head import MAX_HEAD_BYTES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.dashgen.conftest import ControlPanel, Creator

REFUSAL_HEADERS = (
    b"content-type: application/json",
    b"x-content-type-options: nosniff",
    b"cross-origin-opener-policy: same-origin",
    b"permissions-policy: ",
    b"content-security-policy: default-src 'none'",
    b"cache-control: no-store",
    b"connection: close",
)


def refusal(answer: bytes) -> tuple[int, dict[str, Any]]:
    """Status and body of an answer that must be the only one."""
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 "), answer
    for header in REFUSAL_HEADERS:
        assert header in head
    return int(head.split()[1]), json.loads(body)


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET\r\n\r\n",
        b"GET / HTTP/9.9\r\nHost: a\r\n\r\n",
        b"BREW /pot HTTP/1.1\r\nHost: a\r\n\r\n",
        b"CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nBad Header: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nX: \x00\r\n\r\n",
        b"GET \x00 HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET http://[::1 HTTP/1.1\r\nHost: a\r\n\r\n",
        b"POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
        b"POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        b"POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        b"POST /x HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"GET /health HTTP/2.0\r\nHost: a\r\n\r\n",
        b"GET http://b/health HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET /health#x HTTP/1.1\r\nHost: a\r\n\r\n",
    ],
)
def test_what_is_not_http_is_refused_in_json(panel: ControlPanel, request_bytes: bytes) -> None:
    status, body = refusal(panel.raw(request_bytes))
    assert 400 == status
    assert "bad_request" == body["error"]
    assert 200 == panel.get("/health").status


def test_the_request_before_garbage_is_answered(panel: ControlPanel) -> None:
    answer = panel.raw(b"GET /health HTTP/1.1\r\nHost: a\r\n\r\n\x00\x01garbage\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert 1 == answer.count(b"HTTP/1.1 ")


def test_an_endless_head_is_refused(panel: ControlPanel) -> None:
    head = b"GET /health HTTP/1.1\r\nHost: a\r\nX: " + b"x" * 1_000_000
    status, body = refusal(panel.raw(head))
    assert (431, "request_head_too_large") == (status, body["error"])


def test_a_head_that_arrives_at_once_is_bounded_too(panel: ControlPanel) -> None:
    for size in (MAX_HEAD_BYTES, 200_000):
        head = b"GET /health HTTP/1.1\r\nHost: a\r\nX: " + b"x" * size + b"\r\n\r\n"
        status, body = refusal(panel.raw(head))
        assert (431, "request_head_too_large") == (status, body["error"])


def test_a_long_head_behind_another_request_is_never_answered(panel: ControlPanel) -> None:
    answer = panel.raw(
        b"GET /health HTTP/1.1\r\nHost: a\r\n\r\n"
        b"GET /nothing HTTP/1.1\r\nHost: a\r\nX: " + b"x" * 200_000 + b"\r\n\r\n"
    )
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert b"HTTP/1.1 404 " not in answer


def test_a_header_behind_the_body_is_no_header(panel: ControlPanel, creator: Creator) -> None:
    trailers = {
        b"Authorization: Bearer " + creator.token.encode(): 401,
        b"Cookie: pairing_token=" + creator.token.encode(): 401,
    }
    for trailer, status in trailers.items():
        answer = panel.raw(
            b"POST /studio/canvas HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
            b"Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
            b"2\r\n{}\r\n0\r\n" + trailer + b"\r\n\r\n"
        )
        assert answer.startswith(b"HTTP/1.1 %d " % status)


def test_a_head_below_the_bound_is_read_behind_a_long_body(panel: ControlPanel) -> None:
    body = (
        b"POST /verify-token HTTP/1.1\r\nHost: a\r\nContent-Length: 200000\r\n\r\n" + b"x" * 200_000
    )
    head = b"GET /health HTTP/1.1\r\nHost: a\r\nConnection: close\r\nX: " + b"x" * 60_000
    with socket.create_connection(("127.0.0.1", panel.port)) as client:
        client.sendall(body + head)
        client.sendall(b"\r\n\r\n")
        answer = panel.read_to_end(client)
    assert [b"415", b"200"] == re.findall(rb"HTTP/1.1 (\d+) ", answer)


def test_pipelined_requests_are_answered_in_order(panel: ControlPanel) -> None:
    answer = panel.raw(
        b"GET /health HTTP/1.1\r\nHost: a\r\n\r\n"
        b"GET /nothing HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
    )
    assert answer.index(b"HTTP/1.1 200 ") < answer.index(b"HTTP/1.1 404 ")


def test_a_kept_connection_is_answered_at_once() -> None:
    # Two small writes on a socket with Nagle's algorithm would take 40 ms each time.
    with listen("127.0.0.1", 0) as listener, socket.create_connection(listener.getsockname()):
        accepted, _ = listener.accept()
        with accepted:
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


def test_an_upgrade_is_an_ordinary_request_that_ends_the_connection(panel: ControlPanel) -> None:
    answer = panel.raw(
        b"GET /health HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"
    )
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert b"\r\nconnection: close\r\n" in answer


SLOW_REQUESTS = {
    "nothing": b"",
    "head": b"GET /health HTTP/1.1\r\nHost:",
    "body": b"POST /verify-token HTTP/1.1\r\nHost: a\r\nContent-Length: 50\r\n"
    b"Content-Type: application/json\r\n\r\n{",
    "chunked": b"POST /verify-token HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n"
    b"Content-Type: application/json\r\n\r\n1\r\n{\r\n",
}
FALSE_LENGTH = b"POST /verify-token HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999\r\n\r\n{"


@contextmanager
def slow_clients(panel: ControlPanel) -> Iterator[dict[str, socket.socket]]:
    """Clients who have each begun a request, by what they have sent of it."""
    with ExitStack() as opened:
        clients = {}
        for name, data in SLOW_REQUESTS.items():
            client = socket.create_connection(("127.0.0.1", panel.port))
            clients[name] = opened.enter_context(client)
            client.sendall(data)
        yield clients


@pytest.fixture(scope="module")
def hasty(start_panel: Callable[..., ControlPanel]) -> ControlPanel:
    """A server that gives its clients a second."""
    return start_panel(ENSEMBLE_REQUEST_SECONDS="1")


@pytest.fixture(scope="module")
def slow_answers(hasty: ControlPanel) -> dict[str, bytes]:
    """What slow clients got, all at the same time."""
    with slow_clients(hasty) as clients:
        return {name: hasty.read_to_end(client) for name, client in clients.items()}


@pytest.mark.parametrize("slow", ["head", "body", "chunked"])
def test_slow_requests_are_cut(slow_answers: dict[str, bytes], slow: str) -> None:
    status, body = refusal(slow_answers[slow])
    assert (408, "request_timeout") == (status, body["error"])


def test_a_silent_client_is_shown_out(slow_answers: dict[str, bytes]) -> None:
    assert b"" == slow_answers["nothing"]


def test_a_refused_body_that_never_comes_is_not_waited_for(hasty: ControlPanel) -> None:
    answer = hasty.raw(FALSE_LENGTH)
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert 1 == answer.count(b"HTTP/1.1 ")


@pytest.mark.usefixtures("slow_answers")
def test_a_slow_client_is_no_fault_of_the_server(hasty: ControlPanel) -> None:
    assert "Traceback" not in hasty.log()


def test_slow_clients_slow_nobody(start_panel: Callable[..., ControlPanel]) -> None:
    panel = start_panel(ENSEMBLE_REQUEST_SECONDS="3600")
    with slow_clients(panel) as clients:
        assert 200 == panel.get("/health").status
        answered, _, _ = select.select(clients.values(), [], [], 0)
        assert [] == answered  # each of them is still waited for


def test_a_client_that_leaves_early_is_no_fault(start_panel: Callable[..., ControlPanel]) -> None:
    panel = start_panel()
    with socket.create_connection(("127.0.0.1", panel.port)) as client:
        client.sendall(b"POST /verify-token HTTP/1.1\r\nHost: a\r\nContent-Length: 50\r\n\r\n{")
    assert 0 == panel.get("/metrics").json()["error_count"]
    panel.stop()
    assert "trace" not in panel.log()


class PatientProtocol(BoundedHttpProtocol):
    """The protocol with time enough for a busy machine."""

    request_seconds = 60
    refusal_headers = ()

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        self.lost = asyncio.Event()
        super().connection_made(transport)

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self.lost.set()


class Line:
    """One client of the protocol, in this process."""

    async def __aenter__(self) -> Self:
        self.protocols: list[PatientProtocol] = []
        self._server = await asyncio.get_running_loop().create_server(self._make, "127.0.0.1", 0)
        port = self._server.sockets[0].getsockname()[1]
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", port)
        return self

    async def __aexit__(self, *_: object) -> None:
        self.writer.close()
        await self.writer.wait_closed()
        for protocol in self.protocols:
            await protocol.lost.wait()
        self._server.close()
        await self._server.wait_closed()

    def _make(self) -> PatientProtocol:
        async def app(_: Any, __: Any, send: Any) -> None:
            headers = [(b"content-length", b"2")]
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            await send({"type": "http.response.body", "body": b"ok"})

        config = uvicorn.Config(
            app, lifespan="off", interface="asgi3", log_config=None, timeout_keep_alive=60
        )
        self.protocols.append(PatientProtocol(config, ServerState(), {}))
        return self.protocols[-1]

    async def ask(self) -> bytes:
        self.writer.write(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        return await self.reader.readuntil(b"ok")


def test_a_head_that_came_in_one_piece_is_refused_once() -> None:
    head = b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"x" * MAX_HEAD_BYTES + b"\r\n\r\n"

    async def work() -> bytes:
        async with Line() as line:
            await line.ask()
            line.protocols[0].data_received(head)  # on its way through the system it may be split
            return await line.reader.read()

    answer = asyncio.run(work())
    assert answer.startswith(b"HTTP/1.1 431 ")
    assert 1 == answer.count(b"HTTP/1.1 ")


def test_who_ends_the_connection_hears_of_an_answer_that_came_before_the_body_was_sent(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(connection, "_LINGER_SECONDS", 60.0)
    more_than_is_held_on_the_way = 30_000_000
    head = (
        b"POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: %d\r\n\r\n"
        % more_than_is_held_on_the_way
    )

    async def work() -> bytes:
        async with Line() as line:
            line.writer.write(head)
            answer = await line.reader.read()
            line.writer.write(b"x" * more_than_is_held_on_the_way)
            await line.writer.drain()  # raises when the connection was reset
            return answer

    answer = asyncio.run(work())
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert answer.endswith(b"ok")


def test_who_has_heard_the_answer_is_not_waited_for_without_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(connection, "_LINGER_SECONDS", 0.0)
    head = b"POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 9\r\n\r\n"

    async def work() -> bytes:
        async with Line() as line:
            line.writer.write(head)
            answer = await line.reader.read()
            async with asyncio.timeout(PatientProtocol.request_seconds / 2):  # it would hang
                await line.protocols[0].lost.wait()
            return answer

    assert asyncio.run(work()).endswith(b"ok")


def test_a_refused_body_without_end_is_not_read_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "MAX_DISCARDED_BYTES", 10_000)
    head = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999\r\n\r\n"

    async def work() -> None:
        async with Line() as line:
            line.writer.write(head)
            await line.reader.readuntil(b"ok")
            line.writer.write(b"x" * 10_001)
            async with asyncio.timeout(
                PatientProtocol.request_seconds / 2
            ):  # it would be waited for
                await line.protocols[0].lost.wait()

    asyncio.run(work())


def test_a_request_that_was_on_its_way_when_the_stop_came_is_answered(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(connection, "_ON_ITS_WAY_SECONDS", 60.0)

    async def work() -> bytes:
        async with Line() as line:
            assert b"connection: close" not in await line.ask()
            line.protocols[0].shutdown()
            return await line.ask() + await line.reader.read()

    answer = asyncio.run(work())
    assert b"connection: close" in answer
    assert answer.endswith(b"ok")


def test_a_connection_that_stays_silent_is_closed_at_a_stop(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(connection, "_ON_ITS_WAY_SECONDS", 0.0)

    async def work() -> bytes:
        async with Line() as line:
            await line.ask()
            line.protocols[0].shutdown()
            return await line.reader.read()

    assert b"" == asyncio.run(work())


def test_a_request_that_is_arriving_when_the_stop_comes_is_answered(
    start_panel: Callable[..., ControlPanel],
) -> None:
    panel = start_panel()
    with socket.create_connection(("127.0.0.1", panel.port)) as client:
        client.sendall(b"GET /health HTTP/1.1\r\nHost: a")
        assert 200 == panel.get("/health").status  # whatever came before this has been read
        panel.process.send_signal(signal.SIGTERM)
        panel.wait_until_it_refuses()
        client.sendall(b"\r\n\r\n")
        answer = panel.read_to_end(client)
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert b"connection: close" in answer
    assert 0 == panel.stop()
