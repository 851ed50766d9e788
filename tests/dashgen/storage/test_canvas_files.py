"""Content files: good ones come back, the others are set aside with every byte."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import msgspec
import pytest

from dashgen.errors import SchemaError
from dashgen.ids import CanvasId
from dashgen.room_schema import Component, RoomState
from dashgen.storage.canvas_files import MAX_CANVAS_BYTES, CanvasFiles, RootLock, StoredContent

if TYPE_CHECKING:
    from pathlib import Path

ID = CanvasId("cnv_0123456789ab")
OWNER = "usr_alice"


def content(**fields: object) -> StoredContent:
    plain = StoredContent(
        id=ID,
        owner_id=OWNER,
        owner_handle="alice",
        room_state=RoomState(),
        created_at=1.0,
        updated_at=1.0,
    )
    return msgspec.structs.replace(plain, **fields)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "canvases"


@pytest.fixture
def files(root: Path) -> CanvasFiles:
    made = CanvasFiles(root, RootLock(root / ".lock"))
    made.write(content())
    return made


def test_what_is_written_is_read(files: CanvasFiles, root: Path) -> None:
    room = RoomState(components=[Component(id="a", type="text", props={"text": "</script>\u2028"})])
    files.write(content(title="Zoë", room_state=room, edition=7, source_metadata={"a": [1]}))
    assert files.read(OWNER, ID) == content(
        title="Zoë", room_state=room, edition=7, source_metadata={"a": [1]}
    )
    assert files.exists(OWNER, ID)
    assert (root / OWNER / f"{ID}.json").is_file()


def test_what_is_removed_is_gone(files: CanvasFiles) -> None:
    files.remove(OWNER, ID)
    assert files.read(OWNER, ID) is None
    assert not files.exists(OWNER, ID)
    assert [] == files.of_owner(OWNER)


def test_an_owner_without_canvases(files: CanvasFiles) -> None:
    assert [] == files.of_owner("usr_nobody")
    assert files.read("usr_nobody", ID) is None


def test_a_canvas_that_could_not_be_read_again_is_not_written(files: CanvasFiles) -> None:
    huge = {"text": "x" * MAX_CANVAS_BYTES}
    with pytest.raises(SchemaError, match="room_state"):
        files.write(content(source_metadata=huge))
    assert files.read(OWNER, ID) == content()


GOOD = msgspec.json.encode(content())
BROKEN = {
    "empty": b"",
    "binary": bytes(range(256)),
    "wrong type": b"[1]",
    "deep": b'{"room_state":' * 50_000,
    "huge": GOOD + b" " * MAX_CANVAS_BYTES,
    "another canvas": msgspec.json.encode(content(id="cnv_ffffffffffff")),
    "another owner": msgspec.json.encode(content(owner_id="usr_bob")),
    "future version": msgspec.json.encode(content(schema_version=2)),
    "not UTF-8": GOOD.replace(b"alice", b"ali\xff\xfe"),
    **{f"cut at {tenth}0 %": GOOD[: len(GOOD) * tenth // 10] for tenth in range(1, 10)},
}


@pytest.mark.parametrize("data", BROKEN.values(), ids=BROKEN.keys())
def test_a_broken_file_is_set_aside_when_it_is_met(
    files: CanvasFiles, root: Path, data: bytes
) -> None:
    path = root / OWNER / f"{ID}.json"
    path.write_bytes(data)
    assert files.read(OWNER, ID) is None
    assert not path.exists()
    (kept,) = (root / "_set_aside").iterdir()
    assert data == kept.read_bytes()
    assert files.read(OWNER, ID) is None
    files.write(content())
    assert files.read(OWNER, ID) == content()


def test_a_link_is_not_followed(files: CanvasFiles, root: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside.json"
    outside.write_bytes(GOOD)
    path = root / OWNER / f"{ID}.json"
    path.unlink()
    path.symlink_to(outside)
    assert files.read(OWNER, ID) is None
    assert GOOD == outside.read_bytes()


def test_a_linked_folder_is_not_followed(files: CanvasFiles, root: Path, tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    outside = tmp_path / "outside" / f"{ID}.json"
    outside.write_bytes(msgspec.json.encode(content(owner_id="usr_bob")))
    (root / "usr_bob").symlink_to(tmp_path / "outside")
    assert files.read("usr_bob", ID) is None
    assert [] == files.of_owner("usr_bob")
    files.write(content(owner_id="usr_bob", title="new"))
    assert b"new" not in outside.read_bytes()
    assert files.read("usr_bob", ID) == content(owner_id="usr_bob", title="new")


def test_a_sweep_of_good_files_finds_nothing(files: CanvasFiles) -> None:
    assert [] == files.sweep()
    assert files.read(OWNER, ID) == content()


def test_a_sweep_sets_all_that_is_strange_aside_and_deletes_nothing(
    files: CanvasFiles, root: Path
) -> None:
    strange = {
        root / "notes.txt": b"foreign",
        root / f".{ID}.json.0123.tmp": b"left by a crash",
        root / OWNER / "thumbs.db": b"foreign too",
        root / OWNER / "cnv_000000000000.json": b"{",
        root / OWNER / f".{ID}.json.4567.tmp": b"left by another",
    }
    for path, data in strange.items():
        path.write_bytes(data)
    (root / "usr_linked").symlink_to("/")
    (root / "Odd Folder").mkdir()
    (root / "Odd Folder" / "x").write_bytes(b"inside")
    found = files.sweep()
    swept = {root.parent / one.path for one in found}
    assert {*strange, root / "usr_linked", root / "Odd Folder"} == swept
    for one in found:
        original, kept = root.parent / one.path, root.parent / one.kept_as
        assert not os.path.lexists(original)
        assert one.why
        if original in strange:
            assert strange[original] == kept.read_bytes()
    assert files.read(OWNER, ID) == content()
    assert [] == files.sweep()


def test_the_lock_may_be_taken_again_by_its_holder(tmp_path: Path) -> None:
    lock = RootLock(tmp_path / "below" / ".lock")
    with lock.hold(), lock.hold():
        assert (tmp_path / "below" / ".lock").exists()
    with lock.hold():
        pass
