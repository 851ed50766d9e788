"""kill -9: what was acknowledged is there, and a state is the one before a step or the one after."""

from __future__ import annotations

import os
import random
import select
import signal
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from dashgen.stores import open_url
from tests.chaos import steps
from tests.chaos.tracing import traced_step

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from dashgen.store_protocol import CanvasStore
    from tests.chaos.victims import Zygote

    OpenAgain = Callable[[], CanvasStore]

ROUNDS = int(os.environ.get("CHAOS_ROUNDS", "200"))
SEED = int(os.environ.get("CHAOS_SEED", "8"))
# A step takes about a millisecond; a kill comes within a few of them.
LATEST_KILL_SECONDS = 0.006


def test_nothing_acknowledged_is_lost_in_200_kills(
    zygote: Zygote, open_again: OpenAgain, store_url: str
) -> None:
    store = open_again()
    state = steps.prepare(store)
    chance = random.Random(SEED)  # noqa: S311 - a seed that is told
    acknowledged = 0
    for round_number in range(ROUNDS):
        first = chance.randrange(1_000)
        victim = zygote.order("loop", first)
        zygote.line()  # one step at least has been acknowledged
        select.select([], [], [], chance.uniform(0, LATEST_KILL_SECONDS))  # the experiment itself
        os.kill(victim, signal.SIGKILL)
        more, code = zygote.acknowledged()
        taken = 1 + more
        now = (
            _state_elsewhere(store_url) if round_number % 20 == 0 else steps.settled_state_of(store)
        )
        assert -signal.SIGKILL == code
        assert now in (
            steps.after(state, taken, first=first),
            steps.after(state, taken + 1, first=first),
        ), f"round {round_number}, seed {SEED}: {taken} steps from {first} on {state}"
        state, acknowledged = now, acknowledged + taken
    assert acknowledged >= ROUNDS
    _only_scraps(open_again())


def _state_elsewhere(url: str) -> steps.State:
    """The state as one sees it who has only just opened the store, and does not keep it open."""
    with closing(open_url(url)) as stores:
        return steps.settled_state_of(stores.canvases)


@pytest.mark.parametrize("kind", ["swap", "unpublish", "delete"])
def test_killed_at_any_system_call_a_step_is_done_or_not(
    zygote: Zygote, open_again: OpenAgain, tmp_path: Path, kind: str
) -> None:
    store = open_again()
    steps.prepare(store)
    canvases = {canvas.title: canvas for canvas in store.mine(steps.ALICE.id)}
    for earlier in range(8):
        steps.take(store, canvases, earlier)
    before = store.mine(steps.ALICE.id)
    old = steps.state_of(store)
    order, new = _deletion(old) if kind == "delete" else _step(old, is_unpublish=kind != "swap")
    seen: list[bool] = []
    code, call = -signal.SIGKILL, 0
    while code == -signal.SIGKILL:
        call += 1
        kill = f"inject=all:signal=SIGKILL:when={call}"
        acknowledged, code = traced_step(zygote, order, tmp_path / "log", "-e", kill)
        now = steps.settled_state_of(store)
        assert now == new if acknowledged else now in (old, new), f"killed at call {call}"
        seen.append(now == new)
        store.replace({steps.ALICE.id: before})
    assert 0 == code
    assert {False, True} == set(seen)
    assert seen == sorted(seen), "once it is done, a later kill must not undo it"
    _only_scraps(open_again())


def _step(old: steps.State, *, is_unpublish: bool) -> tuple[str, steps.State]:
    """The order for a swap or an unpublish that changes something, and what it makes of the state."""
    number = next(n for n in range(8, 99) if steps.changes(old, n, is_unpublish=is_unpublish))
    return f"one {number}", steps.after(old, 1, first=number)


def _deletion(old: steps.State) -> tuple[str, steps.State]:
    """The order to delete what is published, and what it makes of the state."""
    title = next(title for title, slot in old.items() if slot is not None)
    return f"delete {title}", {each: slot for each, slot in old.items() if each != title}


def _only_scraps(store: CanvasStore) -> None:
    """What a kill leaves behind is at most a file that was never put in its place."""
    assert all(each.path.endswith(".tmp") for each in store.sweep())
    assert [] == store.sweep()
