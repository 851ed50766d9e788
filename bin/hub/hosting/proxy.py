"""Passes requests on to a server of an app's own, and its answers back, piece by piece."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

from starlette.requests import Request

from hub.errors import AppUnusable

if TYPE_CHECKING:
    import httpx
    from starlette.types import Receive, Scope, Send

# What belongs to one connection and not to the message (RFC 9110, section 7.6.1).
_HOP_BY_HOP: Final = frozenset(
    {
        *(b"connection", b"keep-alive", b"proxy-authenticate", b"proxy-authorization", b"te"),
        *(b"trailer", b"transfer-encoding", b"upgrade"),
    }
)


class Server(Protocol):
    """The process behind the address."""

    @property
    def is_running(self) -> bool:
        """Whether it has not ended."""

    def last_words(self) -> str:
        """What it printed last."""


class Proxy:
    """An ASGI application in front of one server.

    Args:
        url: The server's address.
        slug: The app's name, for messages.
        server: The process behind it.
    """

    def __init__(self, url: str, slug: str, server: Server) -> None:
        self._url = url
        self._slug = slug
        self._server = server
        self._client: httpx.AsyncClient | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request.

        Raises:
            AppUnusable: The server does not answer.
        """
        import httpx  # noqa: PLC0415 - few hubs have an app that needs it

        if self._client is None:
            self._client = httpx.AsyncClient(base_url=self._url, trust_env=False, timeout=30)
        request = Request(scope, receive)
        passed = self._client.build_request(
            scope["method"],
            httpx.URL(path=scope["path"], raw_path=_raw_target(scope)),
            headers=[(name, value) for name, value in scope["headers"] if name not in _HOP_BY_HOP],
            content=request.stream() if _has_body(scope) else None,
        )
        try:
            answer = await self._client.send(passed, stream=True)
        except httpx.HTTPError as error:
            state = "does not answer" if self._server.is_running else "has ended"
            why = f"{type(error).__name__}; it printed: {self._server.last_words()}"
            raise AppUnusable(f"{self._slug}: its server {state}: {why}") from error
        try:
            headers = [pair for pair in answer.headers.raw if pair[0].lower() not in _HOP_BY_HOP]
            await send(
                {"type": "http.response.start", "status": answer.status_code, "headers": headers}
            )
            async for chunk in answer.aiter_raw():
                await send({"type": "http.response.body", "body": chunk, "more_body": True})
            await send({"type": "http.response.body", "body": b""})
        finally:
            await answer.aclose()


def _raw_target(scope: Scope) -> bytes:
    query = scope["query_string"]
    target: bytes = scope["raw_path"]
    return target + (b"?" + query if query else b"")


def _has_body(scope: Scope) -> bool:
    return any(name in {b"content-length", b"transfer-encoding"} for name, _ in scope["headers"])
