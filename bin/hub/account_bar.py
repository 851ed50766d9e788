"""Puts the hub's account bar into the pages of an app that does not know the hub."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

_SCRIPT: Final = b'<script type="module" src="/.hub/account.js"></script>\n'
_HEAD_END: Final = b"</head>"


class AccountBar:
    """An application whose HTML pages load one script more, which asks who is signed in.

    Args:
        app: The application.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        # What is compressed could not be read here.
        headers = [pair for pair in scope["headers"] if pair[0] != b"accept-encoding"]
        await self._app({**scope, "headers": headers}, receive, _Page(send))


class _Page:
    """Holds a page back until it is whole; lets all else through."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._start: Message | None = None
        self._body = b""

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start" and _is_page(message):
            self._start = message
        elif self._start is None:
            await self._send(message)
        else:
            self._body += message.get("body", b"")
            if not message.get("more_body", False):
                await self._finish(self._start)

    async def _finish(self, start: Message) -> None:
        before, end, after = self._body.partition(_HEAD_END)
        body = before + _SCRIPT + end + after if end else self._body
        kept = [pair for pair in start["headers"] if pair[0].lower() != b"content-length"]
        # A HEAD has no body, and keeps the length that its server named.
        headers = (
            [*kept, (b"content-length", str(len(body)).encode())] if body else start["headers"]
        )
        await self._send({**start, "headers": headers})
        await self._send({"type": "http.response.body", "body": body})


def _is_page(start: Message) -> bool:
    kinds = [value for name, value in start["headers"] if name.lower() == b"content-type"]
    return bool(kinds) and kinds[0].startswith(b"text/html")
