"""What is passed on to an app's own server, and back."""

from __future__ import annotations

import asyncio
import gzip
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING

import pytest

from hub.errors import AppUnusable
from hub.hosting.proxy import Proxy
from tests.runbook.support import Quiet, served

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.types import Message

PACKED = gzip.compress(b"ok")


@dataclass
class Process:
    """What the hub knows of the process behind the address."""

    is_running: bool = True

    @staticmethod
    def last_words() -> str:
        return "out of luck"


@dataclass
class Asked:
    """One request as it arrived."""

    target: str
    headers: dict[str, str]
    body: bytes


class Behind(HTTPServer):
    """A server of an app's own, which keeps what it is asked."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answering)
        self.asked: list[Asked] = []


class Answering(Quiet, BaseHTTPRequestHandler):
    """Answers each request alike, packed, and with headers that belong to the connection."""

    server: Behind

    def do_POST(self) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        body = self.rfile.read(int(headers.get("content-length", 0)))
        self.server.asked.append(Asked(self.path, headers, body))
        self.send_response(201)
        for name, value in (("Keep-Alive", "timeout=5"), ("Upgrade", "h2c"), ("X-Own", "kept")):
            self.send_header(name, value)
        self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(PACKED)))
        self.end_headers()
        self.wfile.write(PACKED)

    def do_GET(self) -> None:
        self.do_POST()


@contextmanager
def behind() -> Iterator[Behind]:
    """A server that answers while the block lasts."""
    server = Behind()
    with served(server):
        yield server


@dataclass
class Answered:
    """What the proxy said."""

    messages: list[Message] = field(default_factory=list)

    @property
    def headers(self) -> dict[bytes, bytes]:
        """Those of the answer, by their names in small letters."""
        return {name.lower(): value for name, value in self.messages[0]["headers"]}

    @property
    def body(self) -> bytes:
        """All of it."""
        return b"".join(each["body"] for each in self.messages[1:])


async def ask(
    port: int,
    headers: dict[str, str] | None = None,
    *,
    query: bytes = b"",
    body: bytes = b"",
    process: Process | None = None,
) -> Answered:
    """Ask through a proxy: a POST where there is a body."""
    answered = Answered()

    async def receive() -> Message:
        return {"type": "http.request", "body": body}

    async def send(message: Message) -> None:
        answered.messages.append(message)

    sent = (headers or {}) | ({"content-length": str(len(body))} if body else {})
    scope = {
        "type": "http",
        "method": "POST" if body else "GET",
        "path": "/a b",
        "raw_path": b"/a%20b",
        "query_string": query,
        "headers": [(name.encode(), value.encode()) for name, value in sent.items()],
    }
    proxy = Proxy(f"http://127.0.0.1:{port}", "notes", process or Process())
    await proxy(scope, receive, send)
    return answered


def test_a_request_and_its_answer_arrive_as_they_were_sent() -> None:
    with behind() as server:
        answered = asyncio.run(ask(server.server_port, query=b"q=%31&q", body=b"a note"))

    assert [("/a%20b?q=%31&q", b"a note")] == [(each.target, each.body) for each in server.asked]
    assert (201, PACKED) == (answered.messages[0]["status"], answered.body)


def test_a_request_without_a_body_gets_none() -> None:
    with behind() as server:
        asyncio.run(ask(server.server_port))

    assert "/a%20b" == server.asked[0].target
    assert not {"transfer-encoding", "content-length"} & server.asked[0].headers.keys()


def test_what_belongs_to_one_connection_is_not_passed_on() -> None:
    sent = {"te": "trailers", "upgrade": "h2c", "keep-alive": "1", "x-own": "kept"}
    with behind() as server:
        answered = asyncio.run(ask(server.server_port, sent))

    assert "kept" == server.asked[0].headers["x-own"]
    assert not {"te", "upgrade", "keep-alive"} & server.asked[0].headers.keys()
    assert b"kept" == answered.headers[b"x-own"]
    assert not {b"keep-alive", b"upgrade"} & answered.headers.keys()


def test_no_proxy_of_the_machine_comes_between(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")

    with behind() as server:
        assert 201 == asyncio.run(ask(server.server_port)).messages[0]["status"]


@pytest.mark.parametrize(("is_running", "state"), [(True, "does not answer"), (False, "has ended")])
def test_a_server_that_is_not_there_is_said_with_its_last_words(
    is_running: bool,  # noqa: FBT001 - a fact and no switch
    state: str,
) -> None:
    said = f"^notes: its server {state}: ConnectError; it printed: out of luck$"
    with pytest.raises(AppUnusable, match=said):
        asyncio.run(ask(9, process=Process(is_running)))
