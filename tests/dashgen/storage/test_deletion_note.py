"""The note of a deletion: there for whoever comes after a crash, and no way to delete anything else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from dashgen.ids import CanvasId
from dashgen.storage.atomic_file import UnfitFileError
from dashgen.storage.canvas_store import JsonFileCanvasStore
from dashgen.storage.deletion_note import Deletion, DeletionNote
from tests.dashgen.store_steps import ALICE, draft, publish, titles

if TYPE_CHECKING:
    from pathlib import Path

AN_ID = CanvasId("cnv_0123456789ab")


def note_of(root: Path) -> DeletionNote:
    return DeletionNote(root / "canvases" / "_deleting.json")


def test_it_says_what_was_written_until_it_is_removed(tmp_path: Path) -> None:
    note = DeletionNote(tmp_path / "note")
    assert note.read() is None
    note.write(ALICE.id, AN_ID)
    assert Deletion(owner_id=ALICE.id, id=AN_ID) == note.read()
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
    kept = draft(store)
    note = note_of(tmp_path)
    note.path.write_bytes(written)
    with pytest.raises(UnfitFileError):
        note.read()
    assert [kept] == store.mine(ALICE.id)
    store.sweep()
    assert [kept] == store.mine(ALICE.id)
    assert note.read() is None
    (aside,) = (tmp_path / "canvases" / "_set_aside").iterdir()
    assert written == aside.read_bytes()


def test_a_deletion_that_ended_leaves_no_note(tmp_path: Path) -> None:
    store = JsonFileCanvasStore(tmp_path)
    canvas = publish(store, draft(store))
    store.delete(canvas.id, ALICE.id)
    assert note_of(tmp_path).read() is None


def test_what_is_noted_and_still_published_was_not_deleted(tmp_path: Path) -> None:
    store = JsonFileCanvasStore(tmp_path)
    canvas = publish(store, draft(store))
    note_of(tmp_path).write(ALICE.id, canvas.id)
    assert 1 == len(titles(store))
    store.unpublish(canvas.id, ALICE.id)
    assert [canvas.id] == [each.id for each in store.mine(ALICE.id)]
    assert note_of(tmp_path).read() is None


def test_what_is_noted_and_no_longer_published_is_gone_for_everybody(tmp_path: Path) -> None:
    store = JsonFileCanvasStore(tmp_path)
    canvas = draft(store)
    note_of(tmp_path).write(ALICE.id, canvas.id)
    assert [] == store.mine(ALICE.id)
    assert store.find(canvas.id, reader=ALICE.id) is None
    assert [] == store.sweep()
    assert [] == list((tmp_path / "canvases" / ALICE.id).iterdir())
    assert note_of(tmp_path).read() is None
