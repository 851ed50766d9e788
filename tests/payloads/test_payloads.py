"""Published payloads in every field of canvas pages and of the grid: to a browser's parser, text they stay.

Of some 4,100 a sample is tried; ``ENSEMBLE_PAYLOADS=9999`` tries all. Chromium meets them in
tests/browser_pages/test_payload_corpus.py.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import msgspec
import pytest

from tests.corpus import payloads
from tests.integration.hostile import BENIGN
from tests.integration.html_page import parse_page
from tests.payloads import rendering
from tests.payloads.rendering import Wanted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tests.integration.html_page import Element

NOTE_TAGS = {
    *("blockquote", "br", "code", "em", "h3", "h4", "hr", "li", "ol", "p", "pre", "strong", "ul"),
    "a",
}


@pytest.fixture(scope="module")
def corpus() -> list[str]:
    """Payloads that differ, in the order in which they were drawn."""
    found = payloads(rendering.COUNT)
    assert len(found) > 1_000
    return found


@pytest.fixture(scope="module")
def pages(corpus: list[str]) -> dict[Wanted, Element]:
    """All of them in every field, on pages of each kind."""
    wanted = rendering.wanted()
    for kind in ("canvas", "grid"):
        assert corpus == [text for page in hostile(wanted, kind) for text in page.texts]
    sources = rendering.pages()
    return {page: parse_page(source) for page, source in zip(wanted, sources, strict=True)}


def hostile(pages: Iterable[Wanted], kind: str) -> list[Wanted]:
    """Those of a kind that say payloads."""
    return [page for page in pages if page.kind == kind and set(page.texts) != {BENIGN}]


Elements = Counter[tuple[str, ...]]  # how often there is which element with which attributes


def _counted(tags: list[tuple[str, ...]]) -> Elements:
    """All but for links' addresses."""
    elements: Elements = Counter()
    for (tag, *names), count in Counter(tags).items():
        elements[tag, *sorted({*names} - {"href", "rel"})] += count
    return elements


def _elements_of(page: Element) -> Elements:
    return _counted(page.tags("*"))


def _outside_of_notes(page: Element) -> Elements:
    return _counted(page.tags("*:not(.prose *)"))


def _of_benign(
    pages: dict[Wanted, Element], kind: str, elements_of: Callable[[Element], Elements]
) -> Callable[[int], Elements]:
    """What so many benign texts make of a page: what one makes, and for each more what a second one adds."""
    one, two = (elements_of(pages[Wanted(kind, (BENIGN,) * count)]) for count in (1, 2))
    return lambda count: Counter(
        {each: one[each] + (count - 1) * (two[each] - one[each]) for each in two}
    )


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
def test_payloads_are_text_on_canvas_pages(pages: dict[Wanted, Element]) -> None:
    expected = _of_benign(pages, "canvas", _outside_of_notes)
    for wanted in hostile(pages, "canvas"):
        page = pages[wanted]
        said = [text.strip() for text in wanted.texts]
        assert ([], []) == _strange_and_missing(_outside_of_notes(page), expected(len(said)))
        for name in ("part-text", "part-note", "part-link"):
            parts = page.all(having=("class", name))
            assert said == [part.text.strip() for part in parts]
        assert said[-1] == page.by_id("canvas-title").text.strip()
        assert {tag for tag, *_ in page.tags(".prose *")} <= NOTE_TAGS
        block = page.by_id("canvas-boot").source
        assert set() == set(block) & set("<>&")
        boot = msgspec.json.decode(block)
        room = rendering.canvas_of(wanted.texts).room_state
        assert msgspec.to_builtins(room) == boot["room_state"]


@pytest.mark.runbook(
    severity="high",
    cause="An address that is no address of the web reaches a canvas page.",
    suspects=[
        "bin/dashgen/links.py::safe_href",
        "bin/dashgen/pages/components.py",
        "bin/dashgen/pages/rich_text.py::render_note",
    ],
)
def test_payloads_are_no_addresses(pages: dict[Wanted, Element]) -> None:
    addresses = [
        address for wanted in hostile(pages, "canvas") for address in pages[wanted].addresses
    ]

    assert [] == [address for address in addresses if not address.isprintable()]
    assert [] == [address for address in addresses if address.startswith(("//", "/\\", "\\"))]
    schemes = {urlsplit(address).scheme for address in addresses}
    assert set() == schemes - {"", "http", "https", "mailto"}


@pytest.mark.runbook(
    severity="high",
    cause="A card of the grid lets some writing of markup through: an escape is gone.",
    suspects=["bin/dashgen/pages/grid.py::render_index_page", "bin/dashgen/pages/layout.py"],
)
def test_payloads_are_text_on_cards(pages: dict[Wanted, Element]) -> None:
    expected = _of_benign(pages, "grid", _elements_of)
    for wanted in hostile(pages, "grid"):
        page = pages[wanted]

        found = _elements_of(page)
        assert ([], []) == _strange_and_missing(found, expected(len(wanted.texts)))
        said = [text.strip() for text in wanted.texts]
        (grid,) = page.all(having=("id", "grid"))
        for name in ("title", "description"):
            cards = grid.all(having=("class", f"card-{name}"))
            assert said == [card.text.strip() for card in cards]
