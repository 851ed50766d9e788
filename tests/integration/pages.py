"""The pages of Ensemble: where they are, how somebody comes to them, and what their browser brings along."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Literal

from tests.integration.hands import press
from tests.integration.page_facts import seen
from tests.integration.server_process import DASHBOARD_TOKEN

if TYPE_CHECKING:
    from playwright.sync_api import Page, Response

    from dashgen.canvas_schema import Canvas
    from tests.integration.browser import Visit
    from tests.integration.conftest import Owner

# A page's scripts have run by then; its fonts may still be on their way.
READY: Literal["domcontentloaded"] = "domcontentloaded"
TITLE_FIELD = "#editor-canvas-title"


def open_page(page: Page, path: str) -> Response:
    """Go to a page by its address."""
    answer = page.goto(path, wait_until=READY)
    assert answer is not None
    assert 200 == answer.status
    return answer


def page_of(canvas: Canvas) -> str:
    """Where a canvas is looked at."""
    return f"/canvas/{canvas.id}.html"


def remember_visit(visit: Visit) -> None:
    """Have the browser remember that somebody was here before: nothing is asked again."""
    _remember(visit, {"ensemble:first-run-seen": "1", "cookie-consent": "1"})


def remember_maker(visit: Visit, maker: Owner) -> None:
    """Have the browser remember whose canvases the studio shows."""
    _remember(visit, {"ensemble.pairing_token": maker.client.token})


def remember_operator(visit: Visit) -> None:
    """Have the browser remember the dashboard token."""
    _remember(visit, {"DASHBOARD_TOKEN": DASHBOARD_TOKEN})


def _remember(visit: Visit, kept: dict[str, str]) -> None:
    # A blank page keeps nothing, and says so by an exception.
    visit.context.add_init_script(
        f"""if (location.protocol === "http:") Object.assign(localStorage, {json.dumps(kept)})"""
    )


def unpair(page: Page) -> None:
    """End the pairing of this browser on its page of settings, which did not always ask first."""
    press(page, "#unpair")
    if seen(page, "#unpair-dialog"):
        press(page, "#unpair-confirm")
