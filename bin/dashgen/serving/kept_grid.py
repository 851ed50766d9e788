"""Serves the pages of the grid that are kept, before the rest of the application is asked.

The grid is what a thousand visitors ask for at once, and it changes only with a publish. An answer
that is encoded already needs no route, no request object and no handler; it needs what the handler
looks at first: the gate, and whether the store is still as it was. A connection that knows the
request asks for the answer itself, and the application hears nothing of it: making a task for a
request takes longer than answering this one.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from dashgen.errors import StorageFailed
from dashgen.services import now
from dashgen.serving.middleware import is_valid_host, note_request
from dashgen.serving.rounds import OncePerRound

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.types import ASGIApp, Receive, Scope, Send

    from dashgen.services import Services
    from dashgen.serving.middleware import Headers

GRID_PATH: Final = "/ensemble/canvases"
_RAW_GRID_PATH: Final = GRID_PATH.encode()


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


class GridAnswers:
    """What a connection asks before it makes anything of a request; a ``kept_connection.KeptAnswers``.

    Args:
        services: The services of this server.
        headers: What every answer in JSON carries.
    """

    def __init__(self, services: Services, headers: Headers) -> None:
        self._services = services
        lines = b"".join(b"%b: %b\r\n" % header for header in headers)
        self._head = lines + b"content-length: %d\r\n\r\n"
        self._is_open = OncePerRound(lambda: services.gate.read(now()).is_open)

    def asked_for(self, scope: Scope, url: bytes) -> bytes | None:
        """The query of a request for the grid."""
        path, _, query = url.partition(b"?")
        return query if path == _RAW_GRID_PATH and is_valid_host(scope) else None

    def answer(self, asked: bytes, deliver: Callable[[bytes | None], None]) -> None:
        """Deliver what is kept, once the store has said that it is as it was."""
        started = time.perf_counter()

        def deliver_at(revision: str | None) -> None:
            body = None
            if revision is not None and self._is_open():
                body = self._services.grid_answers.find(revision, asked)
            if body is None:
                deliver(None)
                return
            deliver(self._head % len(body) + body)
            note_request(self._services.metrics, "GET", GRID_PATH, 200, started)

        self._services.revision.tell(deliver_at)
