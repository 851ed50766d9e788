"""A way to talk to the hub by host name, over one connection that stays open."""

from __future__ import annotations

import base64
import http.client
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlencode, urlsplit

from tests.hub.hub_process import TEST_PASSWORD, TEST_USER, HubUnusable
from tests.integration import wire

if TYPE_CHECKING:
    from collections.abc import Mapping

REQUEST_SECONDS = 15.0


class Reply(wire.Reply):
    """An answer of the hub."""

    @property
    def json(self) -> Any:
        """The body as JSON; the text where it is none, so that a comparison shows it."""
        try:
            return json.loads(self.body)
        except ValueError:
            return self.text

    @property
    def cookies(self) -> dict[str, str]:
        """The cookies that it sets, by name; those that it deletes are empty."""
        pairs = (each.partition(";")[0] for each in self.headers.get_all("set-cookie") or [])
        return {
            name: value.strip('"') for name, _, value in (pair.partition("=") for pair in pairs)
        }


@dataclass
class Client:
    """Somebody who talks to a hub.

    Attributes:
        url: The portal's address in browsers.
        at: Where the hub listens, where that is elsewhere.
    """

    url: str
    at: str = ""
    _connection: http.client.HTTPConnection | None = field(default=None, repr=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def get(self, url: str, **headers: str) -> Reply:
        """Read."""
        return self.request("GET", url, headers=headers)

    def form(self, url: str, fields: Mapping[str, str], **headers: str) -> Reply:
        """Send a form."""
        body = urlencode(fields).encode()
        kind = {"content_type": "application/x-www-form-urlencoded"}
        return self.request("POST", url, body, headers=kind | headers)

    def json(self, method: str, url: str, body: object, **headers: str) -> Reply:
        """Send JSON."""
        kind = {"content_type": "application/json"}
        return self.request(method, url, json.dumps(body).encode(), headers=kind | headers)

    def request(
        self, method: str, url: str, body: bytes | None = None, *, headers: Mapping[str, str]
    ) -> Reply:
        """Send a request to the host that a URL names, wherever the hub listens; every status is an answer.

        Raises:
            HubUnusable: Nobody answered.
        """
        parts = urlsplit(url)
        target = parts.path + (f"?{parts.query}" if parts.query else "")
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        sent = (method, target or "/", body, {"Host": parts.netloc} | named)
        is_used = self._connection is not None
        try:
            return self._send(*sent)
        except (OSError, http.client.HTTPException) as error:
            self.close()
            if not is_used:
                raise HubUnusable(f"{method} {url}: the hub does not answer ({error})") from error
        try:
            return self._send(*sent)  # the connection was idle for long enough to be closed
        except (OSError, http.client.HTTPException) as error:
            self.close()
            raise HubUnusable(f"{method} {url}: the hub does not answer ({error})") from error

    def _send(self, method: str, target: str, body: bytes | None, headers: dict[str, str]) -> Reply:
        connection = self._open()
        connection.request(method, target, body, headers)
        answer = connection.getresponse()
        return Reply(answer.status, answer.headers, answer.read())

    def token(self, audience: str) -> str:
        """Return a token of the test user for one app; what the hub says instead where it gives none."""
        return token_in(self.form(f"{self.url}/identity/token", password_grant(audience)))

    def close(self) -> None:
        """End the connection."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _open(self) -> http.client.HTTPConnection:
        if self._connection is None:
            port = urlsplit(self.at or self.url).port
            self._connection = http.client.HTTPConnection(
                "127.0.0.1", port, timeout=REQUEST_SECONDS
            )
        return self._connection


def bearer(token: str) -> dict[str, str]:
    """Return the header that carries a token."""
    return {"authorization": f"Bearer {token}"}


def password_grant(audience: str) -> dict[str, str]:
    """Return the form that asks for a token of the test user for one app (RFC 6749, section 4.3)."""
    return {
        "grant_type": "password",
        "client_id": audience,
        "username": TEST_USER,
        "password": TEST_PASSWORD,
    }


def token_in(reply: Reply) -> str:
    """Return the token that was granted; what the hub says instead where it was not."""
    return str(reply.json["access_token"]) if reply.status == 200 else reply.text


def subject_in(reply: Reply) -> object:
    """Return whom the token is for that was granted."""
    _, claims, _ = token_in(reply).split(".")
    return decoded(claims)["sub"]


def decoded(part: str) -> dict[str, Any]:
    """Return what the head of a token says, or its claims; nothing of it is verified."""
    found: dict[str, Any] = json.loads(base64.urlsafe_b64decode(part + "=="))
    return found
