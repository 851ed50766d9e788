"""An application asked in this process, where it can be broken in ways that no client could bring about."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from tests.dashgen.conftest import Answer

if TYPE_CHECKING:
    from collections.abc import Iterable

    from starlette.applications import Starlette
    from starlette.types import Message, Scope


def ask(
    app: Starlette,
    path: str,
    *,
    raises: type[Exception] | None = None,
    headers: Iterable[tuple[bytes, bytes]] = (),
) -> Answer:
    """What an application answers to a GET.

    Args:
        app: The application, broken or not.
        path: What it is asked for.
        raises: What it raises after it has answered, as the server would log it; by default nothing.
        headers: What it is told besides the host.
    """
    scope = {
        "type": "http",
        "method": "GET",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "http_version": "1.1",
        "scheme": "http",
        "headers": [(b"host", b"a"), *headers],
    }
    start, body = converse(app, scope, raises=raises)
    told = {name.decode(): value.decode() for name, value in start["headers"]}
    return Answer(start["status"], told, body)


def converse(
    app: Starlette, scope: Scope, *, raises: type[Exception] | None = None
) -> tuple[Message, bytes]:
    """Send a request without a body; return the message that starts the answer, and the body of that."""
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)

    try:
        asyncio.run(app(scope, receive, send))
    except Exception as raised:
        if raises is None or not isinstance(raised, raises):
            raise
    start, *rest = sent
    return start, b"".join(message["body"] for message in rest)
