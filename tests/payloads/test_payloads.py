"""Published payloads in every field of canvas pages and of the grid: to a browser's parser, text they stay.

Of some 4,100 a sample is tried; ``ENSEMBLE_PAYLOADS=9999`` tries all. Chromium meets them in
tests/browser_pages/test_payload_corpus.py.
"""

from __future__ import annotations

import functools
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import msgspec
import pytest

from dashgen.canvas_schema import Canvas, CanvasId, Card
from dashgen.grid_cursor import GridOrder
from dashgen.pages.canvas_view import render_canvas_page
from dashgen.pages.grid import render_index_page
from tests.corpus import chunks, payloads
from tests.integration import hostile
from tests.integration.html_page import parse_page
from tests.payloads import rendering

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tests.integration.html_page import Element

ON_A_GRID = 400
NOTE_TAGS = {
    *("blockquote", "br", "code", "em", "h3", "h4", "hr", "li", "ol", "p", "pre", "strong", "ul"),
    "a",
}


@dataclass(frozen=True, slots=True)
class Shown:
    """A canvas that says payloads wherever it can, and its page."""

    texts: tuple[str, ...]
    canvas: Canvas
    page: Element


@pytest.fixture(scope="module")
def corpus() -> list[str]:
    """Payloads that differ, in the order in which they were drawn."""
    found = payloads(rendering.COUNT)
    assert len(found) > 1_000
    return found


@pytest.fixture(scope="module")
def canvases(corpus: list[str]) -> list[Shown]:
    """All of them, on pages of canvases."""
    parts = rendering.parts()
    assert corpus == [text for part in parts for text in part]
    pages = rendering.pages()
    return [
        Shown(part, rendering.canvas_of(part), parse_page(page))
        for part, page in zip(parts, pages, strict=True)
    ]


Elements = Counter[tuple[str, ...]]  # how often there is which element with which attributes


def _elements(tags: list[tuple[str, ...]]) -> Elements:
    """All but for links' addresses."""
    elements: Elements = Counter()
    for (tag, *names), count in Counter(tags).items():
        elements[tag, *sorted({*names} - {"href", "rel"})] += count
    return elements


def _outside_of_notes(page: Element) -> Elements:
    return _elements(page.tags("*")) - _elements(page.tags(".prose *"))


@functools.cache
def _benign_canvas(count: int) -> Elements:
    return _expected(lambda texts: _outside_of_notes(_page_of(texts)), count)


def _page_of(texts: Sequence[str]) -> Element:
    canvas = rendering.canvas_of(texts)
    return parse_page(render_canvas_page(canvas, now=rendering.NOW).html)


@functools.cache
def _benign_grid(count: int) -> Elements:
    return _expected(lambda texts: _elements(_grid_of(texts).tags("*")), count)


def _expected(elements_of: Callable[[tuple[str, ...]], Elements], count: int) -> Elements:
    """What so many benign texts make of a page: what one makes, and for each more what a second one adds."""
    one, two = (elements_of((hostile.BENIGN,) * number) for number in (1, 2))
    return Counter({each: one[each] + (count - 1) * (two[each] - one[each]) for each in two})


def _strange_and_missing(found: Elements, expected: Elements) -> tuple[list[str], list[str]]:
    """The elements that should not be there, and those that should."""
    strange, missing = found - expected, expected - found
    return sorted(map(" ".join, strange)), sorted(map(" ".join, missing))


@pytest.mark.runbook(
    severity="high",
    cause="A canvas page lets some writing of markup through: an escape or the cleaning of notes is gone.",
    suspects=[
        "bin/dashgen/pages/components.py",
        "bin/dashgen/pages/rich_text.py::render_note",
        "bin/dashgen/pages/inline_json.py::inline_json",
        "bin/dashgen/pages/layout.py",
    ],
)
def test_payloads_are_text_on_canvas_pages(canvases: list[Shown]) -> None:
    for shown in canvases:
        page = shown.page
        said = [text.strip() for text in shown.texts]
        assert ([], []) == _strange_and_missing(_outside_of_notes(page), _benign_canvas(len(said)))
        for name in ("part-text", "part-note", "part-link"):
            parts = page.all(having=("class", name))
            assert said == [part.text.strip() for part in parts]
        assert said[-1] == page.by_id("canvas-title").text.strip()
        assert {tag for tag, *_ in page.tags(".prose *")} <= NOTE_TAGS
        block = page.by_id("canvas-boot").source
        assert set() == set(block) & set("<>&")
        boot = msgspec.json.decode(block)
        assert msgspec.to_builtins(shown.canvas.room_state) == boot["room_state"]


@pytest.mark.runbook(
    severity="high",
    cause="An address that is no address of the web reaches a canvas page.",
    suspects=[
        "bin/dashgen/links.py::safe_href",
        "bin/dashgen/pages/components.py",
        "bin/dashgen/pages/rich_text.py::render_note",
    ],
)
def test_payloads_are_no_addresses(canvases: list[Shown]) -> None:
    addresses = [address for shown in canvases for address in shown.page.addresses]

    assert [] == [address for address in addresses if not address.isprintable()]
    assert [] == [address for address in addresses if address.startswith(("//", "/\\", "\\"))]
    schemes = {urlsplit(address).scheme for address in addresses}
    assert set() == schemes - {"", "http", "https", "mailto"}


@pytest.mark.runbook(
    severity="high",
    cause="A card of the grid lets some writing of markup through: an escape is gone.",
    suspects=["bin/dashgen/pages/grid.py::render_index_page", "bin/dashgen/pages/layout.py"],
)
def test_payloads_are_text_on_cards(corpus: list[str]) -> None:
    for texts in chunks(corpus, ON_A_GRID):
        page = _grid_of(texts)

        assert ([], []) == _strange_and_missing(_elements(page.tags("*")), _benign_grid(len(texts)))
        said = [text.strip() for text in texts]
        (grid,) = page.all(having=("id", "grid"))
        for name in ("title", "description"):
            cards = grid.all(having=("class", f"card-{name}"))
            assert said == [card.text.strip() for card in cards]


def _grid_of(texts: Sequence[str]) -> Element:
    cards = [
        Card(
            id=CanvasId(f"cnv_{number:012x}"),
            title=text,
            owner_handle=text,
            description=text,
            theme=text,
            published_at=rendering.NOW,
        )
        for number, text in enumerate(texts)
    ]
    return parse_page(render_index_page(cards, "", GridOrder.newest).html)
