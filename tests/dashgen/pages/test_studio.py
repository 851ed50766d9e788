"""The studio's shell."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dashgen.canvas_schema import THEMES, Visibility
from dashgen.pages.components import SPRITES
from dashgen.pages.studio import render_studio_page

if TYPE_CHECKING:
    from collections.abc import Callable

    from dashgen.pages.layout import Page
    from tests.dashgen.pages.conftest import Parsed


def test_it_offers_what_the_server_takes(parse: Callable[[Page], Parsed]) -> None:
    parsed = parse(render_studio_page())
    options = {one.get("value") for one in parsed.all("option")}
    visibilities = {
        one.get("value") for one in parsed.all("input") if one.get("name") == "visibility"
    }

    assert set(THEMES) <= options
    assert options >= SPRITES
    assert visibilities == set(Visibility)


def test_nothing_of_anybody_is_in_it(parse: Callable[[Page], Parsed]) -> None:
    parsed = parse(render_studio_page())

    for name in ("slots", "drafts", "components"):
        assert len(parsed.by_id(name)) == 0
    for name in ("canvases", "editor", "unpaired"):
        assert "hidden" in parsed.by_id(name).attrib
