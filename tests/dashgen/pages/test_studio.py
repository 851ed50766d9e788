"""The studio's shell."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from dashgen.canvas_schema import THEMES, Visibility
from dashgen.pages.components import KINDS, SPRITES, VARIANTS, lay_out
from dashgen.pages.studio import render_studio_page
from dashgen.room_schema import normalise_room

if TYPE_CHECKING:
    from collections.abc import Callable

    from dashgen.pages.layout import Page
    from tests.dashgen.pages.conftest import Parsed


def test_it_offers_what_the_server_takes(parse: Callable[[Page], Parsed]) -> None:
    parsed = parse(render_studio_page())
    options = {one.get("value") for one in parsed.all("option")}
    radios = {
        name: {one.get("value") for one in parsed.all("input") if one.get("name") == name}
        for name in ("theme", "visibility")
    }

    assert {"theme": set(THEMES), "visibility": set(Visibility)} == radios
    assert SPRITES == options


def test_nothing_of_anybody_is_in_it(parse: Callable[[Page], Parsed]) -> None:
    parsed = parse(render_studio_page())

    for name in ("slots", "drafts", "components"):
        assert 0 == len(parsed.by_id(name))
    for name in ("canvases", "editor", "unpaired", "editor-actions", "studio-actions"):
        assert "hidden" in parsed.by_id(name).attrib


@pytest.fixture
def words(parse: Callable[[Page], Parsed]) -> Any:
    return json.loads(parse(render_studio_page()).by_id("editor").get("data-words") or "")


def test_the_editor_draws_as_the_canvas_page_does(words: Any) -> None:
    assert KINDS == words["kinds"]
    assert VARIANTS == {
        kind: (tuple(names), frozenset(known), default)
        for kind, (names, known, default) in words["variants"].items()
    }


def test_what_can_be_added_is_taken_by_the_server_and_drawn(
    words: Any, parse: Callable[[Page], Parsed]
) -> None:
    buttons = [
        one.get("data-add") for one in parse(render_studio_page()).all() if one.get("data-add")
    ]

    assert buttons == list(words["fresh"]) == list(words["names"])
    for kind in buttons:
        room = normalise_room({"components": [{"type": kind, "props": words["fresh"][kind]}]})
        (part,) = lay_out(room.components)
        assert part.kind == KINDS[str(kind)]
        assert part.text or part.kind == "sprite"


def test_a_piece_can_be_found_dragged_and_heard(parse: Callable[[Page], Parsed]) -> None:
    parsed = parse(render_studio_page())

    assert ["button"] == [one.tag for one in parsed.by_id("piece-template")]
    for name in ("stage-status", "save-state", "studio-message"):
        assert "status" == parsed.by_id(name).get("role")
    assert "stage-help" == parsed.by_id("stage").get("aria-describedby")
    help_text = parsed.text(parsed.by_id("stage-help"))
    assert all(word in help_text for word in ("Drag", "arrow keys", "Shift", "Delete"))


def test_a_full_plan_leads_to_the_upgrade(parse: Callable[[Page], Parsed]) -> None:
    parsed = parse(render_studio_page())

    for name in ("upgrade-line", "publish-upsell"):
        line = parsed.by_id(name)
        assert "hidden" in line.attrib
        assert ["/settings.html#billing"] == [link.get("href") for link in line.iter("a")]
    assert "$12 a month" in parsed.text(parsed.by_id("publish-upsell"))
