"""Somebody's way to talk to the server under smoke: a visitor's, an owner's, the operator's."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.integration.server_process import ServerProcess, ServerUnusable

if TYPE_CHECKING:
    from email.message import Message

REQUEST_SECONDS = 15.0
NONCE_HEADER = "X-Ensemble-Run"


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


@dataclass(frozen=True, slots=True)
class Client:
    """Somebody who talks to the server: a visitor, or with a token an owner or the operator."""

    server: ServerProcess
    token: str = ""

    def using(self, token: str) -> Client:
        """The same server, with another token."""
        return Client(self.server, token)

    def get(self, path: str) -> Reply:
        """Read."""
        return self.request("GET", path)

    def post(self, path: str, body: object) -> Reply:
        """Send JSON."""
        return self.request("POST", path, json.dumps(body).encode())

    def put(self, path: str, body: object) -> Reply:
        """Replace by JSON."""
        return self.request("PUT", path, json.dumps(body).encode())

    def request(self, method: str, path: str, body: bytes | None = None) -> Reply:
        """Send a request; every status is an answer.

        Raises:
            ServerUnusable: Nobody answered, or another server than this run's did.
        """
        headers = {"Content-Type": "application/json"} if body is not None else {}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        url = self.server.url + path
        request = urllib.request.Request(url, body, headers, method=method)  # noqa: S310 - our own
        try:
            reply = _send(request)
        except OSError as error:
            state = "does not answer" if self.server.is_alive else "died"
            raise ServerUnusable(
                f"{method} {path}: the server {state} ({error}): {self.server.output()}"
            ) from error
        if reply.headers[NONCE_HEADER] != self.server.nonce:
            raise ServerUnusable(
                f"{method} {path}: answered by a server that this run did not start"
            )
        return reply


# The system's proxies have no business with a server on this machine.
_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def _send(request: urllib.request.Request) -> Reply:
    try:
        with _OPENER.open(request, timeout=REQUEST_SECONDS) as response:
            return Reply(response.status, response.headers, response.read())
    except urllib.error.HTTPError as error:
        with error:
            return Reply(error.code, error.headers, error.read())
