"""The front page: the public grid, the cookie notice and the first-run dialog."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple
from urllib.parse import urlencode

from dashgen.links import safe_href
from dashgen.pages.first_run import FIRST_RUN_DIALOG
from dashgen.pages.layout import Page, render
from dashgen.pages.navigation import canvas_url
from dashgen.pages.scenes import SCENES, scene_of
from dashgen.pages.themes import theme_class
from dashgen.pages.wording import Moment, moment

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dashgen.canvas_schema import Card

_ORDERS: Final = (("featured", "Featured"), ("newest", "Newest"), ("random", "Random"))
_DEFAULT_ORDER: Final = "featured"

FIRST_CARDS: Final = 20
_CLOSED_NOTICE: Final = "The public grid is closed at the moment. Your own studio is open."


class OrderLink(NamedTuple):
    """One of the pills above the grid."""

    name: str
    label: str
    url: str
    is_current: bool


class CardView(NamedTuple):
    """A card as its template sees it."""

    id: str
    url: str
    title: str
    handle: str
    description: str
    theme: str
    scene: str
    thumbnail: str | None
    published: Moment | None


# Scripts fill a copy of it with each card that they load.
_BLANK: Final = CardView(
    id="",
    url="#",
    title="",
    handle="",
    description="",
    theme=theme_class(""),
    scene=SCENES[0],
    thumbnail=None,
    published=Moment("", ""),
)


def render_index_page(
    cards: Sequence[Card], next_cursor: str, order: str, *, notice: str | None = None
) -> Page:
    """Render the front page.

    Args:
        cards: The first canvases of the grid.
        next_cursor: Where the grid goes on, or an empty string at its end.
        order: featured, newest or random.
        notice: Shown in place of the grid, when it is closed or cannot be read.

    Returns:
        The page. Orders and further cards are plain links, so it works without JavaScript.
    """
    return render(
        "index.html",
        cards=[_view(card) for card in cards],
        order=order,
        orders=[OrderLink(name, label, grid_url(name), name == order) for name, label in _ORDERS],
        next_cursor=next_cursor,
        next_url=grid_url(order, next_cursor) if next_cursor else None,
        notice=notice,
        blank=_BLANK,
        first_run=FIRST_RUN_DIALOG,
    )


def render_closed_page() -> Page:
    """Render the front page for as long as visitors may not see the grid."""
    return render_index_page([], "", _DEFAULT_ORDER, notice=_CLOSED_NOTICE)


def grid_url(order: str, cursor: str = "") -> str:
    """Return the address of the front page for an order and a place in it."""
    query = {} if order == _DEFAULT_ORDER and not cursor else {"filter": order}
    if cursor:
        query["cursor"] = cursor
    return f"/index.html?{urlencode(query, errors='replace')}" if query else "/index.html"


def _view(card: Card) -> CardView:
    return CardView(
        id=card.id,
        url=canvas_url(card.id),
        title=card.title,
        handle=card.owner_handle,
        description=card.description,
        theme=theme_class(card.theme),
        scene=scene_of(card.id),
        thumbnail=_own_image(card.thumbnail_url),
        published=moment(card.published_at),
    )


def _own_image(url: str | None) -> str | None:
    """Keep a thumbnail that this site serves; pictures of other hosts would tell them who looks."""
    href = safe_href(url) if url else None
    return href if href and href.startswith("/") else None
