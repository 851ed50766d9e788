"""The note of a deletion: there for whoever comes after a crash, and no way to delete anything else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from dashgen.atomic_file import UnfitFileError
from dashgen.canvas_schema import CanvasDraft, Owner, Visibility
from dashgen.canvas_store import JsonFileCanvasStore
from dashgen.deletion_note import Deletion, DeletionNote
from dashgen.grid_cursor import GridOrder
from dashgen.ids import CanvasId
from dashgen.slots import Tier

if TYPE_CHECKING:
    from pathlib import Path

ALICE = Owner("usr_alice", "alice")
AN_ID = CanvasId("cnv_0123456789ab")


def note_of(root: Path) -> DeletionNote:
    return DeletionNote(root / "canvases" / "_deleting.json")


def test_it_says_what_was_written_until_it_is_removed(tmp_path: Path) -> None:
    note = DeletionNote(tmp_path / "note")
    assert note.read() is None
    note.write(ALICE.id, AN_ID)
    assert note.read() == Deletion(owner_id=ALICE.id, id=AN_ID)
    note.remove()
    assert note.read() is None
    note.remove()


@pytest.mark.parametrize(
    "written",
    [
        b"",
        b"{",
        b"\xff",
        b'{"version": 2, "owner_id": "usr_alice", "id": "cnv_0123456789ab"}',
        b'{"version": 1, "owner_id": "../../usr_alice", "id": "cnv_0123456789ab"}',
        b'{"version": 1, "owner_id": "usr_alice", "id": "../usr_bob/cnv_0123456789ab"}',
        b'{"version": 1, "owner_id": "usr_alice", "id": "cnv_0123456789ab"}' + b" " * 1024,
    ],
)
def test_what_is_no_note_deletes_nothing_and_is_set_aside(tmp_path: Path, written: bytes) -> None:
    store = JsonFileCanvasStore(tmp_path)
    draft = store.create(ALICE, CanvasDraft(title="kept"), 1.0)
    note = note_of(tmp_path)
    note.path.write_bytes(written)
    with pytest.raises(UnfitFileError):
        note.read()
    assert [draft] == store.mine(ALICE.id)
    store.sweep()
    assert [draft] == store.mine(ALICE.id)
    assert note.read() is None
    (kept,) = (tmp_path / "canvases" / "_set_aside").iterdir()
    assert written == kept.read_bytes()


def test_what_is_noted_and_still_published_was_not_deleted(tmp_path: Path) -> None:
    store = JsonFileCanvasStore(tmp_path)
    canvas = store.create(ALICE, CanvasDraft(title="kept"), 1.0)
    store.publish(
        canvas.id,
        ALICE.id,
        slot_index=0,
        visibility=Visibility.public,
        tier=Tier.free,
        now=2.0,
    )
    note_of(tmp_path).write(ALICE.id, canvas.id)
    assert store.list_published(GridOrder.newest, 1, "").cards
    store.unpublish(canvas.id, ALICE.id, 3.0)
    assert [canvas.id] == [each.id for each in store.mine(ALICE.id)]
    assert note_of(tmp_path).read() is None


def test_what_is_noted_and_no_longer_published_is_gone_for_everybody(tmp_path: Path) -> None:
    store = JsonFileCanvasStore(tmp_path)
    canvas = store.create(ALICE, CanvasDraft(), 1.0)
    note_of(tmp_path).write(ALICE.id, canvas.id)
    assert store.mine(ALICE.id) == []
    assert store.find(canvas.id, reader=ALICE.id) is None
    assert store.sweep() == []
    assert list((tmp_path / "canvases" / ALICE.id).iterdir()) == []
    assert note_of(tmp_path).read() is None
