"""Which address leads to which handler, without a server."""

from __future__ import annotations

import pytest
from starlette.routing import Match

from dashgen import auth, canvas_handlers, page_handlers
from dashgen.route_table import ROUTES

ID = "cnv_0123456789ab"


def handler(method: str, path: str) -> object:
    """What answers an address: the first route that matches it fully, as in the router."""
    scope = {"type": "http", "method": method, "path": path, "root_path": ""}
    for route in ROUTES:
        match, child = route.matches(scope)
        if match is Match.FULL:
            return child["endpoint"]
    return None


@pytest.mark.parametrize(
    ("method", "path", "expected"),
    [
        ("POST", "/studio/canvas", canvas_handlers.handle_create_canvas),
        ("GET", f"/ensemble/canvas/{ID}", canvas_handlers.handle_get_canvas),
        ("GET", "/studio/canvas/mine", canvas_handlers.handle_my_canvases),
        ("PUT", f"/studio/canvas/{ID}", canvas_handlers.handle_update_canvas),
        ("DELETE", f"/studio/canvas/{ID}", canvas_handlers.handle_delete_canvas),
        ("POST", f"/studio/canvas/{ID}/publish", canvas_handlers.handle_publish_canvas),
        ("GET", f"/canvas/{ID}.html", page_handlers.handle_canvas_page),
        ("GET", "/docs/a/b.html", page_handlers.handle_docs_page),
        ("GET", "/docs", page_handlers.handle_docs_index),
        ("GET", "/docs/", page_handlers.handle_docs_index),
        ("PUT", "/studio/canvas/mine", None),
        ("GET", "/ensemble/canvas/mine", None),
        ("GET", f"/ensemble/canvas/{ID}0", None),
        ("GET", f"/ensemble/canvas/{ID}/", None),
        ("POST", "/ensemble/canvases", None),
    ],
)
def test_an_address_leads_to_its_handler(method: str, path: str, expected: object) -> None:
    assert handler(method, path) is expected


def test_no_address_is_taken_twice() -> None:
    taken = [(route.path, method) for route in ROUTES for method in route.methods or ()]
    assert len(set(taken)) == len(taken)
    assert all(route.methods for route in ROUTES)


def test_the_names_that_the_runbook_points_at_exist() -> None:
    for module, name in (
        (canvas_handlers, "handle_create_canvas"),
        (canvas_handlers, "handle_get_canvas"),
        (canvas_handlers, "handle_publish_canvas"),
        (auth, "_resolve_paired_user"),
        (auth, "check_auth"),
    ):
        assert callable(getattr(module, name))
