"""Files that went bad: the server comes up, keeps their bytes, and shows nobody what is private."""

from __future__ import annotations

import hashlib
import json
import os
from typing import TYPE_CHECKING

import pytest

from dashgen.canvas_schema import Visibility
from dashgen.grid_cursor import GridOrder
from dashgen.storage.canvas_store import JsonFileCanvasStore
from tests.dashgen.store_steps import ALICE, BOB, draft, publish

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.dashgen.conftest import ControlPanel

    Damage = Callable[[Path, bytes], None]
    Start = Callable[..., ControlPanel]

SECRET = "nobody else may read this"


def overwrite(data: bytes) -> Damage:
    def damage(path: Path, _: bytes) -> None:
        path.write_bytes(data)

    return damage


def truncate(tenths: int) -> Damage:
    def damage(path: Path, old: bytes) -> None:
        path.write_bytes(old[: len(old) * tenths // 10])

    return damage


def _link_away(path: Path, _: bytes) -> None:
    elsewhere = path.parents[2] / "elsewhere.json"
    path.rename(elsewhere)
    path.symlink_to(elsewhere)


def _make_folder(path: Path, _: bytes) -> None:
    path.unlink()
    path.mkdir()


def _make_pipe(path: Path, _: bytes) -> None:
    path.unlink()
    os.mkfifo(path)


def _from_the_future(path: Path, old: bytes) -> None:
    record = json.loads(old)
    record |= {"version": 2} if "version" in record else {"schema_version": 2}
    path.write_text(json.dumps(record))


def _twice_the_same_key(path: Path, old: bytes) -> None:
    path.write_bytes(old.rstrip()[:-1] + b',"version":1,"id":"cnv_000000000000"}\n')


DAMAGES: dict[str, Damage] = {
    "empty": overwrite(b""),
    **{f"cut to {tenths}0 %": truncate(tenths) for tenths in range(1, 10)},
    "binary": overwrite(bytes(range(256)) * 16),
    "not JSON": overwrite(b"\xff{"),
    "a list": overwrite(b"[]"),
    "a number": overwrite(b"1e999"),
    "of 10 MB": overwrite(b'{"a": "' + b"x" * 10_000_000 + b'"}'),
    "deeply nested": overwrite(b"[" * 100_000),
    "a key twice": _twice_the_same_key,
    "from the future": _from_the_future,
    "a link": _link_away,
    "a folder": _make_folder,
    "a pipe": _make_pipe,
    "missing": lambda path, _: path.unlink(),
}
LOSING = {"a folder", "a pipe", "missing"}  # the experiment itself takes the bytes away


@pytest.mark.parametrize("victim", ["index", "canvas"])
@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_file_is_kept_and_shows_nothing_private(
    tmp_path: Path, damage: str, victim: str
) -> None:
    store = JsonFileCanvasStore(tmp_path)
    shown = publish(store, draft(store, ALICE, "shown"))
    hidden = publish(store, draft(store, ALICE, SECRET), 1, Visibility.private)
    kept_back = draft(store, ALICE, SECRET)
    others = publish(store, draft(store, BOB, "of another"))
    folder = tmp_path / "canvases"
    path = folder / ("_index.json" if victim == "index" else f"{ALICE.id}/{shown.id}.json")
    DAMAGES[damage](path, path.read_bytes())
    damaged = None if damage in LOSING else digest(path)

    for one in (JsonFileCanvasStore(tmp_path), store):
        titles = {card.title for card in one.list_published(GridOrder.newest, 100, "").cards}
        assert titles <= ({"of another"} if victim == "canvas" else set())
        for canvas in (hidden, kept_back):
            visible = one.find(canvas.id, reader=None)
            assert visible is None or visible.visibility is Visibility.private
        one.sweep()
    if damaged is not None:
        kept = {digest(each) for each in (folder / "_set_aside").iterdir()}
        assert damaged in kept, "its bytes must be kept"
    assert others.id in {canvas.id for canvas in store.mine(BOB.id)}

    fresh = JsonFileCanvasStore(tmp_path)
    again = publish(fresh, draft(fresh, ALICE, "again"), 2)
    assert again.id in {card.id for card in fresh.list_published(GridOrder.newest, 9, "").cards}


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.mark.parametrize("damage", [b"", b"{", b"[" * 50_000, b'{"version": 2}', bytes(256)])
def test_a_server_comes_up_on_damaged_files_and_lets_nobody_in(start: Start, damage: bytes) -> None:
    panel = start()
    panel.open_gate()
    creator = panel.signup()
    panel.published(creator, title=SECRET, visibility="private")
    public = panel.published(creator, slot=1)
    panel.stop()
    for folder in (panel.orch, panel.data):
        for path in folder.rglob("*.json"):
            path.write_bytes(damage)

    panel = start()
    assert 200 == panel.get("/health").status
    assert 401 == panel.get("/studio/canvas/mine", token=creator.token).status
    assert 403 == panel.get("/ensemble/canvases").status  # the gate's file is in doubt
    panel.open_gate()
    assert [] == panel.grid_ids()
    assert 404 == panel.get(f"/canvas/{public}.html").status
    first_again = panel.published(panel.signup())
    assert [first_again] == panel.grid_ids()
    assert "Traceback" not in panel.log()
