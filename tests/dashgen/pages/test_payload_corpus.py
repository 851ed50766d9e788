"""Published payloads in every field of the grid and of canvas pages: text they stay.

Of some 4,400 a sample is tried, since the parser of the standard is slow; ``ENSEMBLE_PAYLOADS=9999``
tries all. Chromium meets them in tests/browser_pages/test_payload_corpus.py.
"""

from __future__ import annotations

import functools
import json
import os
from collections import Counter
from typing import TYPE_CHECKING

import msgspec
import pytest

from dashgen.canvas_schema import Canvas, CanvasId, Card, Component, RoomState
from dashgen.grid_cursor import GridOrder
from dashgen.pages.canvas_view import render_canvas_page
from dashgen.pages.grid import render_index_page
from tests.corpus import chunks, payloads
from tests.dashgen.pages.conftest import Parsed, parse_page
from tests.dashgen.pages.test_canvas_view import assert_allowed
from tests.integration import hostile

if TYPE_CHECKING:
    from collections.abc import Sequence

COUNT = int(os.environ.get("ENSEMBLE_PAYLOADS", "1100"))
SIZE = 110
NOW = 1_790_007_200.0
NOTE_TAGS = {
    *("blockquote", "br", "code", "em", "h3", "h4", "hr", "li", "ol", "p", "pre", "strong", "ul"),
    "a",
    "div",
}


@pytest.fixture(scope="module")
def corpus() -> list[str]:
    found = payloads(COUNT)
    assert len(found) > 1_000
    return found


def shape(parsed: Parsed) -> Counter[tuple[str, ...]]:
    """Every element with its attributes' names, notes and the addresses of links left out."""
    notes = {id(one) for prose in parsed.with_class("prose") for one in prose.iter()}
    return Counter(
        (str(one.tag), *sorted(set(map(str, one.attrib)) - {"href", "rel"}))
        for one in parsed.all()
        if id(one) not in notes
    )


def canvas_of(texts: Sequence[str]) -> Canvas:
    parts = [Component(**each) for each in hostile.components(tuple(texts))]
    return Canvas(
        id=CanvasId("cnv_0123456789ab"),
        owner_id="usr_alice",
        owner_handle=texts[0],
        title=texts[1],
        description=texts[2],
        theme=texts[3],
        room_state=RoomState(components=parts),
        created_at=NOW,
        updated_at=NOW,
        published_at=NOW,
        slot_index=0,
    )


def assert_harmless(parsed: Parsed, expected: Counter[tuple[str, ...]]) -> None:
    assert shape(parsed) == expected
    assert parsed.by_id("site-footer").tag == "footer"
    for element in parsed.all():
        for name in ("href", "src", "action", "formaction", "ping"):
            assert_allowed(element, name)


def test_a_canvas_page_of_payloads_is_only_text(corpus: list[str]) -> None:
    for texts in chunks(corpus, SIZE):
        canvas = canvas_of((*texts, *texts[:4]))
        parsed = parse_page(render_canvas_page(canvas, now=NOW))
        assert_harmless(parsed, benign_shape(len(texts) + len(texts[:4])))
        for prose in parsed.with_class("prose"):
            assert {str(one.tag) for one in prose.iter()} <= NOTE_TAGS
        boot = json.loads(parsed.by_id("canvas-boot").text or "")
        assert msgspec.convert(boot["room_state"], RoomState) == canvas.room_state


@functools.cache
def benign_shape(count: int) -> Counter[tuple[str, ...]]:
    return shape(parse_page(render_canvas_page(canvas_of([hostile.BENIGN] * count), now=NOW)))


def test_a_grid_of_payloads_is_only_text(corpus: list[str]) -> None:
    def grid_of(texts: Sequence[str]) -> Parsed:
        cards = [
            Card(
                id=CanvasId(f"cnv_{number:012x}"),
                title=text,
                owner_handle=texts[number - 1],
                description=texts[number - 2],
                theme=texts[number - 3],
                published_at=NOW,
            )
            for number, text in enumerate(texts)
        ]
        return parse_page(render_index_page(cards, "", GridOrder.newest))

    for texts in chunks(corpus, 400):
        assert_harmless(grid_of(texts), shape(grid_of([hostile.BENIGN] * len(texts))))
