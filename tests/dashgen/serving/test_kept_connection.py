"""A request that is known is answered as the application would, and nothing else is taken for it."""

from __future__ import annotations

import asyncio
import re
import signal
import socket
from typing import TYPE_CHECKING, Any, Self, TypeVar

import pytest
import uvicorn
from uvicorn.server import ServerState

from dashgen.serving.kept_connection import KeptHttpProtocol, KnownRequests, protocol_with

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.types import Scope

    from tests.dashgen.conftest import ControlPanel

_T = TypeVar("_T")

GRID = b"GET /ensemble/canvases HTTP/1.1\r\nHost: a\r\n\r\n"
KEPT = b"content-length: 4\r\n\r\nkept"


class Answers:
    """Knows one answer to every request; says it at once, when it is told to, or not at all."""

    def __init__(self) -> None:
        self.kept: bytes | None = KEPT
        self.is_far = False
        self.waiting: list[Callable[[bytes | None], None]] = []

    def asked_for(self, _: Scope, url: bytes) -> bytes:
        return url

    def answer(self, _: bytes, deliver: Callable[[bytes | None], None]) -> None:
        if self.is_far:
            self.waiting.append(deliver)
        else:
            deliver(self.kept)

    def deliver(self) -> None:
        self.waiting.pop()(self.kept)


class Line:
    """One client of the protocol, in this process."""

    def __init__(self) -> None:
        self.answers = Answers()
        self.bodies: list[bytes] = []
        self._made: list[KeptHttpProtocol] = []
        self._kind = protocol_with(60, [], self.answers)

    @property
    def protocol(self) -> KeptHttpProtocol:
        """The server's end."""
        return self._made[0]

    async def __aenter__(self) -> Self:
        self._server = await asyncio.get_running_loop().create_server(self._make, "127.0.0.1", 0)
        port = self._server.sockets[0].getsockname()[1]
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", port)
        return self

    async def __aexit__(self, *_: object) -> None:
        self.writer.close()
        await self.writer.wait_closed()
        self._server.close()
        await self._server.wait_closed()

    def _make(self) -> KeptHttpProtocol:
        async def app(_: Any, receive: Any, send: Any) -> None:
            self.bodies.append((await receive())["body"])
            headers = [(b"content-length", b"4")]
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            await send({"type": "http.response.body", "body": b"made"})

        config = uvicorn.Config(app, lifespan="off", interface="asgi3", log_config=None)
        self._made.append(self._kind(config, ServerState(), {}))
        return self._made[-1]

    async def say(self, *pieces: bytes) -> None:
        """Send pieces, and see that each has been read before the next."""
        for piece in pieces:
            self.writer.write(piece)
            await self.quiet()

    async def quiet(self) -> None:
        """Let the loop go round until what was sent has been read."""
        for _ in range(20):
            await asyncio.sleep(0)

    async def ask(self, *pieces: bytes) -> bytes:
        """Send a request, and give the body of its answer."""
        await self.say(*pieces)
        while b" 100 " in await self.reader.readuntil(b"\r\n\r\n"):
            pass  # "go on" is no answer
        return await self.reader.readexactly(4)


def on_a_line(work: Callable[[Line], Awaitable[_T]]) -> _T:
    """What comes of some work on one line."""

    async def whole() -> _T:
        async with asyncio.timeout(60), Line() as line:
            return await work(line)

    return asyncio.run(whole())


def head(*lines: bytes, first: bytes = b"GET /a HTTP/1.1") -> bytes:
    return b"\r\n".join((first, b"Host: a", *lines, b"", b""))


def test_the_application_hears_of_a_request_once() -> None:
    async def work(line: Line) -> list[bytes]:
        return [await line.ask(head()) for _ in range(4)]

    assert [b"made", b"kept", b"kept", b"kept"] == on_a_line(work)


def test_what_is_not_kept_is_made() -> None:
    async def work(line: Line) -> list[bytes]:
        await line.ask(head())
        line.answers.kept = None
        made = [await line.ask(head()) for _ in range(2)]
        line.answers.kept = KEPT
        return [*made, await line.ask(head())]

    assert [b"made", b"made", b"kept"] == on_a_line(work)


@pytest.mark.parametrize(
    "request_bytes",
    [
        head(b"Cookie: a=b"),
        head(b"AUTHORIZATION: Bearer secret"),
        head(b"Content-Length: 0"),
        head(b"Transfer-Encoding: chunked") + b"0\r\n\r\n",
        head(b"Expect: 100-continue", b"Content-Length: 0"),
        head(b"X: " + b"x" * 2048),
        head(first=b"OPTIONS /a HTTP/1.1"),
        head(b"Content-Length: 0", first=b"POST /a HTTP/1.1"),
    ],
)
def test_never_known(request_bytes: bytes) -> None:
    async def work(line: Line) -> list[bytes]:
        return [await line.ask(request_bytes) for _ in range(3)]

    assert [b"made"] * 3 == on_a_line(work)


@pytest.mark.parametrize(
    "request_bytes",
    [
        head(b"Connection: close"),
        head(first=b"GET /a HTTP/1.0"),
        head(b"Connection: upgrade", b"Upgrade: websocket"),
    ],
)
def test_never_known_where_the_connection_ends(request_bytes: bytes) -> None:
    async def work(line: Line) -> bytes:
        await line.say(request_bytes)
        assert (await line.reader.read()).endswith(b"made")
        return line.protocol.known.find(request_bytes) or b""

    assert b"" == on_a_line(work)


def test_a_body_that_looks_like_a_known_request_is_a_body() -> None:
    known = head()
    post = head(b"Content-Length: %d" % len(known), first=b"POST /b HTTP/1.1")

    async def work(line: Line) -> tuple[list[bytes], list[bytes]]:
        told = [await line.ask(known), await line.ask(post, known), await line.ask(known)]
        return told, line.bodies

    assert ([b"made", b"made", b"kept"], [b"", known]) == on_a_line(work)


def test_a_header_that_looks_like_a_known_request_is_a_header() -> None:
    async def work(line: Line) -> bytes:
        await line.ask(head())
        return await line.ask(b"GET /b HTTP/1.1\r\nX: ", head())

    assert b"made" == on_a_line(work)


def test_a_request_in_pieces_is_not_known_by_its_last() -> None:
    first, last = head()[:9], head()[9:]

    async def work(line: Line) -> list[bytes]:
        return [await line.ask(first, last) for _ in range(3)]

    assert [b"made"] * 3 == on_a_line(work)


def test_several_at_once_are_answered_in_order_and_not_known() -> None:
    async def work(line: Line) -> list[bytes]:
        await line.ask(head())
        line.writer.write(head() * 3)
        return [await line.ask() for _ in range(3)] + [await line.ask(head())]

    assert [b"made", b"made", b"made", b"kept"] == on_a_line(work)


def test_a_refused_connection_answers_nothing_more() -> None:
    async def work(line: Line) -> bytes:
        await line.ask(head())
        await line.say(b"nonsense\r\n\r\n", head())
        return await line.reader.read()

    answer = on_a_line(work)
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert 1 == answer.count(b"HTTP/1.1 ")


def test_a_far_answer_is_waited_for_and_what_comes_behind_it_is_taken_then() -> None:
    async def work(line: Line) -> list[bytes]:
        await line.ask(head())
        line.answers.is_far = True
        others = [head(first=b"GET /%b HTTP/1.1" % name) for name in (b"b", b"c")]
        await line.say(head(), *others)
        assert 1 == len(line.answers.waiting)
        line.answers.deliver()
        return [await line.ask() for _ in range(3)]

    assert [b"kept", b"made", b"made"] == on_a_line(work)


def test_a_far_answer_that_is_none_is_made() -> None:
    async def work(line: Line) -> list[bytes]:
        await line.ask(head())
        line.answers.is_far, line.answers.kept = True, None
        await line.say(head(), head(first=b"GET /b HTTP/1.1"))
        line.answers.deliver()
        return [await line.ask() for _ in range(2)]

    assert [b"made", b"made"] == on_a_line(work)


def test_whoever_left_is_not_answered() -> None:
    async def work(line: Line) -> bool:
        await line.ask(head())
        line.answers.is_far = True
        await line.say(head())
        line.writer.close()
        await line.quiet()
        line.answers.deliver()
        return line.protocol.transport.is_closing()

    assert on_a_line(work)


def test_a_request_that_waits_is_answered_when_the_server_stops() -> None:
    async def work(line: Line) -> bytes:
        await line.ask(head())
        line.answers.is_far = True
        await line.say(head())
        line.protocol.shutdown()
        line.answers.deliver()
        return await line.reader.read()

    answer = on_a_line(work)
    assert b"connection: close" in answer
    assert answer.endswith(b"made")


def test_an_idle_connection_is_closed_and_a_busy_one_is_not() -> None:
    async def work(line: Line) -> list[bool]:
        await line.ask(head())
        line.answers.is_far = True
        closing = []
        await line.say(head())
        line.protocol.timeout_keep_alive = 0
        line.protocol.timeout_keep_alive_handler()  # an answer is waited for
        closing.append(line.protocol.transport.is_closing())
        line.protocol.timeout_keep_alive = 60
        line.answers.deliver()
        line.protocol.timeout_keep_alive_handler()  # it was answered a moment ago
        closing.append(line.protocol.transport.is_closing())
        line.protocol.timeout_keep_alive = 0
        line.protocol.timeout_keep_alive_handler()
        closing.append(line.protocol.transport.is_closing())
        return closing

    assert [False, False, True] == on_a_line(work)


def test_the_clock_of_an_idle_connection_goes_on_after_kept_answers() -> None:
    async def work(line: Line) -> bytes:
        await line.ask(head())
        line.protocol.timeout_keep_alive = 0
        await line.ask(head())
        line.protocol.timeout_keep_alive_handler()
        return await line.reader.read()

    assert b"" == on_a_line(work)


def test_a_connection_that_was_given_nothing_but_kept_answers_is_watched_too() -> None:
    async def work(line: Line) -> bool:
        await line.ask(head())
        line.protocol._unset_keepalive_if_required()  # as by a request that uvicorn has read
        await line.ask(head())
        return line.protocol.timeout_keep_alive_task is not None

    assert on_a_line(work)


def test_memory_is_bounded() -> None:
    known = KnownRequests()
    for number in range(5000):
        known.learn(b"%d" % number, b"a")
        assert b"a" == known.find(b"%d" % number)
    assert len(known._asked) <= 1024
    known.learn(b"x" * 4000, b"a")
    assert known.find(b"x" * 4000) is None


def parts(answer: bytes) -> tuple[bytes, dict[bytes, bytes], bytes]:
    """The first line of the only answer, its headers without those of the moment, and its body."""
    head, _, body = answer.partition(b"\r\n\r\n")
    first, *lines = head.split(b"\r\n")
    headers = dict(line.split(b": ", 1) for line in lines)
    assert headers.pop(b"date", b"")
    headers.pop(b"connection", None)
    return first, headers, body


def ask_for_the_grid(panel: ControlPanel) -> bytes:
    """Publish something, and ask for the grid: the application answers, and what it made is kept."""
    panel.open_gate()
    panel.published(panel.signup())
    answer = panel.raw(GRID.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
    assert answer.startswith(b"HTTP/1.1 200 ")
    return answer


def test_what_is_kept_is_answered_as_the_application_does(panel: ControlPanel) -> None:
    told = ask_for_the_grid(panel)
    with socket.create_connection(("127.0.0.1", panel.port)) as client:
        for _ in range(3):
            client.sendall(GRID)
            answer = b""
            while not answer.endswith(parts(told)[2]):
                answer += client.recv(65_536)
            assert parts(told) == parts(answer)


def test_answers_keep_the_order_of_their_requests(panel: ControlPanel) -> None:
    grid = parts(ask_for_the_grid(panel))[2]
    health = b"GET /health HTTP/1.1\r\nHost: a\r\n\r\n"
    last = b"GET /nothing HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
    answers = panel.raw(GRID + health + GRID * 3 + health + GRID + last)
    statuses = re.findall(rb"HTTP/1\.1 (\d+) ", answers)
    assert [b"200"] * 7 + [b"404"] == statuses
    bodies = [part.partition(b"\r\n\r\n")[2] for part in answers.split(b"HTTP/1.1 ")[1:]]
    assert [
        True, False, True, True, True, False, True, False,
    ] == [body == grid for body in bodies]  # fmt: skip


def test_what_is_kept_is_answered_once_more_while_the_server_stops(
    start_panel: Callable[..., ControlPanel],
) -> None:
    panel = start_panel()
    told = ask_for_the_grid(panel)
    with socket.create_connection(("127.0.0.1", panel.port)) as client:
        client.sendall(GRID[:-2])
        assert 200 == panel.get("/health").status  # whatever came before this has been read
        panel.process.send_signal(signal.SIGTERM)
        panel.wait_until_it_refuses()
        client.sendall(GRID[-2:])
        answer = panel.read_to_end(client)
    assert b"connection: close\r\n" in answer
    assert parts(told) == parts(answer)
    assert 0 == panel.stop()


def test_who_takes_no_answers_is_read_no_further(panel: ControlPanel) -> None:
    ask_for_the_grid(panel)
    with socket.create_connection(("127.0.0.1", panel.port), timeout=0.5) as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        with pytest.raises(TimeoutError):
            client.sendall(GRID * 1_000_000)
        assert 200 == panel.get("/health").status
