"""Published payloads in every field of canvas pages and of the grid: to a browser's parser, text they stay.

Of some 4,100 a sample is tried; ``ENSEMBLE_PAYLOADS=9999`` tries all. Chromium meets them in
tests/browser_pages/test_payload_corpus.py.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

import msgspec
import pytest

from tests.corpus import payloads
from tests.integration.hostile import BENIGN
from tests.integration.html_page import parse_page
from tests.payloads import rendering
from tests.payloads.rendering import Rendered, Wanted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tests.integration.html_page import Element

NOT_OF_NOTES = ".prose :not(a, blockquote, br, code, em, h3, h4, hr, li, ol, p, pre, strong, ul)"


class Shown(NamedTuple):
    """A page as a browser's parser reads it, and the room of its canvas as JSON."""

    page: Element
    room: str


@pytest.fixture(scope="module")
def corpus() -> list[str]:
    """Payloads that differ, in the order in which they were drawn."""
    found = payloads(rendering.COUNT)
    assert len(found) > 1_000
    return found


@pytest.fixture(scope="module")
def pages(corpus: list[str]) -> dict[Wanted, Shown]:
    """All of them in every field, on pages of each kind."""
    wanted = rendering.wanted()
    for kind in ("canvas", "grid"):
        assert corpus == [text for page in hostile(wanted, kind) for text in page.texts]
    return parsed(wanted, rendering.pages())


def parsed(wanted: Iterable[Wanted], rendered: Iterable[Rendered]) -> dict[Wanted, Shown]:
    """Parse the pages."""
    return {
        page: Shown(parse_page(source), room)
        for page, (source, room) in zip(wanted, rendered, strict=True)
    }


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
    pages: dict[Wanted, Shown], kind: str, elements_of: Callable[[Element], Elements]
) -> Callable[[int], Elements]:
    """What so many benign texts make of a page: what one makes, and for each more what a second one adds."""
    one, two = (elements_of(pages[Wanted(kind, (BENIGN,) * count)].page) for count in (1, 2))
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
def test_payloads_are_text_on_canvas_pages(pages: dict[Wanted, Shown]) -> None:
    expected = _of_benign(pages, "canvas", _outside_of_notes)
    for wanted in hostile(pages, "canvas"):
        page, room = pages[wanted]
        said = [text.strip() for text in wanted.texts]
        assert ([], []) == _strange_and_missing(_outside_of_notes(page), expected(len(said)))
        for name in ("part-text", "part-note", "part-link"):
            parts = page.all(having=("class", name))
            assert said == [part.text.strip() for part in parts]
        assert said[-1] == page.by_id("canvas-title").text.strip()
        assert [] == page.tags(NOT_OF_NOTES)
        block = page.by_id("canvas-boot").source
        assert [] == [sign for sign in "<>&" if sign in block]
        boot = msgspec.json.decode(block)
        assert msgspec.json.decode(room) == boot["room_state"]


@pytest.mark.runbook(
    severity="high",
    cause="An address that is no address of the web reaches a canvas page.",
    suspects=[
        "bin/dashgen/links.py::safe_href",
        "bin/dashgen/pages/components.py",
        "bin/dashgen/pages/rich_text.py::render_note",
    ],
)
def test_payloads_are_no_addresses(pages: dict[Wanted, Shown]) -> None:
    addresses = [
        address for wanted in hostile(pages, "canvas") for address in pages[wanted].page.addresses
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
def test_payloads_are_text_on_cards(pages: dict[Wanted, Shown]) -> None:
    expected = _of_benign(pages, "grid", _elements_of)
    for wanted in hostile(pages, "grid"):
        page, _ = pages[wanted]

        found = _elements_of(page)
        assert ([], []) == _strange_and_missing(found, expected(len(wanted.texts)))
        said = [text.strip() for text in wanted.texts]
        (grid,) = page.all(having=("id", "grid"))
        for name in ("title", "description"):
            cards = grid.all(having=("class", f"card-{name}"))
            assert said == [card.text.strip() for card in cards]
