"""What every store of canvases promises, held against all three: files, SQLite and PostgreSQL."""

from __future__ import annotations

import threading
from contextlib import suppress
from typing import TYPE_CHECKING

import msgspec
import pytest

from dashgen.canvas_schema import (
    Canvas,
    CanvasChanges,
    CanvasDraft,
    Owner,
    Source,
    Visibility,
)
from dashgen.errors import (
    ChangedMeanwhile,
    NotFound,
    NotPublished,
    NotYours,
    PublishedCanvas,
    SchemaError,
    SlotLimit,
    SlotOutOfRange,
)
from dashgen.grid_cursor import GridOrder
from dashgen.ids import CanvasId
from dashgen.room_schema import Component, RoomState
from dashgen.serving.preconditions import etag_of
from dashgen.slots import Tier
from dashgen.store_protocol import GridPage
from tests.dashgen.store_steps import (
    ALICE,
    BOB,
    NO_ID,
    draft,
    found,
    in_threads,
    publish,
    tick,
    titles,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from dashgen.store_protocol import CanvasStore

    OpenAgain = Callable[[], CanvasStore]


@pytest.fixture
def store(open_again: OpenAgain) -> CanvasStore:
    return open_again()


def test_a_draft_keeps_what_was_given(store: CanvasStore, open_again: OpenAgain) -> None:
    room = RoomState(preset="library", components=[Component(id="a", type="text")])
    given = CanvasDraft(
        room_state=room,
        theme="forest",
        title="T",
        description="D",
        source=Source.procedural_fill,
        source_metadata={"fill_version": 1},
    )
    made = store.create(ALICE, given, 5.0)
    expected = Canvas(
        id=made.id,
        owner_id=ALICE.id,
        owner_handle="alice",
        room_state=room,
        theme="forest",
        title="T",
        description="D",
        source=Source.procedural_fill,
        source_metadata={"fill_version": 1},
        created_at=5.0,
        updated_at=5.0,
    )
    assert expected == made
    assert made == open_again().find(made.id, reader=ALICE.id)


def test_a_draft_is_its_owners_alone(store: CanvasStore) -> None:
    canvas = draft(store)
    assert store.find(canvas.id, reader=None) is None
    assert store.find(canvas.id, reader=BOB.id) is None
    assert canvas == found(store, canvas)


def test_an_owner_must_be_one(store: CanvasStore) -> None:
    with pytest.raises(SchemaError, match="owner_id"):
        draft(store, Owner("../../etc", "x"))


@pytest.mark.parametrize("bad", ["", "../x", "cnv_", "cnv_0123456789AB", "cnv_0123456789ab\n"])
def test_a_bad_id_is_not_found(store: CanvasStore, bad: str) -> None:
    assert store.find(bad, reader=ALICE.id) is None
    assert store.find(NO_ID, reader=bad) is None
    assert [] == store.mine(bad)
    with pytest.raises(NotFound):
        store.delete(bad, ALICE.id)
    with pytest.raises(NotFound):
        store.delete(NO_ID, bad)


def test_every_field_of_a_canvas_is_kept(open_again: OpenAgain) -> None:
    whole = Canvas(
        id=CanvasId("cnv_0123456789ab"),
        owner_id=ALICE.id,
        owner_handle="alice",
        room_state=RoomState(preset="library"),
        theme="forest",
        title="T",
        description="D",
        source=Source.claude_genesis,
        source_metadata={"fill_version": 1},
        featured_score=0.5,
        featured_locked=True,
        pack_id="a-pack",
        created_at=1.0,
        updated_at=2.0,
        slot_index=1,
        published_at=3.0,
        visibility=Visibility.unlisted,
        is_showcase=True,
    )
    given = msgspec.structs.asdict(whole)
    as_by_default = [
        field.name for field in msgspec.structs.fields(Canvas) if given[field.name] == field.default
    ]
    assert ["schema_version"] == as_by_default

    open_again().replace({ALICE.id: [whole]})

    assert [whole] == open_again().mine(ALICE.id)


def test_an_update_changes_what_is_set(store: CanvasStore) -> None:
    canvas = store.create(ALICE, CanvasDraft(title="T", description="D"), 5.0)
    changed = store.update(canvas.id, ALICE.id, CanvasChanges(title="New"), 9.0)
    assert changed == msgspec.structs.replace(canvas, title="New", updated_at=9.0)
    assert changed == found(store, canvas)


def test_an_update_may_replace_everything(store: CanvasStore) -> None:
    canvas = draft(store)
    room = RoomState(components=[Component(id="b", type="dot")])
    changes = CanvasChanges(room_state=room, theme="plum", title="", description="x")
    changed = store.update(canvas.id, ALICE.id, changes, tick())
    assert (room, "plum") == (changed.room_state, changed.theme)
    assert ("", "x") == (changed.title, changed.description)


def test_a_deleted_canvas_is_gone(store: CanvasStore) -> None:
    canvas = draft(store)
    store.delete(canvas.id, ALICE.id)
    assert store.find(canvas.id, reader=ALICE.id) is None
    assert [] == store.mine(ALICE.id)
    with pytest.raises(NotFound):
        store.delete(canvas.id, ALICE.id)


def test_mine_lists_by_slot_and_then_the_last_edited(store: CanvasStore) -> None:
    first, second, third, fourth = (draft(store, title=name) for name in "abcd")
    draft(store, BOB)
    publish(store, first, slot_index=2)
    publish(store, second, slot_index=1)
    store.update(third.id, ALICE.id, CanvasChanges(), tick())
    mine = store.mine(ALICE.id)
    assert [second.id, first.id, third.id, fourth.id] == [one.id for one in mine]
    assert [1, 2, None, None] == [one.slot_index for one in mine]


def test_a_published_canvas_is_for_everyone(store: CanvasStore) -> None:
    canvas = draft(store, title="T")
    canvas = store.publish(
        canvas.id, ALICE.id, slot_index=2, visibility=Visibility.public, tier=Tier.free, now=7.0
    )
    assert (canvas.slot_index, canvas.visibility) == (2, Visibility.public)
    assert 7.0 == canvas.published_at
    assert canvas.is_published
    for reader in (None, BOB.id, ALICE.id):
        assert canvas == store.find(canvas.id, reader=reader)
    assert ["T"] == titles(store)
    assert 1 == store.count()


@pytest.mark.parametrize("visibility", [Visibility.unlisted, Visibility.private])
def test_only_public_ones_are_listed(store: CanvasStore, visibility: Visibility) -> None:
    canvas = publish(store, draft(store), visibility=visibility)
    for order in GridOrder:
        assert GridPage([], "") == store.list_published(order, 10, "")
    again = store.find(canvas.id, reader=None)
    assert again is not None
    assert again.visibility is visibility


def test_publishing_again_changes_slot_and_visibility(store: CanvasStore) -> None:
    canvas = publish(store, draft(store))
    moved = publish(store, canvas, slot_index=1, visibility=Visibility.unlisted)
    assert (moved.slot_index, moved.visibility) == (1, Visibility.unlisted)
    assert [] == titles(store)
    assert 1 == store.count()


def test_a_swap_demotes_the_occupant_and_keeps_it(store: CanvasStore) -> None:
    old, new = draft(store, title="old"), draft(store, title="new")
    publish(store, old)
    publish(store, new)
    assert ["new"] == titles(store)
    assert old == found(store, old)
    assert store.find(old.id, reader=None) is None
    assert 0 == found(store, new).slot_index
    assert 1 == store.count()


def test_slots_are_each_owners_own(store: CanvasStore) -> None:
    publish(store, draft(store, ALICE, "a"))
    publish(store, draft(store, BOB, "b"))
    assert ["b", "a"] == titles(store)


def test_a_fourth_slot_is_refused_and_nothing_changes(store: CanvasStore) -> None:
    for slot in range(3):
        publish(store, draft(store), slot_index=slot)
    before, fourth = store.revision(), draft(store)
    with pytest.raises(SlotLimit) as refused:
        publish(store, fourth, slot_index=3)
    assert 3 == refused.value.current_published
    assert before == store.revision()
    assert fourth == found(store, fourth)
    publish(store, fourth, slot_index=3, tier=Tier.pro)
    assert 4 == store.count()


def test_who_paid_once_goes_on_swapping_in_a_slot_that_was_granted_then(
    store: CanvasStore,
) -> None:
    old = publish(store, draft(store), slot_index=5, tier=Tier.pro)
    new = publish(store, draft(store), slot_index=5, tier=Tier.free)
    assert (5, None) == (found(store, new).slot_index, found(store, old).slot_index)
    assert 1 == store.count()


def test_a_slot_out_of_range_is_refused(store: CanvasStore) -> None:
    with pytest.raises(SlotOutOfRange):
        publish(store, draft(store), slot_index=-1)


def test_unpublish_and_publish_again(store: CanvasStore) -> None:
    canvas = draft(store, title="T")
    publish(store, canvas)
    assert canvas == store.unpublish(canvas.id, ALICE.id)
    assert [] == titles(store)
    assert store.find(canvas.id, reader=None) is None
    assert canvas == found(store, canvas)
    assert canvas == store.unpublish(canvas.id, ALICE.id)
    publish(store, canvas)
    assert ["T"] == titles(store)


def test_a_published_canvas_is_fixed(store: CanvasStore) -> None:
    canvas = publish(store, draft(store, title="T"))
    with pytest.raises(PublishedCanvas):
        store.update(canvas.id, ALICE.id, CanvasChanges(title="New"), tick())
    assert canvas == found(store, canvas)


def test_an_edit_between_two_publishes_is_shown(store: CanvasStore) -> None:
    canvas = draft(store, title="before")
    for title in ("before", "after"):
        changes = CanvasChanges(title=title)
        store.update(canvas.id, ALICE.id, changes, 1.0)
        store.publish(
            canvas.id,
            ALICE.id,
            slot_index=0,
            visibility=Visibility.public,
            tier=Tier.free,
            now=2.0,
        )
        assert [title] == titles(store)
        store.unpublish(canvas.id, ALICE.id)


def test_a_change_is_made_on_the_state_that_it_names(store: CanvasStore) -> None:
    canvas = draft(store, title="T")
    first = etag_of(canvas)
    changed = store.update(
        canvas.id, ALICE.id, CanvasChanges(title="here"), tick(), accepted=frozenset({first})
    )
    with pytest.raises(ChangedMeanwhile) as refused:
        store.update(
            canvas.id, ALICE.id, CanvasChanges(title="there"), tick(), accepted=frozenset({first})
        )
    with pytest.raises(ChangedMeanwhile):
        store.delete(canvas.id, ALICE.id, accepted=frozenset({first}))

    assert etag_of(changed) == refused.value.fields["etag"]
    assert changed == found(store, canvas)
    store.delete(canvas.id, ALICE.id, accepted=frozenset({first, etag_of(changed)}))
    assert [] == store.mine(ALICE.id)


def test_no_state_is_accepted_where_none_is_named(store: CanvasStore) -> None:
    canvas = draft(store, title="T")
    with pytest.raises(ChangedMeanwhile):
        store.update(canvas.id, ALICE.id, CanvasChanges(title="N"), tick(), accepted=frozenset())
    with pytest.raises(ChangedMeanwhile):
        store.delete(canvas.id, ALICE.id, accepted=frozenset())
    assert canvas == found(store, canvas)


def test_a_change_whose_answer_was_lost_may_be_sent_again(store: CanvasStore) -> None:
    canvas = draft(store, title="T")
    room = RoomState(components=[Component(id="b", type="dot", props={"z": 1, "a": [0.5, None]})])
    changes, first = CanvasChanges(title="here", room_state=room), frozenset({etag_of(canvas)})
    changed = store.update(canvas.id, ALICE.id, changes, tick(), accepted=first)

    assert changed == store.update(canvas.id, ALICE.id, changes, tick(), accepted=first)


def test_a_state_has_one_name_wherever_it_is_read(
    store: CanvasStore, open_again: OpenAgain
) -> None:
    room = RoomState(components=[Component(id="b", type="dot", props={"z": 1, "a": [0.5, None]})])
    given = CanvasDraft(title="T", room_state=room, source_metadata={"z": 1, "a": {"y": 0.1}})
    made = store.create(ALICE, given, 1_763_925_600.1234567)
    names = {etag_of(made), etag_of(found(store, made)), etag_of(open_again().mine(ALICE.id)[0])}
    assert 1 == len(names)
    published = publish(store, made)
    assert etag_of(published) == etag_of(found(open_again(), made))
    assert etag_of(published) not in names


def test_of_those_who_change_one_state_at_once_one_is_taken(
    store: CanvasStore, open_again: OpenAgain
) -> None:
    canvas = draft(store, title="T")
    accepted = frozenset({etag_of(canvas)})
    stores = [open_again() for _ in range(8)]
    taken: list[str] = []

    def change(number: int) -> None:
        changes = CanvasChanges(title=str(number))
        with suppress(ChangedMeanwhile):
            one = stores[number].update(canvas.id, ALICE.id, changes, tick(), accepted=accepted)
            taken.append(one.title)

    in_threads(len(stores), change)
    assert [found(store, canvas).title] == taken


def test_a_published_canvas_can_be_deleted(store: CanvasStore) -> None:
    canvas = publish(store, draft(store))
    store.delete(canvas.id, ALICE.id)
    assert [] == titles(store)
    assert 0 == store.count()
    assert store.find(canvas.id, reader=ALICE.id) is None


def test_every_publish_and_unpublish_is_another_revision(store: CanvasStore) -> None:
    canvas = draft(store)
    seen = [store.revision()]
    for _ in range(3):
        publish(store, canvas)
        seen.append(store.revision())
        store.unpublish(canvas.id, ALICE.id)
        seen.append(store.revision())
    assert 7 == len(set(seen))
    assert seen[-1] == store.revision()


CHANGES_BY_ANOTHER: dict[str, Callable[[CanvasStore, Canvas], object]] = {
    "update": lambda store, canvas: store.update(canvas.id, BOB.id, CanvasChanges(), 1.0),
    "publish": lambda store, canvas: store.publish(
        canvas.id, BOB.id, slot_index=0, visibility=Visibility.public, tier=Tier.pro, now=1.0
    ),
    "unpublish": lambda store, canvas: store.unpublish(canvas.id, BOB.id),
    "delete": lambda store, canvas: store.delete(canvas.id, BOB.id),
    "showcase": lambda store, canvas: store.set_showcase(canvas.id, BOB.id, on=True),
}


@pytest.mark.parametrize("change", CHANGES_BY_ANOTHER.values(), ids=CHANGES_BY_ANOTHER.keys())
@pytest.mark.parametrize(
    ("visibility", "error"),
    [
        (None, NotFound),
        (Visibility.private, NotFound),
        (Visibility.unlisted, NotFound),
        (Visibility.public, NotYours),
    ],
)
def test_nobody_changes_what_is_anothers(
    store: CanvasStore,
    change: Callable[[CanvasStore, Canvas], object],
    visibility: Visibility | None,
    error: type[Exception],
) -> None:
    canvas = draft(store)
    if visibility is not None:
        canvas = publish(store, canvas, visibility=visibility)
    before = store.revision()
    with pytest.raises(error):
        change(store, canvas)
    assert before == store.revision()
    assert canvas == found(store, canvas)


def test_an_owner_has_one_showcase(store: CanvasStore) -> None:
    first, second = draft(store), draft(store)
    publish(store, first, slot_index=0)
    publish(store, second, slot_index=1)
    others = publish(store, draft(store, BOB))
    store.set_showcase(others.id, BOB.id, on=True)
    assert store.set_showcase(first.id, ALICE.id, on=True).is_showcase
    assert store.set_showcase(second.id, ALICE.id, on=True).is_showcase
    assert [
        False,
        True,
        True,
    ] == [found(store, one).is_showcase for one in (first, second, others)]
    assert not store.set_showcase(second.id, ALICE.id, on=False).is_showcase
    assert not found(store, second).is_showcase


def test_taking_back_what_is_no_showcase_leaves_the_other(store: CanvasStore) -> None:
    first, second = draft(store), draft(store)
    publish(store, first, slot_index=0)
    publish(store, second, slot_index=1)
    store.set_showcase(first.id, ALICE.id, on=True)
    assert not store.set_showcase(second.id, ALICE.id, on=False).is_showcase
    assert found(store, first).is_showcase


def test_whoever_is_published_anew_is_no_showcase(store: CanvasStore) -> None:
    canvas = publish(store, draft(store))
    store.set_showcase(canvas.id, ALICE.id, on=True)
    assert not publish(store, canvas, slot_index=1).is_showcase
    assert not found(store, canvas).is_showcase


def test_a_draft_cannot_be_a_showcase(store: CanvasStore) -> None:
    with pytest.raises(NotPublished):
        store.set_showcase(draft(store).id, ALICE.id, on=True)


def test_it_comes_first_among_equals(store: CanvasStore) -> None:
    old, new = draft(store, title="old"), draft(store, title="new")
    publish(store, old, slot_index=0)
    publish(store, new, slot_index=1)
    assert ["new", "old"] == titles(store, GridOrder.featured)
    store.set_showcase(old.id, ALICE.id, on=True)
    assert ["old", "new"] == titles(store, GridOrder.featured)
    assert ["new", "old"] == titles(store, GridOrder.newest)


@pytest.mark.parametrize("title", ["", " "])
def test_a_card_shows_what_the_grid_needs(store: CanvasStore, title: str) -> None:
    canvas = store.create(ALICE, CanvasDraft(title=title, description="D", theme="sage"), 1.0)
    published = publish(store, canvas)
    (card,) = store.list_published(GridOrder.featured, 10, "").cards
    assert {
        "id": canvas.id,
        "title": "alice's canvas",
        "owner_handle": "alice",
        "description": "D",
        "theme": "sage",
        "published_at": published.published_at,
        "thumbnail_url": None,
    } == msgspec.to_builtins(card)


@pytest.mark.parametrize("order", GridOrder)
def test_pages_show_every_canvas_once(store: CanvasStore, order: GridOrder) -> None:
    made = [publish(store, draft(store), slot_index=n, tier=Tier.pro).id for n in range(7)]
    seen, cursor, pages = [], "", 0
    while pages == 0 or cursor:
        page = store.list_published(order, 3, cursor)
        seen += [card.id for card in page.cards]
        cursor, pages = page.next_cursor, pages + 1
    assert sorted(seen) == sorted(made)
    assert 3 == pages


@pytest.mark.parametrize("limit", [0, -1, 101])
def test_the_limit_is_bounded(store: CanvasStore, limit: int) -> None:
    with pytest.raises(SchemaError, match="limit"):
        store.list_published(GridOrder.newest, limit, "")


def test_a_bad_cursor_is_refused(store: CanvasStore) -> None:
    with pytest.raises(SchemaError, match="cursor"):
        store.list_published(GridOrder.newest, 1, "nonsense")


def test_each_sees_what_the_other_does(store: CanvasStore, open_again: OpenAgain) -> None:
    other = open_again()
    canvas = draft(store, title="T")
    publish(other, canvas)
    assert ["T"] == titles(store) == titles(other)
    store.unpublish(canvas.id, ALICE.id)
    assert [] == titles(other)


def test_eight_threads_never_get_a_fourth_slot(store: CanvasStore) -> None:
    canvases = [draft(store) for _ in range(8)]
    refused: list[int] = []

    def try_to_publish(number: int) -> None:
        try:
            publish(store, canvases[number], slot_index=number % 4)
        except SlotLimit:
            refused.append(number)

    in_threads(8, try_to_publish)
    assert 3 == store.count()
    assert refused


def test_a_reader_sees_a_swap_as_one_step(store: CanvasStore) -> None:
    pair = [draft(store, title=title) for title in ("a", "b")]
    publish(store, pair[0])
    seen: list[list[str]] = []
    done = threading.Event()

    def work(number: int) -> None:
        if number == 0:
            for turn in range(60):
                publish(store, pair[turn % 2])
            done.set()
        else:
            while not done.is_set():
                seen.append(titles(store))

    in_threads(2, work)
    assert seen
    assert all(one in (["a"], ["b"]) for one in seen)


def test_all_that_several_owners_have_is_replaced_in_one_step(store: CanvasStore) -> None:
    gone, kept, unpublished = (draft(store, title=title) for title in ("gone", "kept", "later"))
    stays = publish(store, draft(store, Owner("usr_carol", "carol")))
    wanted = [publish(store, kept), found(store, unpublished)]
    publish(store, gone, slot_index=1)
    theirs = publish(store, draft(store, BOB))
    before = store.revision()
    store.replace({ALICE.id: wanted, BOB.id: []})
    assert wanted == store.mine(ALICE.id)
    assert [] == store.mine(BOB.id)
    assert store.find(theirs.id, reader=BOB.id) is None
    assert [stays] == store.mine(stays.owner_id)
    assert 2 == store.count()
    assert store.revision() != before


def test_a_sweep_of_a_sound_store_finds_nothing(store: CanvasStore) -> None:
    assert [] == store.sweep()
    publish(store, draft(store, title="T"))
    assert [] == store.sweep()
    assert ["T"] == titles(store)
