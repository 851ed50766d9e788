"""One question for all who wait, and never an answer from before they came."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING, cast

import pytest

from dashgen.errors import StorageFailed
from dashgen.shared_revision import SharedRevision

if TYPE_CHECKING:
    from dashgen.store_protocol import CanvasStore


class FarStore:
    """A store whose answers wait until the test lets them go."""

    is_local = False

    def __init__(self) -> None:
        self.value, self.questions = "first", 0
        self.asked, self.may_answer = threading.Event(), threading.Event()

    def revision(self) -> str:
        self.questions += 1
        said = self.value
        self.asked.set()
        assert self.may_answer.wait(10)
        return said


async def asked(store: FarStore) -> None:
    """Waits until a question has been put."""
    assert await asyncio.to_thread(store.asked.wait, 10)
    store.asked.clear()


def test_who_comes_during_a_question_shares_the_next_one() -> None:
    async def work() -> tuple[list[str], int]:
        store = FarStore()
        shared = SharedRevision(cast("CanvasStore", store))
        early = [asyncio.create_task(shared.current()) for _ in range(3)]
        await asked(store)
        store.value = "second"  # published after the first question was put
        late = [asyncio.create_task(shared.current()) for _ in range(20)]
        store.may_answer.set()
        return await asyncio.gather(*early, *late), store.questions

    answers, questions = asyncio.run(work())
    assert answers == ["first"] * 3 + ["second"] * 20
    assert questions == 2


def test_a_failure_is_told_to_all_and_the_next_question_is_put() -> None:
    class Failing(FarStore):
        def revision(self) -> str:
            self.questions += 1
            if self.questions == 1:
                raise StorageFailed(is_full=False)
            return "well again"

    async def work() -> list[object]:
        shared = SharedRevision(cast("CanvasStore", Failing()))
        told = await asyncio.gather(shared.current(), shared.current(), return_exceptions=True)
        return [*map(type, told), await shared.current()]

    assert asyncio.run(work()) == [StorageFailed, StorageFailed, "well again"]


def test_one_who_goes_away_does_not_take_the_answer_along() -> None:
    async def work() -> str:
        store = FarStore()
        shared = SharedRevision(cast("CanvasStore", store))
        leaving = asyncio.create_task(shared.current())
        staying = asyncio.create_task(shared.current())
        await asked(store)
        leaving.cancel()
        with pytest.raises(asyncio.CancelledError):
            await leaving
        store.may_answer.set()
        return await staying

    assert asyncio.run(work()) == "first"
