"""Canvases over HTTP: the public grid, the public record, and the owner's studio."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final, cast

import msgspec
from msgspec import Meta

from dashgen.auth import presented_token, reader_of, require_creator
from dashgen.canvas_schema import Visibility, parse_changes, parse_draft, public_record
from dashgen.errors import GateClosed, NotFound, NotYours, SchemaError
from dashgen.grid_cursor import GridOrder
from dashgen.procedural_fill import fill
from dashgen.services import now, services_of
from dashgen.serving.answers import encoded_answer, json_answer, json_bytes, no_content
from dashgen.serving.json_body import EmptyBody, read_body, read_json
from dashgen.serving.preconditions import etag_of, parse_if_match
from dashgen.serving.threads import in_thread, in_writing_thread
from dashgen.slots import FREE_LIMIT
from dashgen.store_protocol import MAX_PAGE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request
    from starlette.responses import Response

    from dashgen.canvas_schema import Canvas, CanvasDraft, Owner
    from dashgen.ids import CanvasId
    from dashgen.services import Services
    from dashgen.serving.preconditions import EntityTags
    from dashgen.store_protocol import CanvasStore

DEFAULT_GRID_LIMIT: Final = 20


class GridQuery(msgspec.Struct, frozen=True):
    """Which part of the grid is asked for, in which order."""

    order: GridOrder = GridOrder.featured
    limit: int = DEFAULT_GRID_LIMIT
    cursor: str = ""


class PublishBody(msgspec.Struct):
    """Where a canvas is published, and for whom."""

    slot_index: Annotated[int, Meta(ge=0)]
    visibility: Visibility = Visibility.public


class ShowcaseBody(msgspec.Struct):
    """Whether a canvas is the one its owner puts forward."""

    is_showcase: bool


async def handle_list_canvases(request: Request) -> Response:
    """GET /ensemble/canvases: the public grid."""
    services = services_of(request)
    refuse_when_closed(services)
    query = parse_grid_query(request.query_params)
    return encoded_answer(await _grid_bytes(services, query, request.scope["query_string"]))


async def handle_get_canvas(request: Request) -> Response:
    """GET /ensemble/canvas/ID: the whole record for its owner, the public part for a visitor."""
    owner = reader_of(request)
    canvas = await readable_canvas(services_of(request), canvas_id_of(request), owner)
    is_own = owner is not None and owner.id == canvas.owner_id
    return _record_answer(canvas) if is_own else json_answer(public_record(canvas))


async def handle_my_canvases(request: Request) -> Response:
    """GET /studio/canvas/mine: what the creator has, and how much more may be published."""
    owner = require_creator(request)
    services = services_of(request)
    canvases, tier = await in_thread(
        lambda: (services.canvases.mine(owner.id), services.subscriptions.tier(owner.id))
    )
    return json_answer(
        {
            "canvases": [whole_record(canvas) for canvas in canvases],
            "tier": tier,
            "current_published": sum(canvas.is_published for canvas in canvases),
            "free_limit": FREE_LIMIT,
            "token_ends_at": services.pairings.ends_at(presented_token(request)),
        }
    )


async def handle_create_canvas(request: Request) -> Response:
    """POST /studio/canvas: a draft of what was sent, or one that fits the signup's answers."""
    owner = require_creator(request)
    draft = parse_draft(await read_body(request))
    canvas = await create_canvas(services_of(request), owner, draft)
    return _record_answer(canvas, 201)


async def handle_get_own_canvas(request: Request) -> Response:
    """GET /studio/canvas/ID: the whole record of a canvas of the creator's own."""
    owner = require_creator(request)
    canvas_id = canvas_id_of(request)
    canvas = await _find(services_of(request).canvases, canvas_id, owner.id)
    if canvas is None:
        raise NotFound
    if canvas.owner_id != owner.id:
        raise NotYours if is_public(canvas) else NotFound
    return _record_answer(canvas)


async def handle_update_canvas(request: Request) -> Response:
    """PUT /studio/canvas/ID: change a draft."""
    owner = require_creator(request)
    accepted = _accepted_by(request)
    changes = parse_changes(await read_body(request))
    canvas_id = canvas_id_of(request)
    store = services_of(request).canvases
    return _record_answer(
        await in_writing_thread(
            lambda: store.update(canvas_id, owner.id, changes, now(), accepted=accepted)
        )
    )


async def handle_publish_canvas(request: Request) -> Response:
    """POST /studio/canvas/ID/publish: put a canvas into a slot; its occupant becomes a draft."""
    owner = require_creator(request)
    body = await read_json(request, PublishBody)
    canvas_id = canvas_id_of(request)
    services = services_of(request)

    def publish() -> Canvas:
        tier = services.subscriptions.tier(owner.id)
        return services.canvases.publish(
            canvas_id,
            owner.id,
            slot_index=body.slot_index,
            visibility=body.visibility,
            tier=tier,
            now=now(),
        )

    return _record_answer(await in_writing_thread(publish))


async def handle_unpublish_canvas(request: Request) -> Response:
    """POST /studio/canvas/ID/unpublish: back to the drafts, out of the grid."""
    owner = require_creator(request)
    await read_json(request, EmptyBody)
    canvas_id = canvas_id_of(request)
    store = services_of(request).canvases
    return _record_answer(await in_writing_thread(lambda: store.unpublish(canvas_id, owner.id)))


async def handle_delete_canvas(request: Request) -> Response:
    """DELETE /studio/canvas/ID: remove a canvas for good."""
    owner = require_creator(request)
    accepted = _accepted_by(request)
    canvas_id = canvas_id_of(request)
    store = services_of(request).canvases
    await in_writing_thread(lambda: store.delete(canvas_id, owner.id, accepted=accepted))
    return no_content()


async def handle_showcase(request: Request) -> Response:
    """PUT /studio/canvas/ID/showcase: put a canvas forward, in place of the one before it."""
    owner = require_creator(request)
    body = await read_json(request, ShowcaseBody)
    canvas_id = canvas_id_of(request)
    store = services_of(request).canvases
    return _record_answer(
        await in_writing_thread(
            lambda: store.set_showcase(canvas_id, owner.id, on=body.is_showcase)
        )
    )


async def create_canvas(services: Services, owner: Owner, draft: CanvasDraft) -> Canvas:
    """Store a draft; one with the answers of a signup is filled from them first."""
    if draft.signup_context is not None:
        draft = fill(draft.signup_context)
    return await in_writing_thread(lambda: services.canvases.create(owner, draft, now()))


def whole_record(canvas: Canvas) -> dict[str, object]:
    """What the owner of a canvas sees of it: all of it, and the tag by which a change can name this state."""
    return {**msgspec.structs.asdict(canvas), "etag": etag_of(canvas)}


def _record_answer(canvas: Canvas, status: int = 200) -> Response:
    record = whole_record(canvas)
    return json_answer(record, status, {"etag": str(record["etag"])})


def _accepted_by(request: Request) -> EntityTags | None:
    """The states of the canvas on which the request is to be carried out; None for any."""
    return parse_if_match(request.headers.getlist("if-match"))


async def readable_canvas(services: Services, canvas_id: CanvasId, reader: Owner | None) -> Canvas:
    """A canvas that this reader may see: an own one always, another's when it is not private.

    Raises:
        GateClosed: It is not the reader's own, and the gate is closed; whether there is such a
            canvas is not told.
        NotFound: There is none, or none that this reader may know of.
    """
    reader_id = reader.id if reader else None
    canvas = await _find(services.canvases, canvas_id, reader_id)
    if canvas is not None and canvas.owner_id == reader_id:
        return canvas
    refuse_when_closed(services)
    if canvas is None or not canvas.is_published or canvas.visibility is Visibility.private:
        raise NotFound
    return canvas


async def _find(store: CanvasStore, canvas_id: CanvasId, reader_id: str | None) -> Canvas | None:
    """A canvas; where it is a file of this machine a thread would take longer than the reading."""
    if store.is_local:
        return store.find(canvas_id, reader=reader_id)
    return await in_thread(lambda: store.find(canvas_id, reader=reader_id))


def is_public(canvas: Canvas) -> bool:
    """Whether everybody may know of this canvas."""
    return canvas.is_published and canvas.visibility is Visibility.public


def refuse_when_closed(services: Services) -> None:
    """Keep visitors out while the gate is closed.

    Raises:
        GateClosed: It is.
    """
    if not services.gate.read(now()).is_open:
        raise GateClosed


def parse_grid_query(query: Mapping[str, str]) -> GridQuery:
    """Read `filter`, `limit` and `cursor`; what a cursor means is the store's affair.

    Raises:
        SchemaError: The filter or the limit cannot be used.
    """
    try:
        order = GridOrder(query.get("filter", GridOrder.featured))
    except ValueError:
        raise SchemaError("filter", f"must be one of {', '.join(GridOrder)}") from None
    limit = _grid_limit(query.get("limit", str(DEFAULT_GRID_LIMIT)))
    return GridQuery(order, limit, query.get("cursor", ""))


def _grid_limit(text: str) -> int:
    if text.isascii() and text.isdigit() and len(text) <= 3 and 1 <= int(text) <= MAX_PAGE:
        return int(text)
    raise SchemaError("limit", f"must be a whole number from 1 to {MAX_PAGE}")


async def _grid_bytes(services: Services, query: GridQuery, asked: bytes) -> bytes:
    """One page of the grid as JSON; made once for each state of the store, unless at random.

    It is kept under the words that asked for it, which is where ``kept_grid`` looks.
    """
    revision = await services.revision.current()
    kept = services.grid_answers.find(revision, asked)
    if kept is not None:
        return kept
    page = await in_thread(
        lambda: services.canvases.list_published(query.order, query.limit, query.cursor)
    )
    encoded = json_bytes({"canvases": page.cards, "next_cursor": page.next_cursor})
    if query.order is not GridOrder.random:
        services.grid_answers.keep(revision, asked, encoded)
    return encoded


def canvas_id_of(request: Request) -> CanvasId:
    """The canvas that the address names."""
    return cast("CanvasId", request.path_params["canvas_id"])
