"""The index: whatever changes it, it says the same as if made anew, and old states stay."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashgen.canvas_schema import Visibility
from dashgen.ids import CanvasId
from dashgen.storage.published_index import IndexChange, IndexEntry, PublishedIndex


def entry(number: int, **fields: object) -> IndexEntry:
    plain = IndexEntry(
        id=CanvasId(f"cnv_{number:012x}"),
        owner_id=f"usr_{number // 3}",
        slot_index=number % 3,
        visibility=Visibility.public,
        published_at=float(number),
    )
    return msgspec.structs.replace(plain, **fields)


def facts(index: PublishedIndex) -> object:
    entries = sorted(index, key=lambda one: one.id)
    owners = {one.owner_id for one in entries}
    return (
        entries,
        {owner: sorted(one.id for one in index.of_owner(owner)) for owner in owners},
        index.newest,
        index.featured,
        len(index),
    )


def test_an_empty_index() -> None:
    index = PublishedIndex.of([])
    assert 0 == len(index)
    assert index.find(entry(1).id) is None
    assert () == index.of_owner("usr_1")


def test_only_public_canvases_are_listed() -> None:
    index = PublishedIndex.of(
        [
            entry(0),
            entry(1, visibility=Visibility.unlisted),
            entry(2, visibility=Visibility.private),
        ]
    )
    assert [entry(0).id] == [key[-1] for key in index.newest]
    assert [entry(0).id] == [key[-1] for key in index.featured]
    assert 3 == len(index)


def test_orders() -> None:
    index = PublishedIndex.of(
        [entry(0), entry(3), entry(6, is_showcase=True), entry(9, featured_score=0.5), entry(12)]
    )
    assert [12, 9, 6, 3, 0] == [int(str(key[-1])[-2:], 16) for key in index.newest]
    assert [9, 6, 12, 3, 0] == [int(str(key[-1])[-2:], 16) for key in index.featured]


@pytest.mark.parametrize(
    "entries",
    [
        [entry(1), entry(1, slot_index=2)],
        [entry(1), entry(2, slot_index=1, owner_id="usr_0")],
        [entry(1, id="cnv_x")],
        [entry(1, id="../../../../x")],
        [entry(1, owner_id="../x")],
        [entry(1, owner_id="")],
    ],
)
def test_an_index_that_contradicts_itself_is_refused(entries: list[IndexEntry]) -> None:
    with pytest.raises(ValueError, match="has a"):
        PublishedIndex.of(entries)
    with pytest.raises(ValueError, match="has a"):
        PublishedIndex.of([]).after(IndexChange(enter=entries))


def test_a_canvas_cannot_leave_twice() -> None:
    with pytest.raises(ValueError, match="not there"):
        PublishedIndex.of([entry(1)]).after(IndexChange(leave=[entry(1).id, entry(1).id]))


def test_a_canvas_may_leave_and_enter_in_one_change() -> None:
    before = PublishedIndex.of([entry(1), entry(2)])
    moved = entry(1, slot_index=0, published_at=9.0)
    after = before.after(IndexChange(leave=[entry(1).id], enter=[moved]))
    assert facts(after) == facts(PublishedIndex.of([entry(2), moved]))
    assert before.find(entry(1).id) == entry(1)


CHANGES = st.lists(
    st.tuples(
        st.integers(0, 12),
        st.sampled_from(Visibility),
        st.floats(0, 1),
        st.booleans(),
        st.floats(0, 1e10),
    ),
    max_size=40,
)


@given(CHANGES)
def test_any_changes_give_the_index_made_anew(
    changes: list[tuple[int, Visibility, float, bool, float]],
) -> None:
    index = PublishedIndex.of([])
    expected: dict[str, IndexEntry] = {}
    for number, visibility, score, is_showcase, at in changes:
        before, facts_before = index, facts(index)
        one = entry(
            number,
            visibility=visibility,
            featured_score=score,
            is_showcase=is_showcase,
            published_at=at,
        )
        if one.id in expected:
            index = index.after(IndexChange(leave=[one.id]))
            del expected[one.id]
        else:
            index = index.after(IndexChange(enter=[one]))
            expected[one.id] = one
        assert facts_before == facts(before)
    assert facts(index) == facts(PublishedIndex.of(list(expected.values())))
