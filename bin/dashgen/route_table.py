"""Every address of the control panel, one line each; the busiest come first."""

from __future__ import annotations

from typing import Final

from starlette.convertors import Convertor, register_url_convertor
from starlette.routing import Route

from dashgen import canvas_handlers as canvases
from dashgen import operator_handlers as operator
from dashgen import page_handlers as pages
from dashgen import signup_handlers as signup
from dashgen.ids import CanvasId
from dashgen.serving.kept_grid import GRID_PATH


class CanvasIdConvertor(Convertor[CanvasId]):
    """Lets nothing but a canvas id into a handler."""

    regex = "cnv_[0-9a-f]{12}"

    def convert(self, value: str) -> CanvasId:
        """The id as it stands in the address."""
        return CanvasId(value)

    def to_string(self, value: CanvasId) -> str:
        """The id as it is put into an address."""
        return value


register_url_convertor("canvas", CanvasIdConvertor())

ROUTES: Final = (
    Route(GRID_PATH, canvases.handle_list_canvases),
    Route("/ensemble/canvas/{canvas_id:canvas}", canvases.handle_get_canvas),
    Route("/health", operator.handle_health),
    Route("/studio/canvas/mine", canvases.handle_my_canvases),
    Route("/studio/canvas", canvases.handle_create_canvas, methods=["POST"]),
    Route("/studio/canvas/{canvas_id:canvas}", canvases.handle_get_own_canvas),
    Route("/studio/canvas/{canvas_id:canvas}", canvases.handle_update_canvas, methods=["PUT"]),
    Route("/studio/canvas/{canvas_id:canvas}", canvases.handle_delete_canvas, methods=["DELETE"]),
    Route(
        "/studio/canvas/{canvas_id:canvas}/publish",
        canvases.handle_publish_canvas,
        methods=["POST"],
    ),
    Route(
        "/studio/canvas/{canvas_id:canvas}/unpublish",
        canvases.handle_unpublish_canvas,
        methods=["POST"],
    ),
    Route("/studio/canvas/{canvas_id:canvas}/showcase", canvases.handle_showcase, methods=["PUT"]),
    Route("/studio/signup", signup.handle_signup, methods=["POST"]),
    Route("/studio/generate-from-answers", signup.handle_generate_from_answers, methods=["POST"]),
    Route("/studio/renew", signup.handle_renew, methods=["POST"]),
    Route("/studio/unpair", signup.handle_unpair, methods=["POST"]),
    Route("/first-run/state", signup.handle_first_run_state),
    Route("/first-run/advance", signup.handle_first_run_advance, methods=["POST"]),
    Route("/state", operator.handle_state),
    Route("/metrics", operator.handle_metrics),
    Route("/verify-token", operator.handle_verify_token, methods=["POST"]),
    Route("/smoke-test-result", operator.handle_smoke_test_result, methods=["POST"]),
    Route("/fire", operator.handle_fire, methods=["POST"]),
    Route("/", pages.handle_index),
    Route("/index.html", pages.handle_index),
    Route("/canvas/{canvas_id:canvas}.html", pages.handle_canvas_page),
    Route("/legal/{slug}.html", pages.handle_legal_page),
    Route("/docs", pages.handle_docs_index),
    Route("/docs/", pages.handle_docs_index),
    Route("/docs/{path:path}.html", pages.handle_docs_page),
    Route("/studio.html", pages.handle_shell_page),
    Route("/pair.html", pages.handle_shell_page),
    Route("/dashboard.html", pages.handle_shell_page),
    Route("/settings.html", pages.handle_shell_page),
    Route("/assets/{name}", pages.handle_asset),
)
