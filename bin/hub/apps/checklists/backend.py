"""Checklists: lists that a team ticks off together, kept in a file of the app's own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import Route

from hub.sdk import AppContext, json_answer, read_json, signed_in

from .store import Full, NotFound, Store, Text

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request
    from starlette.types import ASGIApp


class NewList(Struct, forbid_unknown_fields=True):
    """The body that makes a list."""

    title: Text


class NewItem(Struct, forbid_unknown_fields=True):
    """The body that makes a step."""

    text: Text


class Tick(Struct, forbid_unknown_fields=True):
    """The body that ticks a step off, or opens it again."""

    done: bool


async def health(request: Request) -> Response:
    """Say that the app works: its file can be read."""
    await run_in_threadpool(_store(request).all)
    return json_answer({"status": "ok"})


async def me(request: Request) -> Response:
    """Say who is signed in."""
    return json_answer(signed_in(request).as_json())


async def lists(request: Request) -> Response:
    """Send every list."""
    signed_in(request)
    return json_answer({"lists": await run_in_threadpool(_store(request).all)})


async def add_list(request: Request) -> Response:
    """Make a list."""
    person = signed_in(request)
    body = await read_json(request, NewList)
    name = await _do(lambda: _store(request).add_list(body.title.strip(), person.name))
    return json_answer({"id": name}, 201)


async def remove_list(request: Request) -> Response:
    """Remove a list."""
    signed_in(request)
    await _do(lambda: _store(request).remove_list(request.path_params["name"]))
    return Response(status_code=204)


async def add_item(request: Request) -> Response:
    """Put a step at the end of a list."""
    signed_in(request)
    body = await read_json(request, NewItem)
    name = await _do(
        lambda: _store(request).add_item(request.path_params["name"], body.text.strip())
    )
    return json_answer({"id": name}, 201)


async def tick(request: Request) -> Response:
    """Tick a step off in the name of whoever asks, or open it again."""
    person = signed_in(request)
    body = await read_json(request, Tick)
    done_by = person.name if body.done else ""
    await _do(lambda: _store(request).tick(request.path_params["name"], done_by))
    return Response(status_code=204)


def _store(request: Request) -> Store:
    store: Store = request.app.state.store
    return store


async def _do(work: Callable[[], str | None]) -> str | None:
    try:
        return await run_in_threadpool(work)
    except NotFound as error:
        raise HTTPException(404, "There is no such list or step.") from error
    except Full as error:
        raise HTTPException(409, "There are as many as there may be. Remove one first.") from error


def build_app(hub: AppContext) -> ASGIApp:
    """Put the app together."""
    app = hub.application(
        [
            Route("/health", health),
            Route("/api/me", me),
            Route("/api/lists", lists),
            Route("/api/lists", add_list, methods=["POST"]),
            Route("/api/lists/{name}", remove_list, methods=["DELETE"]),
            Route("/api/lists/{name}/items", add_item, methods=["POST"]),
            Route("/api/items/{name}", tick, methods=["PUT"]),
        ]
    )
    app.state.store = Store(hub.data_folder())
    return app
