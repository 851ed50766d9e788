"""What is passed on to an app's own server, and back."""

from __future__ import annotations

import asyncio
import threading
from contextlib import closing
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING

from hub.proxy import Proxy

if TYPE_CHECKING:
    from starlette.types import Message


class Behind(HTTPServer):
    """A server of an app's own, which keeps the heads that it gets.

    Attributes:
        heads: The headers of each request, by their names in small letters.
    """

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answering)
        self.heads: list[dict[str, str]] = []
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def is_running(self) -> bool:
        return True

    def last_words(self) -> str:
        return "nothing"

    def close(self) -> None:
        self.shutdown()
        self.server_close()


class Answering(BaseHTTPRequestHandler):
    """Answers each request alike, and with headers that belong to the connection."""

    server: Behind

    def do_GET(self) -> None:
        self.server.heads.append({name.lower(): value for name, value in self.headers.items()})
        self.send_response(200)
        for name, value in (("Keep-Alive", "timeout=5"), ("Upgrade", "h2c"), ("X-Own", "kept")):
            self.send_header(name, value)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def test_what_belongs_to_one_connection_is_not_passed_on() -> None:
    with closing(Behind()) as behind:
        answered = asyncio.run(
            ask(behind, {"te": "trailers", "upgrade": "h2c", "keep-alive": "1", "x-own": "kept"})
        )

    assert "kept" == behind.heads[0]["x-own"]
    assert not {"te", "upgrade", "keep-alive"} & behind.heads[0].keys()
    assert b"kept" == answered[b"x-own"]
    assert not {b"keep-alive", b"upgrade"} & answered.keys()


async def ask(behind: Behind, headers: dict[str, str]) -> dict[bytes, bytes]:
    """Ask through a proxy; return the headers of the answer, by their names in small letters."""
    said: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request"}

    async def send(message: Message) -> None:
        said.append(message)

    scope = {
        "type": "http",
        "method": "GET",
        "path": "/",
        "raw_path": b"/",
        "query_string": b"",
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
    }
    await Proxy(f"http://127.0.0.1:{behind.server_port}", "notes", behind)(scope, receive, send)
    return {name.lower(): value for name, value in said[0]["headers"]}
