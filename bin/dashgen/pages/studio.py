"""The studio: a maker's canvases, their slots, the publish panel and the editor.

The page is a shell without anybody's data; scripts fill it from the owner's routes, so the same
bytes can be cached for all.
"""

from __future__ import annotations

import json
from typing import Final

from dashgen.canvas_schema import MAX_DESCRIPTION, MAX_TITLE, THEMES
from dashgen.pages.components import DEFAULT_CAPTIONS, KINDS, SPRITES, VARIANTS
from dashgen.pages.first_run import Choice
from dashgen.pages.layout import Page, render
from dashgen.room_schema import MAX_COMPONENTS
from dashgen.slots import FREE_LIMIT, PRO_PRICE_USD_MONTH

_VISIBILITIES: Final = (
    Choice("public", "Public: in the grid, for everybody"),
    Choice("unlisted", "Unlisted: for those who have the address"),
    Choice("private", "Private: for you alone"),
)
# What the toolbar adds, and what it holds when it is new.
_KINDS: Final = (
    Choice("text", "Text"),
    Choice("sprite", "Thing"),
    Choice("click-to-read", "Note"),
    Choice("click-to-link", "Link"),
)
_FRESH: Final = {
    "text": {"text": "New words", "variant": "body"},
    "sprite": {"sprite": "plant"},
    "click-to-read": {"label": "A note", "content": ""},
    "click-to-link": {"label": "A link", "url": ""},
}


def render_studio_page() -> Page:
    """Render the studio."""
    return render(
        "studio.html",
        free_limit=FREE_LIMIT,
        usd_a_month=PRO_PRICE_USD_MONTH,
        visibilities=_VISIBILITIES,
        kinds=_KINDS,
        words=_words(),
        themes=THEMES,
        sprites=sorted(SPRITES),
        title_limit=MAX_TITLE,
        description_limit=MAX_DESCRIPTION,
    )


def _words() -> str:
    """Say to the editor how the canvas page draws components, so that both draw them alike."""
    variants = {
        kind: (names, sorted(known), default) for kind, (names, known, default) in VARIANTS.items()
    }
    return json.dumps(
        {
            "kinds": KINDS,
            "variants": variants,
            "captions": DEFAULT_CAPTIONS,
            "names": {kind.value: kind.label for kind in _KINDS},
            "fresh": _FRESH,
            "most": MAX_COMPONENTS,
        }
    )
