"""The tiles of the portal: what each shows, grouped and sorted."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Final

from hub.icons import DRAWINGS
from hub.manifest import Status

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hub.addresses import Addresses
    from hub.catalogue import App

_DARK_INK: Final = "#18150f"
_LIGHT_INK: Final = "#ffffff"


@dataclass(frozen=True, slots=True)
class Tile:
    """One app as the portal shows it.

    Attributes:
        slug: The app's name in addresses.
        name: Its name for people.
        description: One sentence.
        category: The heading that it stands under.
        url: Where a click leads: to the app's own sign-in, which comes back to its front page.
        color: The ground of its icon.
        ink: What is drawn on it: dark on light grounds, light on dark ones.
        drawing: The icon as SVG, or empty where it is a file.
        badge: Something to know before one clicks, or empty.
    """

    slug: str
    name: str
    description: str
    category: str
    url: str
    color: str
    ink: str
    drawing: str
    badge: str


def make_tile(app: App, addresses: Addresses) -> Tile:
    """Return the tile of an app."""
    manifest = app.manifest
    status = manifest.lifecycle.status
    return Tile(
        slug=app.slug,
        name=manifest.name,
        description=manifest.description,
        category=manifest.hub.category,
        url=f"{addresses.app(manifest.routing.subdomain)}/.hub/sign-in",
        color=manifest.color,
        ink=ink_on(manifest.color),
        drawing=DRAWINGS.get(manifest.icon, ""),
        badge="" if status is Status.active else status.value,
    )


def group_tiles(tiles: Iterable[Tile]) -> list[tuple[str, list[Tile]]]:
    """Put tiles that are sorted by category below their headings."""
    return [(list_[0].category, list_) for list_ in _groups(tiles)]


def _groups(tiles: Iterable[Tile]) -> Iterable[list[Tile]]:
    return (list(group) for _, group in groupby(tiles, key=lambda tile: tile.category.casefold()))


def ink_on(color: str) -> str:
    """Return the ink that stands out more from a ground.

    Args:
        color: The ground, ``#rrggbb``.
    """
    ground = luminance(color)
    on_light = (ground + 0.05) / (luminance(_DARK_INK) + 0.05)
    on_dark = (luminance(_LIGHT_INK) + 0.05) / (ground + 0.05)
    return _DARK_INK if on_light >= on_dark else _LIGHT_INK


def luminance(color: str) -> float:
    """The relative luminance of a colour, from 0 to 1, as WCAG 2.2 defines it."""
    channels = (int(color[at : at + 2], 16) / 255 for at in (1, 3, 5))
    linear = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    red, green, blue = linear
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
