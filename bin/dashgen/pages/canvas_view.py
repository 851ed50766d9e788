"""The public page of one canvas.

Its components are drawn here, on the server, by a template that escapes every text; the boot data
is a block of JSON that no browser runs. The page is safe without its content security policy.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from dashgen.pages.components import lay_out, reading_order, stage_style
from dashgen.pages.inline_json import inline_json
from dashgen.pages.layout import Page, render
from dashgen.pages.scenes import scene_of
from dashgen.pages.themes import theme_class
from dashgen.pages.wording import moment

if TYPE_CHECKING:
    from dashgen.canvas_schema import Canvas


def render_canvas_page(canvas: Canvas, *, now: float) -> Page:
    """Render the page of a canvas.

    Args:
        canvas: The record, every text of which may be hostile. Whether its reader may see it is
            for the caller to judge.
        now: Unix seconds, for "published 2 hours ago".

    Returns:
        The page, readable without JavaScript.
    """
    ordered = reading_order(canvas.room_state.components)
    return render(
        "canvas.html",
        inline_style=stage_style(ordered, canvas.room_state.stage),
        canvas=canvas,
        title=canvas.display_title,
        byline=canvas.owner_handle or canvas.owner_id,
        published=moment(canvas.published_at, now=now),
        theme=theme_class(canvas.theme),
        scene=scene_of(canvas.id),
        parts=lay_out(ordered),
        boot_json=inline_json(_boot(canvas)),
    )


def _boot(canvas: Canvas) -> dict[str, object]:
    """What scripts need to know of the canvas; nothing that the page itself does not show."""
    return {
        "id": canvas.id,
        "theme": canvas.theme,
        "title": canvas.title,
        "room_state": msgspec.to_builtins(canvas.room_state),
    }
