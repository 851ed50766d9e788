"""The studio: a maker's canvases, their slots, the publish panel and the editor.

The page is a shell without anybody's data; scripts fill it from the owner's routes, so the same
bytes can be cached for all.
"""

from __future__ import annotations

from typing import Final

from dashgen.canvas_schema import MAX_DESCRIPTION, MAX_TITLE, THEMES
from dashgen.pages.components import SPRITES
from dashgen.pages.first_run import Choice
from dashgen.pages.layout import Page, render
from dashgen.slots import FREE_LIMIT

_VISIBILITIES: Final = (
    Choice("public", "Public: in the grid, for everybody"),
    Choice("unlisted", "Unlisted: for those who have the address"),
    Choice("private", "Private: for you alone"),
)
_KINDS: Final = (
    Choice("text", "Text"),
    Choice("sprite", "Thing"),
    Choice("click-to-read", "Note to read"),
    Choice("click-to-link", "Link"),
)


def render_studio_page() -> Page:
    """Render the studio."""
    return render(
        "studio.html",
        free_limit=FREE_LIMIT,
        visibilities=_VISIBILITIES,
        kinds=_KINDS,
        themes=sorted(THEMES),
        sprites=sorted(SPRITES),
        title_limit=MAX_TITLE,
        description_limit=MAX_DESCRIPTION,
    )
