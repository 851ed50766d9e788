"""Canvases and cards that say payloads wherever they can; pages of them are rendered while pytest is still imported.

`start` is called before that (``before`` in ``[tool.runbook.tiers.payloads]``). It imports next to nothing: its
processes read for themselves what rendering needs.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dashgen.canvas_schema import Canvas, Card

COUNT = int(os.environ.get("ENSEMBLE_PAYLOADS", "1100"))
NOW = 1_790_007_200.0
_AT_ONCE = {"canvas": 40, "grid": 400}  # as many notes as a canvas may format
_PROCESSES = 2
_BETWEEN = "\0"  # no page holds one: a browser would not show it

_begun: list[tuple[int, int]] = []  # each process, and where its pages will come from


class Rendered(NamedTuple):
    """What a page is, and what it was made of.

    Attributes:
        source: Its HTML.
        room: The room of the canvas that it shows, as JSON; none of a grid.
    """

    source: str
    room: str = "null"


class Wanted(NamedTuple):
    """A page that is to be rendered.

    Attributes:
        kind: That of a canvas, or the grid.
        texts: What the canvas says in each of its fields, or a card of the grid each.
    """

    kind: str
    texts: tuple[str, ...]


def start() -> None:
    """Begin to render, unless that was done."""
    if not _begun:
        _begun.extend(_begin(part) for part in range(_PROCESSES))


def wanted() -> list[Wanted]:
    """All payloads on pages of each kind, behind two that say what is harmless: once, and twice."""
    from tests.corpus import chunks, payloads
    from tests.integration.hostile import BENIGN

    corpus = payloads(COUNT)
    return [
        Wanted(kind, texts)
        for kind, count in _AT_ONCE.items()
        for texts in ((BENIGN,), (BENIGN,) * 2, *chunks(corpus, count))
    ]


def pages() -> list[Rendered]:
    """The pages, in the order of `wanted`."""
    start()
    rendered = [_take(part, *begun) for part, begun in enumerate(_begun)]
    _begun.clear()
    count = sum(map(len, rendered))
    return [rendered[number % _PROCESSES][number // _PROCESSES] for number in range(count)]


def _begin(part: int) -> tuple[int, int]:
    """Render a part of the pages in a process of its own; return that, and where they will come from."""
    source, target = os.pipe()
    if process := os.fork():
        os.close(target)
        return process, source
    try:
        os.close(source)
        # Said when all is done: nobody listens yet, and a pipe holds less than a page.
        said = _BETWEEN.join(text for page in _render(part) for text in page).encode()
        with os.fdopen(target, "wb") as told:
            told.write(said)
    finally:
        os._exit(0)


def _take(part: int, process: int, source: int) -> list[Rendered]:
    with os.fdopen(source, "rb") as answer:
        said = answer.read().decode()
    os.waitpid(process, 0)
    # Who could not render says nothing, and it is done again where an error is seen.
    if not said:
        return _render(part)
    texts = iter(said.split(_BETWEEN))
    return [Rendered(*both) for both in zip(texts, texts, strict=True)]


def _render(part: int) -> list[Rendered]:
    import msgspec

    from dashgen.grid_cursor import GridOrder
    from dashgen.pages.canvas_view import render_canvas_page
    from dashgen.pages.grid import render_index_page

    def page_of(kind: str, texts: Sequence[str]) -> Rendered:
        if kind == "grid":
            return Rendered(render_index_page(_cards_of(texts), "", GridOrder.newest).html)
        canvas = canvas_of(texts)
        room = msgspec.json.encode(canvas.room_state).decode()
        return Rendered(render_canvas_page(canvas, now=NOW).html, room)

    return [page_of(*each) for each in wanted()[part::_PROCESSES]]


def canvas_of(texts: Sequence[str]) -> Canvas:
    """A canvas that says each of these texts in every field of its components."""
    from dashgen.canvas_schema import Canvas
    from dashgen.ids import CanvasId
    from dashgen.room_schema import Component, RoomState
    from tests.integration import hostile

    return Canvas(
        id=CanvasId("cnv_0123456789ab"),
        owner_id="usr_alice",
        owner_handle=texts[0],
        title=texts[-1],
        description=texts[len(texts) // 2],
        theme=texts[0],
        room_state=RoomState(
            components=[Component(**each) for each in hostile.components(tuple(texts))]
        ),
        created_at=NOW,
        updated_at=NOW,
        published_at=NOW,
        slot_index=0,
    )


def _cards_of(texts: Sequence[str]) -> list[Card]:
    from dashgen.canvas_schema import Card
    from dashgen.ids import CanvasId

    return [
        Card(
            id=CanvasId(f"cnv_{number:012x}"),
            title=text,
            owner_handle=text,
            description=text,
            theme=text,
            published_at=NOW,
        )
        for number, text in enumerate(texts)
    ]
