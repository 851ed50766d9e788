"""Somebody's way to talk to the server under smoke: a visitor's, an owner's, the operator's."""

from __future__ import annotations

import json
import urllib.request
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, cast
from urllib.parse import urlsplit

from tests.integration.given import CANVAS_IS_ROUTED, PAIRING_HOLDS, SERVER_ANSWERS
from tests.integration.server_process import ServerProcess, ServerUnusable
from tests.integration.wire import KeptConnection, Reply, connect, read_reply

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

NONCE_HEADER = "X-Ensemble-Run"


class ServerFailed(Exception):
    """The server answered that it failed; with the end of its traceback."""


class PairingRefused(Exception):
    """The server does not know a pairing token that it should know."""


class NotRouted(Exception):
    """The server has no route for the address of a canvas."""


_NO_ROUTE = b"There is nothing at this address."


@dataclass(frozen=True, slots=True)
class Client:
    """Somebody who talks to the server: a visitor, or with a token an owner or the operator.

    Attributes:
        server: The server under smoke.
        token: What is sent as a bearer token, if anything is.
        is_paired: Whether the server must know the token.
        headers: What is sent besides.
    """

    server: ServerProcess
    token: str = ""
    is_paired: bool = False
    headers: Mapping[str, str] = field(default_factory=dict)

    def using(self, token: str) -> Client:
        """The same server, with another token."""
        return Client(self.server, token)

    def sending(self, **headers: str) -> Client:
        """The same somebody, who sends further headers."""
        return replace(self, headers={**self.headers, **headers})

    def get(self, path: str) -> Reply:
        """Read."""
        return self.request("GET", path)

    def post(self, path: str, body: object) -> Reply:
        """Send JSON."""
        return self.request("POST", path, json.dumps(body).encode())

    def put(self, path: str, body: object) -> Reply:
        """Replace by JSON."""
        return self.request("PUT", path, json.dumps(body).encode())

    def request(self, method: str, path: str, body: bytes | Iterator[bytes] | None = None) -> Reply:
        """Send a request; every status is an answer, but for a failure of the server.

        Args:
            method: Of HTTP.
            path: With its query.
            body: What is sent; as chunks of no announced length where it is an iterator.

        Raises:
            ServerUnusable: Nobody answered, or another server than this run's did.
            ServerFailed: The status is 500 or above.
            NotRouted: There is no route for the address of a canvas.
            PairingRefused: A creator who is paired is not let in.
        """
        headers = {"Content-Type": "application/json"} if body is not None else {}
        headers |= self.headers
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        url = self.server.url + path
        request = urllib.request.Request(url, body, headers, method=method)  # noqa: S310 - our own
        try:
            reply = _send(request)
        except OSError as error:
            told = f"{method} {path}: the server "
            if self.server.is_alive:  # the place comes first, for a line may cut the rest
                why = self.server.traceback()
                told = f"{self.server.place_of_hang()}{told}does not answer ({error}): {why}"
            else:
                told += f"died ({error}): {self.server.output()}"
            with SERVER_ANSWERS:
                raise ServerUnusable(told) from error
        self._judge(f"{method} {path}: {reply.status}", reply)
        return reply

    def say(self, said: bytes) -> Reply:
        """Send bytes that need be no HTTP, over a connection that ends with the answer."""
        with connect(urlsplit(self.server.url).netloc) as spoken:
            spoken.write(said)
            spoken.flush()
            return read_reply(spoken)[0]

    def _judge(self, said: str, reply: Reply) -> None:
        """Refuse an answer that no test can be about."""
        is_ours = reply.headers[NONCE_HEADER] == self.server.nonce
        if reply.status >= 500:
            with nullcontext() if is_ours else SERVER_ANSWERS:  # not even by its own error page
                raise ServerFailed(f"{self.server.traceback()}; {said}")
        if not is_ours:
            raise ServerUnusable(f"{said}, by a server that this run did not start")
        if reply.status == 404 and "/canvas/cnv_" in said and _NO_ROUTE in reply.body:
            with CANVAS_IS_ROUTED:
                raise NotRouted(said)
        if self.is_paired and reply.status == 401:
            with PAIRING_HOLDS:
                raise PairingRefused(said)


_connection = KeptConnection()
# No handler for proxies, for redirects or for errors: what the server says is the answer.
_OPENER = urllib.request.OpenerDirector()
_OPENER.add_handler(_connection)


def _send(request: urllib.request.Request) -> Reply:
    return cast("Reply", _OPENER.open(request))


def disconnect() -> None:
    """Close the connection to the server."""
    _connection.close()
