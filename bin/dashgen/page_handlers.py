"""Pages over HTTP. Whatever makes HTML is imported when the first page is asked for."""

from __future__ import annotations

import functools
import logging
import re
from importlib import import_module
from typing import TYPE_CHECKING, Final

from starlette.responses import Response

from dashgen.auth import reader_of
from dashgen.canvas_handlers import (
    GridQuery,
    canvas_id_of,
    is_public,
    parse_grid_query,
    readable_canvas,
)
from dashgen.errors import NotFound
from dashgen.grid_cursor import GridOrder
from dashgen.pages.navigation import LEGAL_PAGES
from dashgen.services import now, services_of
from dashgen.serving.answers import (
    ASKED_AGAIN,
    JSON_POLICY,
    KEPT_FOR_GOOD,
    NEVER_STORED,
    page_answer,
)
from dashgen.serving.threads import in_thread
from dashgen.settings import REPOSITORY

if TYPE_CHECKING:
    from starlette.requests import Request

    from dashgen.canvas_schema import Canvas
    from dashgen.pages.layout import Page
    from dashgen.services import Services

_LEGAL_DOCUMENTS: Final = REPOSITORY / "docs" / "legal"
# Names that lead nowhere but down from the folder of documents.
_DOCUMENT: Final = re.compile(r"[A-Za-z0-9_-]+(?:/[A-Za-z0-9_-]+)*", re.ASCII)

# What the pages of visitors are made with, and nothing else of the server needs.
_PAGE_MAKERS: Final = (
    "dashgen.legal_pages",
    "dashgen.pages.canvas_view",
    "dashgen.pages.grid",
    "jinja2",
    "markdown",
    "nh3",
)

_log = logging.getLogger(__name__)


async def handle_index(request: Request) -> Response:
    """GET / and /index.html: the grid, or a notice in its place while the gate is closed."""
    services = services_of(request)
    is_open = services.gate.read(now()).is_open
    query = parse_grid_query(request.query_params) if is_open else None
    return page_answer(await _index_page(services, query))


async def handle_canvas_page(request: Request) -> Response:
    """GET /canvas/ID.html: a canvas to look at."""
    services = services_of(request)
    canvas = await readable_canvas(services, canvas_id_of(request), reader_of(request))
    cache_control = ASKED_AGAIN if is_public(canvas) else NEVER_STORED
    return page_answer(await _canvas_page(services, canvas), cache_control=cache_control)


async def handle_legal_page(request: Request) -> Response:
    """GET /legal/SLUG.html: one of the legal pages."""
    try:
        slug = request.path_params["slug"]
        return page_answer(await in_thread(lambda: legal_page(slug)))
    except (KeyError, FileNotFoundError):
        raise NotFound("There is no such legal page.") from None


async def handle_docs_index(_: Request) -> Response:
    """GET /docs and /docs/: where the documents begin."""
    return page_answer(await in_thread(lambda: _render_document("docs/README.md", "/docs/")))


async def handle_docs_page(request: Request) -> Response:
    """GET /docs/PATH.html: one of the project's documents."""
    path = request.path_params["path"]
    if not _DOCUMENT.fullmatch(path):
        raise NotFound("There is no such document.")
    return page_answer(await in_thread(lambda: _render_document(f"docs/{path}.md")))


async def handle_shell_page(request: Request) -> Response:
    """GET a page that holds nobody's data; its scripts ask for what its reader may see."""
    path = request.url.path
    return page_answer(await in_thread(lambda: shell_page(path)))


async def handle_asset(request: Request) -> Response:
    """GET /assets/NAME: a file that pages load."""
    from dashgen.pages.layout import assets

    asset = assets().get(request.path_params["name"])
    if asset is None:
        raise NotFound("There is no such asset.")
    is_named_by_digest = request.query_params.get("v") == asset.digest
    return Response(
        asset.body,
        headers={
            "content-type": asset.media_type,
            "content-security-policy": JSON_POLICY,
            "cache-control": KEPT_FOR_GOOD if is_named_by_digest else ASKED_AGAIN,
        },
    )


@functools.cache
def legal_page(slug: str) -> Page:
    """A legal page, rendered once.

    Raises:
        KeyError: There is none of this name.
        OSError: A legal document is missing; no page of a site like that is served.
    """
    from dashgen.legal_pages import render_legal_pages

    return render_legal_pages(_LEGAL_DOCUMENTS)[slug]


@functools.cache
def shell_page(path: str) -> Page:
    """A page that is the same for everybody, rendered once."""
    from dashgen.pages.dashboard import render_dashboard_page
    from dashgen.pages.pair import render_pair_page
    from dashgen.pages.settings import render_settings_page
    from dashgen.pages.studio import render_studio_page

    renderers = {
        "/studio.html": render_studio_page,
        "/pair.html": render_pair_page,
        "/dashboard.html": render_dashboard_page,
        "/settings.html": render_settings_page,
    }
    return renderers[path]()


def warm_up() -> None:
    """Import what makes pages, and make one, before anybody waits for it: the first takes as long as all others."""
    try:
        for module in _PAGE_MAKERS:
            import_module(module)
        legal_page(LEGAL_PAGES[0].slug)
    except Exception:  # noqa: BLE001 - whoever asks for the page meets it again
        _log.exception("the pages could not be warmed up")


async def _canvas_page(services: Services, canvas: Canvas) -> Page:
    """The page of a canvas; it says how long ago that was published, so it holds for a minute."""
    moment = now()
    minute = str(int(moment // 60))
    key = (canvas.id, canvas.updated_at, canvas.published_at, canvas.visibility)
    kept = services.canvas_pages.find(minute, key)
    if kept is not None:
        return kept

    def render() -> Page:
        from dashgen.pages.canvas_view import render_canvas_page

        return render_canvas_page(canvas, now=moment)

    page = await in_thread(render)
    services.canvas_pages.keep(minute, key, page)
    return page


def _render_document(source_name: str, folder: str = "") -> Page:
    from dashgen.pages.docs import render_docs_page

    try:
        source = (REPOSITORY / source_name).read_text(encoding="utf-8")
    except (FileNotFoundError, NotADirectoryError):
        raise NotFound("There is no such document.") from None
    return render_docs_page(source, source_name, folder)


async def _index_page(services: Services, query: GridQuery | None) -> Page:
    """The front page for one part of the grid; None while the gate is closed."""
    revision = await services.revision.current()
    kept = services.index_pages.find(revision, query)
    if kept is not None:
        return kept
    page = await in_thread(lambda: _render_index(services, query))
    if query is None or query.order is not GridOrder.random:
        services.index_pages.keep(revision, query, page)
    return page


def _render_index(services: Services, query: GridQuery | None) -> Page:
    from dashgen.pages.grid import render_closed_page, render_index_page

    if query is None:
        return render_closed_page()
    grid = services.canvases.list_published(query.order, query.limit, query.cursor)
    return render_index_page(grid.cards, grid.next_cursor, query.order)
