"""One owner's endless publishing, and where everything stands after any number of its steps: pure."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

from dashgen.canvas_schema import CanvasDraft, Owner, Visibility
from dashgen.errors import NotFound
from dashgen.grid_cursor import GridOrder
from dashgen.slots import FREE_LIMIT, Tier

if TYPE_CHECKING:
    from dashgen.canvas_schema import Canvas
    from dashgen.store_protocol import CanvasStore

ALICE = Owner("usr_alice", "alice")
TITLES = "abcde"
NO_ID = "cnv_ffffffffffff"

# Which canvas, by its title, stands in which slot; None for a draft.
State = dict[str, int | None]


class Step(NamedTuple):
    """A canvas goes into a slot, or out of its own where the slot is None."""

    title: str
    slot: int | None


def step_at(number: int) -> Step:
    """The step of a number: mostly a publish, which swaps or moves, and now and then an unpublish."""
    title = TITLES[(number * 3 + number // 5) % len(TITLES)]
    return Step(title, None if number % 5 == 4 else number % FREE_LIMIT)


def after(state: State, steps: int, *, first: int = 0) -> State:
    """Where the canvases stand after so many steps."""
    now = dict(state)
    for number in range(first, first + steps):
        title, slot = step_at(number)
        if slot is not None:
            now = {each: None if held == slot else held for each, held in now.items()}
        now[title] = slot
    return now


def changes(state: State, number: int, *, is_unpublish: bool) -> bool:
    """Whether a step unpublishes what is published, or swaps a draft into a slot that is taken."""
    title, slot = step_at(number)
    if is_unpublish:
        return slot is None and state[title] is not None
    return slot is not None and slot in state.values() and state[title] is None


def prepare(store: CanvasStore) -> State:
    """Make the canvases, all of them drafts."""
    for title in TITLES:
        store.create(ALICE, CanvasDraft(title=title), 1.0)
    return state_of(store)


def take(store: CanvasStore, canvases: dict[str, Canvas], number: int) -> None:
    """Take one step; when this returns it has been acknowledged."""
    title, slot = step_at(number)
    canvas_id = canvases[title].id
    if slot is None:
        store.unpublish(canvas_id, ALICE.id)
    else:
        store.publish(
            canvas_id,
            ALICE.id,
            slot_index=slot,
            visibility=Visibility.public,
            tier=Tier.free,
            now=2.0 + number,
        )


def state_of(store: CanvasStore) -> State:
    """Where the canvases stand, by the owner's list, which the grid and the count must agree with."""
    mine = store.mine(ALICE.id)
    state = {canvas.title: canvas.slot_index for canvas in mine}
    taken = [slot for slot in state.values() if slot is not None]
    listed = {card.title for card in store.list_published(GridOrder.newest, 100, "").cards}
    assert len(set(taken)) == len(taken) <= FREE_LIMIT
    assert listed == {title for title, slot in state.items() if slot is not None}
    assert store.count() == len(listed)
    return state


def settled_state_of(store: CanvasStore) -> State:
    """Where they stand once a database is done with what somebody who was killed had begun."""
    # It waits for the owner's lock, which that change holds to its end.
    with suppress(NotFound):
        store.delete(NO_ID, ALICE.id)
    return state_of(store)
