"""Paging: every canvas once, in order, whatever is published meanwhile; no cursor is trusted."""

from __future__ import annotations

import base64
import json
from contextlib import suppress
from itertools import islice

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashgen.canvas_schema import Visibility
from dashgen.errors import SchemaError
from dashgen.grid_cursor import GridOrder, cursor_for, walk
from dashgen.ids import CanvasId
from dashgen.storage.published_index import IndexChange, IndexEntry, PublishedIndex


def entry(number: int) -> IndexEntry:
    return IndexEntry(
        id=CanvasId(f"cnv_{number:012x}"),
        owner_id=f"usr_{number}",
        slot_index=0,
        visibility=Visibility.public,
        # Times and scores that are equal now and then make ties.
        published_at=float(number // 3),
        featured_score=(number * 7 % 3) / 10,
    )


def an_index(count: int) -> PublishedIndex:
    return PublishedIndex.of([entry(number) for number in range(count)])


def page(
    index: PublishedIndex, order: GridOrder, cursor: str, limit: int
) -> tuple[list[CanvasId], str]:
    taken = list(islice(walk(index, order, cursor), limit))
    return [canvas_id for canvas_id, _ in taken], cursor_for(taken[-1][1] if taken else None)


def all_pages(index: PublishedIndex, order: GridOrder, limit: int) -> list[CanvasId]:
    seen: list[CanvasId] = []
    cursor = ""
    while True:
        ids, cursor = page(index, order, cursor, limit)
        seen.extend(ids)
        if not cursor:
            return seen


@given(st.integers(0, 30), st.integers(1, 9), st.sampled_from(GridOrder))
def test_pages_show_every_canvas_once(count: int, limit: int, order: GridOrder) -> None:
    index = an_index(count)
    seen = all_pages(index, order, limit)
    assert sorted(seen) == sorted(one.id for one in index)
    if order is not GridOrder.random:
        assert seen == all_pages(index, order, 100)


@pytest.mark.parametrize("order", [GridOrder.newest, GridOrder.featured])
def test_changes_between_pages_neither_repeat_nor_hide_others(order: GridOrder) -> None:
    index = an_index(20)
    in_order = all_pages(index, order, 100)
    first, cursor = page(index, order, "", 7)
    # The last canvas that was shown goes, and one comes that sorts before all that is left.
    changed = index.after(IndexChange(leave=[first[-1]], enter=[entry(100)]))
    rest, _ = page(changed, order, cursor, 100)
    assert [one for one in rest if one != entry(100).id] == in_order[7:]


def test_a_random_walk_goes_on_while_others_are_published() -> None:
    index = an_index(20)
    first, cursor = page(index, GridOrder.random, "", 8)
    grown = index.after(IndexChange(enter=[entry(100), entry(101)]))
    rest, end = page(grown, GridOrder.random, cursor, 100)
    assert sorted(first + rest) == sorted(one.id for one in index)
    assert "" == end


def test_a_random_walk_survives_others_being_unpublished() -> None:
    index = an_index(20)
    _, cursor = page(index, GridOrder.random, "", 15)
    shrunk = index.after(IndexChange(leave=[entry(number).id for number in range(12)]))
    rest, _ = page(shrunk, GridOrder.random, cursor, 100)
    assert [] == rest


def test_random_walks_differ() -> None:
    index = an_index(20)
    walks = {tuple(all_pages(index, GridOrder.random, 20)) for _ in range(5)}
    assert len(walks) > 1


def test_a_cursor_is_safe_in_an_address() -> None:
    for order in GridOrder:
        _, cursor = page(an_index(9), order, "", 2)
        assert cursor
        assert set(cursor) <= set(
            "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_"
        )


def forged(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


BAD_CURSORS = [
    "x",
    "é",
    "a b",
    "====",
    "%00",
    "A" * 10_000,
    forged(None),
    forged([]),
    forged(["newest"]),
    forged(["newest", [1]]),
    forged(["newest", ["a", "b"]]),
    forged(["newest", [1, "cnv_000000000000", 3]]),
    forged(["newest", [1, "x"], "more"]),
    forged(["featured", [0, 0, 1, "x"]]),
    forged(["random", -1, 1, 1]),
    forged(["random", 1, 1, 2**60]),
    forged(["random", 1, 1.5, 1]),
    forged({"order": "newest"}),
    forged([[[[[[1]]]]]]),
]


@pytest.mark.parametrize("order", GridOrder)
@pytest.mark.parametrize("cursor", BAD_CURSORS)
def test_a_bad_cursor_is_refused(order: GridOrder, cursor: str) -> None:
    with pytest.raises(SchemaError) as refused:
        walk(an_index(5), order, cursor)
    assert ("cursor", 400) == (refused.value.field, refused.value.status)


def test_a_cursor_of_another_order_is_refused() -> None:
    index = an_index(9)
    cursors = {order: page(index, order, "", 2)[1] for order in GridOrder}
    for order in GridOrder:
        for other in set(GridOrder) - {order}:
            with pytest.raises(SchemaError):
                walk(index, order, cursors[other])


@given(st.text(max_size=60))
def test_no_text_breaks_the_walk(cursor: str) -> None:
    for order in GridOrder:
        with suppress(SchemaError):
            ids, _ = page(an_index(3), order, cursor, 5)
            assert len(ids) <= 3


@pytest.mark.parametrize(
    "place", [[2**47, 2**47, 0], [1, 2**47, 4], [1, 3, 2**47], [1, 0, 0], [1, 5, 5]]
)
def test_a_forged_random_place_costs_little(place: list[int]) -> None:
    cursor = forged(["random", *place])
    ids = [canvas_id for canvas_id, _ in walk(an_index(5), GridOrder.random, cursor)]
    assert len(ids) == len(set(ids)) <= 5


def test_a_place_is_encoded_as_the_cursor_reads_it() -> None:
    assert "" == cursor_for(None)
    ((_, place),) = islice(walk(an_index(2), GridOrder.newest, ""), 1)
    padded = cursor_for(place) + "=" * (-len(cursor_for(place)) % 4)
    decoded = msgspec.json.decode(base64.urlsafe_b64decode(padded))
    assert ["newest", [0.0, "cnv_000000000000"]] == decoded
