"""What happens around every request: its log line, its headers, its limits, its errors.

Plain ASGI, outermost first: `RequestLog`, `AnswerHeaders`, `ErrorShape`, `RequestLimits`.
"""

from __future__ import annotations

import errno
import logging
import re
import time
from typing import TYPE_CHECKING, Final

from starlette.requests import ClientDisconnect

from dashgen.errors import EnsembleError, OutcomeUnknown, StorageFailed
from dashgen.serving.answers import (
    JSON_POLICY,
    NEVER_STORED,
    Refusal,
    error_body,
    error_headers,
    json_answer,
    page_answer,
)
from dashgen.serving.json_log import tell, with_fields
from dashgen.storage.atomic_file import UnsyncedError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.responses import Response
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from dashgen.serving.metrics import Metrics

    Headers = Sequence[tuple[bytes, bytes]]

_log = logging.getLogger(__name__)
_access = logging.getLogger("dashgen.access")

_METHODS_WITH_BODY: Final = frozenset({"POST", "PUT", "PATCH", "DELETE"})
_HOST: Final = re.compile(rb"(?:[A-Za-z0-9._~-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?")
# The router's patterns would also let a line end stand behind an address.
_HIDDEN_IN_PATH: Final = re.compile(rb"%(?:2f|5c|[01][0-9a-f]|7f)|\\", re.IGNORECASE)
_DISK_IS_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_MAX_LOGGED_PATH: Final = 200
# What none of our pages asks a browser for; a script that got into one could not ask for it either.
_PERMISSIONS: Final = (
    b"camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()"
)
_CLOSES: Final = (b"connection", b"close")  # which not every uvicorn says by itself


def common_headers(run_nonce: str) -> Headers:
    """The headers of every answer, of a refusal below the application too."""
    headers = [
        (b"x-content-type-options", b"nosniff"),
        (b"x-frame-options", b"DENY"),  # for browsers and scanners that do not know frame-ancestors
        (b"referrer-policy", b"no-referrer"),
        (b"cross-origin-resource-policy", b"same-origin"),
        (b"cross-origin-opener-policy", b"same-origin"),  # who opened a page cannot steer it
        (b"permissions-policy", _PERMISSIONS),
    ]
    if run_nonce:
        headers.append((b"x-ensemble-run", run_nonce.encode()))
    return headers


def json_headers(run_nonce: str) -> Headers:
    """The headers of an answer in JSON that is written without the application."""
    return [
        *common_headers(run_nonce),
        (b"content-type", b"application/json"),
        (b"content-security-policy", JSON_POLICY.encode()),
        (b"cache-control", NEVER_STORED.encode()),
    ]


def internal_error() -> EnsembleError:
    """What is told of a fault of ours."""
    return EnsembleError(500, "internal", "Something went wrong on our side.")


def note_request(metrics: Metrics, method: str, path: str, status: int, started: float) -> None:
    """Count a request that was answered, and write its line.

    Args:
        metrics: Where it counts.
        method: Its method.
        path: What it asked for, without the query.
        status: What it was answered with; 0 for a client that left before.
        started: When it began, by `time.perf_counter`.
    """
    metrics.count(status)
    tell(
        _access,
        "request",
        http_method=method,
        http_path=path[:_MAX_LOGGED_PATH],
        http_status=status,
        duration_ms=round((time.perf_counter() - started) * 1000, 2),
    )


class RequestLog:
    """Counts every request and writes one line about it, without its query and its headers."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        started = time.perf_counter()
        status = 0  # of a client that left before it was answered

        async def note_status(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, note_status)
        finally:
            note_request(self._metrics, scope["method"], scope["path"], status, started)


class AnswerHeaders:
    """Adds the headers that every answer has."""

    def __init__(self, app: ASGIApp, headers: Headers) -> None:
        self._app = app
        self._headers = headers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        # What follows a request for another protocol is no HTTP: the connection ends, and the client is told.
        headers = [*self._headers, _CLOSES] if _header(scope, b"upgrade") else self._headers

        async def add_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *headers]
            await send(message)

        await self._app(scope, receive, add_headers)


class ErrorShape:
    """Turns whatever is raised inside into an answer with an `error` key, or an error page."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        has_started = False

        async def note_start(message: Message) -> None:
            nonlocal has_started
            has_started = True
            await send(message)

        try:
            await self._app(scope, receive, note_start)
        except ClientDisconnect:
            return
        except Exception as problem:
            if has_started:
                raise
            error = _as_ensemble_error(problem)
            if error.status >= 500:
                _log.exception("request failed", extra=with_fields(error=error.error))
            answer = _error_answer(scope, error)
            await answer(scope, receive, send)


def _as_ensemble_error(problem: Exception) -> EnsembleError:
    if isinstance(problem, EnsembleError):
        return problem
    if isinstance(problem, UnsyncedError):
        return OutcomeUnknown()
    if isinstance(problem, OSError):
        return StorageFailed(is_full=problem.errno in _DISK_IS_FULL)
    return internal_error()


def _error_answer(scope: Scope, error: EnsembleError) -> Response:
    answer = _error_page(error) if _asks_for_page(scope) else None
    if answer is None:
        answer = json_answer(error_body(error), error.status)
    answer.headers.update(error_headers(error))
    return answer


def _error_page(error: EnsembleError) -> Response | None:
    """The page that tells an error; None where pages cannot be made, which may be what went wrong."""
    try:
        from dashgen.pages.error import render_error_page  # noqa: PLC0415 - pages load late

        page = render_error_page(error.status, error.message)
    except Exception:  # noqa: BLE001 - whatever it is, the error itself must be told
        _log.exception("the error page failed")
        return None
    return page_answer(page, error.status, NEVER_STORED)


def _asks_for_page(scope: Scope) -> bool:
    path = scope["path"]
    return scope["method"] in {"GET", "HEAD"} and (path == "/" or path.endswith(".html"))


class RequestLimits:
    """Refuses what no handler should see: bad hosts, disguised paths, bodies beyond the limit."""

    def __init__(self, app: ASGIApp, max_body_bytes: int) -> None:
        self._app = app
        self._max_body_bytes = max_body_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if not is_valid_host(scope):
            raise EnsembleError(400, "bad_host", "The request needs one valid Host header.")
        if _HIDDEN_IN_PATH.search(scope["raw_path"]):
            raise EnsembleError(
                400, "bad_path", "The path hides a separator or a control character."
            )
        if scope["method"] in _METHODS_WITH_BODY:
            body = await self._read_body(scope, receive)
            receive = _replay(body, receive)
        await self._app(scope, receive, send)

    async def _read_body(self, scope: Scope, receive: Receive) -> bytes:
        """Read the whole body, counted as it arrives: its announced length may be a lie."""
        if _announced_length(scope) > self._max_body_bytes:
            raise self._too_large(scope)
        chunks: list[bytes] = []
        size = 0
        more = True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise ClientDisconnect
            chunk = message.get("body", b"")
            size += len(chunk)
            if size > self._max_body_bytes:
                raise self._too_large(scope)
            chunks.append(chunk)
            more = message.get("more_body", False)
        return b"".join(chunks)

    def _too_large(self, scope: Scope) -> Refusal:
        # A client that waits for "100 Continue" may leave its body out now, or may not: after
        # that, nobody can tell where its next request starts.
        headers = {"connection": "close"} if _header(scope, b"expect") else {}
        message = f"A body may hold at most {self._max_body_bytes} bytes."
        limit = self._max_body_bytes
        return Refusal(413, "payload_too_large", message, headers=headers, limit_bytes=limit)


def is_valid_host(scope: Scope) -> bool:
    """Whether a request names one host, as it must since HTTP/1.1."""
    hosts = [value for name, value in scope["headers"] if name == b"host"]
    if not hosts and scope["http_version"] == "1.0":
        return True
    return len(hosts) == 1 and _HOST.fullmatch(hosts[0]) is not None


def _announced_length(scope: Scope) -> int:
    return int(_header(scope, b"content-length") or 0)  # the parser has seen that it is a number


def _header(scope: Scope, name: bytes) -> bytes:
    return next((value for key, value in scope["headers"] if key == name), b"")


def _replay(body: bytes, receive: Receive) -> Receive:
    """Give the body that was read once more to the application, then what comes after it."""
    unread: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def replayed() -> Message:
        return unread.pop() if unread else await receive()

    return replayed
