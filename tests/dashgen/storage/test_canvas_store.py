"""The store of JSON files: what happens when files go bad; what it promises is in the contract."""

from __future__ import annotations

import errno
import os
import shutil
from typing import TYPE_CHECKING

import pytest

from dashgen.canvas_schema import Canvas, CanvasChanges, Owner, Visibility
from dashgen.errors import NotPublished, StorageFailed
from dashgen.grid_cursor import GridOrder
from dashgen.slots import Tier
from dashgen.storage import index_file
from dashgen.storage.canvas_store import JsonFileCanvasStore
from tests.dashgen.store_steps import ALICE, draft, found, in_threads, publish, tick, titles

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from dashgen.store_protocol import CanvasStore


@pytest.fixture
def store(tmp_path: Path) -> CanvasStore:
    return JsonFileCanvasStore(tmp_path)


def test_cards_are_forgotten_before_there_are_too_many(
    store: CanvasStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dashgen.storage.canvas_store.MAX_CARDS", 2)
    for name in "abcde":
        publish(store, draft(store, Owner(f"usr_{name}", name), name))
    assert ["e", "d", "c", "b", "a"] == titles(store) == titles(store)


def test_a_card_is_of_what_is_published_now_even_where_the_clock_stands_still(
    store: CanvasStore,
) -> None:
    canvas = draft(store, title="before")

    def publish_at_noon() -> None:
        store.publish(
            canvas.id, ALICE.id,
            slot_index=0, visibility=Visibility.public, tier=Tier.free, now=12.0,
        )  # fmt: skip

    publish_at_noon()
    assert ["before"] == titles(store)
    store.unpublish(canvas.id, ALICE.id)
    store.update(canvas.id, ALICE.id, CanvasChanges(title="after"), 12.0)
    publish_at_noon()
    assert ["after"] == titles(store)


def test_a_wiped_root_is_an_empty_store(store: CanvasStore, tmp_path: Path) -> None:
    publish(store, draft(store, title="old"))
    shutil.rmtree(tmp_path / "canvases")
    assert [] == titles(store)
    assert [] == store.mine(ALICE.id)
    publish(store, draft(store, title="new"))
    assert ["new"] == titles(store)


def index_path(root: Path) -> Path:
    return root / "canvases" / "_index.json"


def canvas_path(root: Path, canvas: Canvas) -> Path:
    return root / "canvases" / canvas.owner_id / f"{canvas.id}.json"


@pytest.mark.parametrize(
    "data", [b"", b"{", b"\x00" * 50, b"[]", b'{"version": 9, "published": []}']
)
def test_with_a_broken_index_nothing_is_published(
    store: CanvasStore, tmp_path: Path, data: bytes
) -> None:
    canvas = draft(store, title="T")
    publish(store, canvas)
    index_path(tmp_path).write_bytes(data)
    for one in (store, JsonFileCanvasStore(tmp_path)):
        assert [] == titles(one)
        assert one.find(canvas.id, reader=None) is None
        assert canvas == found(one, canvas)
    (kept,) = (tmp_path / "canvases" / "_set_aside").iterdir()
    assert data == kept.read_bytes()
    publish(store, canvas)
    assert ["T"] == titles(store)


def test_an_index_that_is_a_link_or_a_folder_is_set_aside(
    store: CanvasStore, tmp_path: Path
) -> None:
    canvas = draft(store)
    publish(store, canvas)
    elsewhere = tmp_path / "elsewhere.json"
    index_path(tmp_path).rename(elsewhere)
    index_path(tmp_path).symlink_to(elsewhere)
    assert store.find(canvas.id, reader=None) is None
    index_path(tmp_path).mkdir()
    assert 0 == store.count()
    publish(store, canvas)
    assert 1 == store.count()


def test_a_broken_index_that_cannot_be_moved_publishes_nothing_either(
    store: CanvasStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(store, draft(store))
    index_path(tmp_path).write_bytes(b"{")

    def refuse(*_: object) -> None:
        raise OSError(errno.EROFS, "read-only file system")

    monkeypatch.setattr("dashgen.storage.canvas_files.set_aside", refuse)
    assert [] == titles(store)
    assert 0 == store.count()
    with pytest.raises(StorageFailed):
        publish(store, draft(store))


def test_listing_goes_on_past_a_broken_canvas(store: CanvasStore, tmp_path: Path) -> None:
    for slot, name in enumerate("abc"):
        publish(store, draft(store, title=name), slot_index=slot)
    broken = store.mine(ALICE.id)[1]
    canvas_path(tmp_path, broken).write_bytes(b"broken")
    fresh = JsonFileCanvasStore(tmp_path)
    page = fresh.list_published(GridOrder.newest, 2, "")
    assert ["c", "a"] == [card.title for card in page.cards]
    assert "" == page.next_cursor
    assert fresh.find(broken.id, reader=None) is None
    assert not canvas_path(tmp_path, broken).exists()


def test_a_canvas_that_is_gone_holds_no_slot(store: CanvasStore, tmp_path: Path) -> None:
    for slot in range(3):
        publish(store, draft(store), slot_index=slot)
    lost, replaced, kept = store.mine(ALICE.id)
    canvas_path(tmp_path, lost).unlink()
    new = publish(store, draft(store), slot_index=1)
    assert 2 == store.count()
    assert [new.id, kept.id, replaced.id] == [canvas.id for canvas in store.mine(ALICE.id)]


def test_a_canvas_that_is_gone_counts_for_no_limit(store: CanvasStore, tmp_path: Path) -> None:
    """Of an owner who had more slots once, so that one within the limit is free."""
    for slot in (0, 1, 5):
        publish(store, draft(store), slot_index=slot, tier=Tier.pro)
    canvas_path(tmp_path, store.mine(ALICE.id)[0]).unlink()
    publish(store, draft(store), slot_index=2)
    assert [1, 2, 5] == [
        canvas.slot_index for canvas in store.mine(ALICE.id) if canvas.is_published
    ]


def test_an_index_put_back_does_not_show_later_edits(store: CanvasStore, tmp_path: Path) -> None:
    canvas = draft(store, title="public")
    publish(store, canvas)
    old_index = index_path(tmp_path).read_bytes()
    store.unpublish(canvas.id, ALICE.id)
    store.update(canvas.id, ALICE.id, CanvasChanges(title="secret"), tick())
    index_path(tmp_path).write_bytes(old_index)
    for one in (store, JsonFileCanvasStore(tmp_path)):
        assert [] == titles(one)
        assert one.find(canvas.id, reader=None) is None
        assert "secret" == found(one, canvas).title
        assert not found(one, canvas).is_published
        assert not one.mine(ALICE.id)[0].is_published
    with pytest.raises(NotPublished):
        store.set_showcase(canvas.id, ALICE.id, on=True)
    store.update(canvas.id, ALICE.id, CanvasChanges(title="better"), tick())
    publish(store, canvas)
    assert ["better"] == titles(store)


def test_a_sweep_reports_the_index_too(store: CanvasStore, tmp_path: Path) -> None:
    publish(store, draft(store))
    index_path(tmp_path).write_bytes(b"{")
    (found_index,) = store.sweep()
    assert "canvases/_index.json" == found_index.path
    assert b"{" == (tmp_path / found_index.kept_as).read_bytes()
    assert [] == store.sweep()


@pytest.mark.parametrize(
    ("number", "status"),
    [(errno.ENOSPC, 507), (errno.EDQUOT, 507), (errno.EFBIG, 507), (errno.EIO, 503)],
)
def test_a_disk_that_refuses_acknowledges_nothing(
    store: CanvasStore, monkeypatch: pytest.MonkeyPatch, number: int, status: int
) -> None:
    canvas = draft(store, title="T")

    def refuse(_: int) -> None:
        raise OSError(number, os.strerror(number))

    steps: list[Callable[[], object]] = [
        lambda: draft(store),
        lambda: publish(store, canvas),
        lambda: store.update(canvas.id, ALICE.id, CanvasChanges(title="U"), tick()),
    ]
    for step in steps:
        with monkeypatch.context() as broken:
            broken.setattr(os, "fsync", refuse)
            with pytest.raises(StorageFailed) as refused:
                step()
        assert status == refused.value.status
        assert canvas == found(store, canvas)
        assert 1 == len(store.mine(ALICE.id))
    publish(store, canvas)
    assert ["T"] == titles(store)


@pytest.mark.parametrize("always_replaced_bytes", [0, index_file.ALWAYS_REPLACED_BYTES])
def test_eight_threads_on_one_slot_leave_one_occupant(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, always_replaced_bytes: int
) -> None:
    monkeypatch.setattr(index_file, "ALWAYS_REPLACED_BYTES", always_replaced_bytes)
    store: CanvasStore = JsonFileCanvasStore(tmp_path)
    canvases = [draft(store, title=str(number)) for number in range(8)]
    in_threads(8, lambda number: publish(store, canvases[number]))
    fresh = JsonFileCanvasStore(tmp_path)
    for one in (store, fresh):
        mine = one.mine(ALICE.id)
        assert 1 == [canvas.slot_index for canvas in mine].count(0)
        assert 8 == len(mine)
        assert [mine[0].title] == titles(one)


def test_a_root_that_is_no_folder_is_a_failure_of_the_storage(tmp_path: Path) -> None:
    """Whoever asks for the grid is told so: the revision is asked for before there is a handler."""
    (tmp_path / "canvases").write_text("a file in the way", encoding="utf-8")

    with pytest.raises(StorageFailed):
        JsonFileCanvasStore(tmp_path).revision()
