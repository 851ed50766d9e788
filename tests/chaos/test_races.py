"""Many writers at once: no update is lost, no slot holds two, no free tier a fourth."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import TYPE_CHECKING

from dashgen.canvas_schema import Visibility
from dashgen.errors import SlotLimit
from dashgen.grid_cursor import GridOrder
from dashgen.slots import Tier
from tests.chaos import steps
from tests.chaos.victims import Zygote

if TYPE_CHECKING:
    from collections.abc import Callable

    from dashgen.canvas_schema import Canvas
    from dashgen.store_protocol import CanvasStore

    OpenAgain = Callable[[], CanvasStore]

UPDATES = 200
THREADS = 8


def test_two_processes_on_one_store_lose_none_of_400(store_url: str, open_again: OpenAgain) -> None:
    with ExitStack() as stack:
        writers = [stack.enter_context(Zygote(store_url)) for _ in range(2)]
        for writer, name in zip(writers, "xy", strict=True):
            writer.order("race", name, UPDATES)
        assert [(UPDATES, 0)] * 2 == [writer.acknowledged() for writer in writers]
    store = open_again()
    assert 2 * UPDATES == store.count()
    seen, cursor, pages = set(), "", 0
    while pages == 0 or cursor:
        page = store.list_published(GridOrder.newest, 100, cursor)
        seen |= {card.id for card in page.cards}
        cursor, pages = page.next_cursor, pages + 1
    assert 2 * UPDATES == len(seen)
    assert [] == store.sweep()


def test_eight_threads_on_one_slot_leave_one_occupant(open_again: OpenAgain) -> None:
    store, other = open_again(), open_again()
    made = _canvases(store, 4 * THREADS)
    with ThreadPoolExecutor(THREADS) as threads:
        list(threads.map(lambda n: _publish((store, other)[n % 2], made[n], 0), range(len(made))))
    for one in (store, other, open_again()):
        mine = one.mine(steps.ALICE.id)
        assert 1 == [canvas.slot_index for canvas in mine].count(0) == one.count()
        assert len(mine) == len(made)


def test_eight_threads_never_get_a_fourth_slot(open_again: OpenAgain) -> None:
    store, other = open_again(), open_again()
    made = _canvases(store, 4 * THREADS)

    def attempt(number: int) -> bool:
        try:
            _publish((store, other)[number % 2], made[number], number % 5)
        except SlotLimit:
            return False
        assert store.count() <= 3
        return True

    with ThreadPoolExecutor(THREADS) as threads:
        granted = list(threads.map(attempt, range(len(made))))
    assert {False, True} == set(granted)
    assert 3 == store.count() == open_again().count()


def _canvases(store: CanvasStore, count: int) -> list[Canvas]:
    from dashgen.canvas_schema import CanvasDraft

    return [store.create(steps.ALICE, CanvasDraft(title=str(n)), 1.0) for n in range(count)]


def _publish(store: CanvasStore, canvas: Canvas, slot: int) -> None:
    store.publish(
        canvas.id,
        canvas.owner_id,
        slot_index=slot,
        visibility=Visibility.public,
        tier=Tier.free,
        now=1.0,
    )
