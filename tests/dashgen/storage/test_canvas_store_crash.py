"""Processes that share a root, and processes that die: no acknowledged change is ever lost.

The processes run this file as a script; its name for each role is the first argument.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from dashgen.canvas_schema import Canvas, CanvasDraft, Owner, Visibility
from dashgen.grid_cursor import GridOrder
from dashgen.slots import Tier
from dashgen.storage import index_file
from dashgen.storage.canvas_store import JsonFileCanvasStore

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

    from _typeshed import TraceFunction

ALICE = Owner("usr_alice", "alice")
UPDATES = 60
KILLED_AT = 9
# The functions that change the disk; a process dies before each of their lines in turn.
CHANGING = {
    *("apply", "write_atomically", "append_durably", "remove_durably", "sync_directory", "locked"),
    *("delete", "write", "remove", "_end_deletion"),
}

State = dict[str, int | None]


def publish(store: JsonFileCanvasStore, canvas: Canvas, slot: int) -> None:
    store.publish(
        canvas.id,
        canvas.owner_id,
        slot_index=slot,
        visibility=Visibility.public,
        tier=Tier.free,
        now=float(slot),
    )


def state_of(root: Path) -> State:
    """Which canvas stands in which slot, as the owner and a visitor see it with fresh eyes."""
    store = JsonFileCanvasStore(root)
    mine = store.mine(ALICE.id)
    listed = {card.id for card in store.list_published(GridOrder.newest, 100, "").cards}
    assert listed == {canvas.id for canvas in mine if canvas.is_published}
    return {canvas.title: canvas.slot_index for canvas in mine}


def alice_canvases(root: Path) -> list[Canvas]:
    return sorted(JsonFileCanvasStore(root).mine(ALICE.id), key=lambda canvas: canvas.title)


def make_alice(root: Path) -> None:
    store = JsonFileCanvasStore(root)
    for title in "abcd":
        store.create(ALICE, CanvasDraft(title=title), 1.0)


# Roles of other processes.


def publish_many(root: Path, who: str) -> None:
    store = JsonFileCanvasStore(root)
    for number in range(UPDATES):
        owner = Owner(f"usr_{who}{number // 3}", who)
        publish(store, store.create(owner, CanvasDraft(), 1.0), number % 3)


def publish_until_killed(root: Path) -> None:
    store = JsonFileCanvasStore(root)
    canvases = alice_canvases(root)
    for step in range(10**9):
        publish(store, canvases[step % 4], step % 3)
        print(step, flush=True)


def swap(root: Path) -> None:
    publish(JsonFileCanvasStore(root), alice_canvases(root)[1], 0)


def delete(root: Path) -> None:
    JsonFileCanvasStore(root).delete(alice_canvases(root)[0].id, ALICE.id)


# A step, and where the canvases stand afterwards.
STEPS: dict[str, tuple[Callable[[Path], None], State]] = {
    "swap": (swap, {"a": None, "b": 0, "c": None, "d": None}),
    "delete": (delete, {"b": None, "c": None, "d": None}),
}


def die_at_every_line(root: Path, name: str) -> None:
    """Repeats one step from the same start; each time a child dies one line later."""
    step, afterwards = STEPS[name]
    backup = root.with_name("backup")
    shutil.copytree(root, backup)
    before = state_of(root)
    seen: set[tuple[tuple[str, int | None], ...]] = set()
    deaths, is_alive = 0, False
    while not is_alive:
        child = os.fork()
        if child == 0:
            sys.settrace(Countdown(deaths).trace)
            step(root)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        is_alive = os.waitstatus_to_exitcode(status) == 0
        after = state_of(root)
        assert after in (before, afterwards), (deaths, after)
        seen.add(tuple(sorted(after.items())))
        assert files_after_next_change(root) == len(after) + 1
        shutil.rmtree(root)
        shutil.copytree(backup, root)
        deaths += 1
    assert 2 == len(seen)
    print(deaths)


def files_after_next_change(root: Path) -> int:
    """How many files canvases have once somebody else has made one more."""
    JsonFileCanvasStore(root).create(ALICE, CanvasDraft(title="e"), 1.0)
    return len(list((root / "canvases" / ALICE.id).glob("cnv_*.json")))


class Countdown:
    """Ends the process, with nothing cleaned up, before a given line of what changes the disk."""

    def __init__(self, lines: int) -> None:
        self._left = lines

    def trace(self, frame: FrameType, event: str, _: object) -> TraceFunction | None:
        """Stands as the trace function of a thread."""
        if frame.f_code.co_name not in CHANGING:
            return None
        if event == "line":
            if self._left == 0:
                os._exit(KILLED_AT)
            self._left -= 1
        return self.trace


def start(role: str, root: Path, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, __file__, role, str(root), *arguments],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finish(process: subprocess.Popen[str]) -> str:
    output, errors = process.communicate(timeout=60)
    assert 0 == process.returncode, errors
    return output


def test_two_processes_lose_no_update(tmp_path: Path) -> None:
    processes = [start("publish_many", tmp_path, who) for who in ("x", "y")]
    for process in processes:
        finish(process)
    store = JsonFileCanvasStore(tmp_path)
    assert 2 * UPDATES == store.count()
    seen: set[str] = set()
    cursor = "start"
    while cursor:
        page = store.list_published(GridOrder.newest, 100, "" if cursor == "start" else cursor)
        seen |= {card.id for card in page.cards}
        cursor = page.next_cursor
    assert 2 * UPDATES == len(seen)
    assert [] == store.sweep()


@pytest.mark.parametrize("mode", ["replacing", "appending"])
def test_a_killed_process_leaves_the_acknowledged_state_or_the_next(
    tmp_path: Path, mode: str
) -> None:
    for round_number in range(2):
        root = tmp_path / str(round_number)
        make_alice(root)
        process = start("publish_until_killed", root, mode)
        assert process.stdout is not None
        for _ in range(10 + 9 * round_number):
            assert process.stdout.readline()
        process.kill()
        # What the lines above were read ahead with is read here, too; `communicate` would pass it over.
        output = process.stdout.read()
        process.communicate(timeout=60)
        acknowledged = int(output.split("\n")[-2]) if "\n" in output else 9 + 9 * round_number
        assert state_of(root) in (model(acknowledged), model(acknowledged + 1))
        # Whatever was left behind, the next change goes through.
        publish(JsonFileCanvasStore(root), alice_canvases(root)[0], 0)
        assert 0 == state_of(root)["a"]


def model(steps: int) -> State:
    """Where the canvases stand after a number of steps of ``publish_until_killed``."""
    slots: dict[int, str] = {}
    for step in range(steps + 1):
        title = "abcd"[step % 4]
        slots = {slot: one for slot, one in slots.items() if one != title}
        slots[step % 3] = title
    places = {title: slot for slot, title in slots.items()}
    return {title: places.get(title) for title in "abcd"}


@pytest.mark.parametrize("mode", ["replacing", "appending"])
@pytest.mark.parametrize("name", STEPS)
def test_a_step_cut_off_at_any_line_is_done_or_not_done(
    tmp_path: Path, mode: str, name: str
) -> None:
    root = tmp_path / "root"
    make_alice(root)
    publish(JsonFileCanvasStore(root), alice_canvases(root)[0], 0)
    deaths = int(finish(start("die_at_every_line", root, mode, name)))
    assert deaths > 15


def main(role: str, root: str, *arguments: str) -> None:
    if role == "publish_many":
        publish_many(Path(root), arguments[0])
        return
    mode, *name = arguments
    if mode == "appending":
        index_file.ALWAYS_REPLACED_BYTES = 0
    if role == "die_at_every_line":
        die_at_every_line(Path(root), *name)
    else:
        publish_until_killed(Path(root))


if __name__ == "__main__":
    main(*sys.argv[1:])
