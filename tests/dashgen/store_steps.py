"""What the tests of all stores share: two owners, and the steps that they take."""

from __future__ import annotations

import itertools
import threading
from typing import TYPE_CHECKING

from dashgen.canvas_schema import Canvas, CanvasDraft, Owner, Visibility
from dashgen.grid_cursor import GridOrder
from dashgen.slots import Tier

if TYPE_CHECKING:
    from collections.abc import Callable

    from dashgen.store_protocol import CanvasStore

ALICE = Owner("usr_alice", "alice")
BOB = Owner("usr_bob", "bob")
NO_ID = "cnv_ffffffffffff"


_ticks = itertools.count(1_000)


def tick() -> float:
    """A time later than any before."""
    return float(next(_ticks))


def draft(store: CanvasStore, owner: Owner = ALICE, title: str = "") -> Canvas:
    return store.create(owner, CanvasDraft(title=title), tick())


def publish(
    store: CanvasStore,
    canvas: Canvas,
    slot_index: int = 0,
    visibility: Visibility = Visibility.public,
    tier: Tier = Tier.free,
) -> Canvas:
    return store.publish(
        canvas.id,
        canvas.owner_id,
        slot_index=slot_index,
        visibility=visibility,
        tier=tier,
        now=tick(),
    )


def titles(store: CanvasStore, order: GridOrder = GridOrder.newest, limit: int = 50) -> list[str]:
    return [card.title for card in store.list_published(order, limit, "").cards]


def found(store: CanvasStore, canvas: Canvas) -> Canvas:
    """The canvas as its owner finds it."""
    again = store.find(canvas.id, reader=canvas.owner_id)
    assert again is not None
    return again


def in_threads(count: int, work: Callable[[int], object]) -> None:
    start = threading.Barrier(count)

    def run(number: int) -> None:
        start.wait()
        work(number)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
