"""Serves the pages of the grid that are kept, before the rest of the application is asked.

The grid is what a thousand visitors ask for at once, and it changes only with a publish. An answer
that is encoded already needs no route, no request object and no handler; it needs what the handler
looks at first: the gate, and whether the store is still as it was. Where the store is on this
machine and says so without waiting, the connection asks for the answer itself and the application
hears nothing of it: making a task for a request takes longer than answering this one.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from dashgen.errors import StorageFailed
from dashgen.middleware import is_valid_host, note_request
from dashgen.services import now

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

    from dashgen.middleware import Headers
    from dashgen.services import Services

GRID_PATH: Final = "/ensemble/canvases"
_RAW_GRID_PATH: Final = GRID_PATH.encode()
# A request with one of these has more to it than its head.
_NOT_ALL_YET: Final = frozenset({b"content-length", b"transfer-encoding", b"expect", b"upgrade"})


class KeptGrid:
    """Answers with what ``canvas_handlers`` has kept; whatever is in doubt goes on to the application.

    Args:
        app: Who answers everything else, and makes what is kept.
        services: The services of this server.
        headers: What every answer in JSON carries.
    """

    def __init__(self, app: ASGIApp, services: Services, headers: Headers) -> None:
        self._app = app
        self._services = services
        self._headers = headers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        is_grid = scope["raw_path"] == _RAW_GRID_PATH and scope["method"] == "GET"
        body = await self._find(scope) if is_grid else None
        if body is None:
            await self._app(scope, receive, send)
            return
        headers = [*self._headers, (b"content-length", b"%d" % len(body))]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    async def _find(self, scope: Scope) -> bytes | None:
        services = self._services
        if not (is_valid_host(scope) and services.gate.read(now()).is_open):
            return None
        try:
            revision = await services.revision.current()
        except StorageFailed:
            return None  # the application asks once more, and says so
        return services.grid_answers.find(revision, scope["query_string"])


class GridAtOnce:
    """What a connection asks before it makes anything of a GET request; a ``connection.AtOnce``.

    Args:
        services: The services of this server; their store must be local.
        headers: What every answer in JSON carries.
    """

    def __init__(self, services: Services, headers: Headers) -> None:
        self._services = services
        lines = b"".join(b"%b: %b\r\n" % header for header in headers)
        self._head = lines + b"content-length: %d\r\n\r\n"

    def __call__(self, scope: Scope, url: bytes) -> bytes | None:
        """The headers and the body of the answer, or None for whatever must go to the application."""
        path, _, query = url.partition(b"?")
        if path != _RAW_GRID_PATH:
            return None
        started = time.perf_counter()
        body = self._find(scope, query)
        if body is None:
            return None
        note_request(self._services.metrics, "GET", GRID_PATH, 200, started)
        return self._head % len(body) + body

    def _find(self, scope: Scope, query: bytes) -> bytes | None:
        services = self._services
        names = {name for name, _ in scope["headers"]}
        is_whole = names.isdisjoint(_NOT_ALL_YET) and is_valid_host(scope)
        if not (is_whole and services.gate.read(now()).is_open):
            return None
        try:
            return services.grid_answers.find(services.canvases.revision(), query)
        except StorageFailed:
            return None
