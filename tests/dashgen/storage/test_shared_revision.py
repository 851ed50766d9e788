"""One question for all who wait, and never an answer from before they came."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING, cast

import pytest

from dashgen.errors import StorageFailed
from dashgen.storage.shared_revision import SharedRevision

if TYPE_CHECKING:
    from collections.abc import Callable

    from dashgen.store_protocol import CanvasStore

NO_STORE = cast("CanvasStore", None)


class FakeWire:
    """A line on which the test answers."""

    def __init__(self) -> None:
        self.questions: list[Callable[[str | None], None]] = []
        self.is_closed = False

    def ask(self, told: Callable[[str | None], None]) -> None:
        self.questions.append(told)

    def close(self) -> None:
        self.is_closed = True


class Lines:
    """Lines to a database, one after another."""

    def __init__(self) -> None:
        self.opened: list[FakeWire] = []
        self.shared = SharedRevision(NO_STORE, self.open)

    def open(self) -> FakeWire:
        self.opened.append(FakeWire())
        return self.opened[-1]

    async def question(self, wire: int, number: int) -> Callable[[str | None], None]:
        """Wait until a question has been put; what comes back answers it."""
        async with asyncio.timeout(10):
            while len(self.opened) <= wire or len(self.opened[wire].questions) <= number:  # noqa: ASYNC110 - no event tells of it
                await asyncio.sleep(0)
        return self.opened[wire].questions[number]


def test_who_comes_during_a_question_shares_the_next_one() -> None:
    async def work() -> list[str]:
        lines = Lines()
        early = [asyncio.create_task(lines.shared.current()) for _ in range(3)]
        first = await lines.question(0, 0)
        late = [asyncio.create_task(lines.shared.current()) for _ in range(20)]
        first("asked before the late ones came")
        assert ["asked before the late ones came"] * 3 == await asyncio.gather(*early)
        assert not any(task.done() for task in late)
        (await lines.question(0, 1))("asked for them")
        answers = await asyncio.gather(*late)
        assert 2 == len(lines.opened[0].questions)
        return answers

    assert ["asked for them"] * 20 == asyncio.run(work())


def test_who_comes_between_two_questions_shares_the_second(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dashgen.storage.shared_revision._REST_SECONDS", 3600.0)
    monkeypatch.setattr("dashgen.storage.shared_revision._CROWD", 2)

    async def work() -> None:
        lines = Lines()
        early = asyncio.create_task(lines.shared.current())
        first = await lines.question(0, 0)
        during = asyncio.create_task(lines.shared.current())
        await asyncio.sleep(0)
        first("early")
        assert "early" == await early
        between = asyncio.create_task(lines.shared.current())
        await asyncio.sleep(0)
        (await lines.question(0, 1))("late")
        assert ("late", "late") == (await during, await between)
        assert 2 == len(lines.opened[0].questions)

    asyncio.run(work())


def test_a_crowd_is_not_kept_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dashgen.storage.shared_revision._REST_SECONDS", 3600.0)

    async def work() -> list[str]:
        lines = Lines()
        early = asyncio.create_task(lines.shared.current())
        first = await lines.question(0, 0)
        crowd = [asyncio.create_task(lines.shared.current()) for _ in range(8)]
        first("early")
        assert "early" == await early
        (await lines.question(0, 1))("late")
        return await asyncio.gather(*crowd)

    assert ["late"] * 8 == asyncio.run(work())


def test_readers_are_told_what_was_asked_after_they_came() -> None:
    async def work() -> list[str | None]:
        lines = Lines()
        told: list[str | None] = []
        lines.shared.tell(told.append)
        (await lines.question(0, 0))("first")
        await asyncio.sleep(0)
        lines.shared.tell(told.append)
        (await lines.question(0, 1))(None)
        (await lines.question(1, 0))(None)
        async with asyncio.timeout(10):
            while len(told) < 2:  # noqa: ASYNC110 - no event tells of it
                await asyncio.sleep(0)
        return told

    assert ["first", None] == asyncio.run(work())


def test_readers_of_a_local_store_are_told_at_once() -> None:
    class Local:
        def revision(self) -> str:
            if told:
                raise StorageFailed(is_full=False)
            return "here"

    told: list[str | None] = []

    async def work() -> None:
        shared = SharedRevision(cast("CanvasStore", Local()), None)
        shared.tell(told.append)
        await asyncio.sleep(0)
        shared.tell(told.append)

    asyncio.run(work())
    assert ["here", None] == told


def test_a_local_store_is_asked_in_each_round() -> None:
    class Local:
        asked = 0

        def revision(self) -> str:
            self.asked += 1
            return str(self.asked)

    async def work() -> list[str]:
        shared = SharedRevision(cast("CanvasStore", Local()), None)
        told = [await shared.current(), await shared.current()]
        await asyncio.sleep(0)
        return [*told, await shared.current()]

    assert ["1", "1", "2"] == asyncio.run(work())


def test_a_lost_line_is_replaced_and_the_question_put_once_more() -> None:
    async def work() -> str:
        lines = Lines()
        asking = asyncio.create_task(lines.shared.current())
        (await lines.question(0, 0))("before")
        assert "before" == await asking
        asking = asyncio.create_task(lines.shared.current())
        (await lines.question(0, 1))(None)
        (await lines.question(1, 0))("after")
        assert [True, False] == [wire.is_closed for wire in lines.opened]
        return await asking

    assert "after" == asyncio.run(work())


def test_a_failure_is_told_to_all_and_the_next_question_is_put() -> None:
    async def work() -> str:
        lines = Lines()
        asking = [asyncio.create_task(lines.shared.current()) for _ in range(2)]
        (await lines.question(0, 0))(None)
        told = await asyncio.gather(*asking, return_exceptions=True)
        assert [StorageFailed] * 2 == [type(each) for each in told]
        again = asyncio.create_task(lines.shared.current())
        (await lines.question(1, 0))("well again")
        return await again

    assert "well again" == asyncio.run(work())


def test_silence_is_a_failure_and_the_line_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dashgen.storage.shared_revision._PATIENCE_SECONDS", 0.0)

    async def work() -> Lines:
        lines = Lines()
        with pytest.raises(StorageFailed):
            await lines.shared.current()
        return lines

    lines = asyncio.run(work())
    assert [True] == [wire.is_closed for wire in lines.opened]


def test_a_line_that_cannot_be_opened_in_time_is_a_failure_and_closed_when_it_comes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # A database that stands still may hold on to whoever connects for as long as it does.
    monkeypatch.setattr("dashgen.storage.shared_revision._OPENING_SECONDS", 0.01)
    moves, late = threading.Event(), FakeWire()

    def open_late() -> FakeWire:
        moves.wait()
        return late

    async def work() -> None:
        shared = SharedRevision(NO_STORE, open_late)
        for _ in range(2):
            with pytest.raises(StorageFailed):
                async with asyncio.timeout(10):
                    await shared.current()
        assert not late.is_closed
        moves.set()
        async with asyncio.timeout(10):
            while not late.is_closed:  # noqa: ASYNC110 - nobody is told
                await asyncio.sleep(0)

    try:
        asyncio.run(work())
    finally:
        moves.set()
    assert [] == late.questions


def test_one_who_goes_away_does_not_take_the_answer_along() -> None:
    async def work() -> str:
        lines = Lines()
        leaving = asyncio.create_task(lines.shared.current())
        staying = asyncio.create_task(lines.shared.current())
        question = await lines.question(0, 0)
        leaving.cancel()
        with pytest.raises(asyncio.CancelledError):
            await leaving
        question("for who stayed")
        return await staying

    assert "for who stayed" == asyncio.run(work())


def test_one_with_whom_something_goes_wrong_keeps_nobody_waiting() -> None:
    async def work() -> list[str | None]:
        told: list[str | None] = []

        def fail(_: str | None) -> None:
            raise ZeroDivisionError

        faults: list[object] = []
        asyncio.get_running_loop().set_exception_handler(lambda _, said: faults.append(said))
        lines = Lines()
        lines.shared.tell(fail)
        lines.shared.tell(told.append)
        (await lines.question(0, 0))("here")
        lines.shared.tell(told.append)
        (await lines.question(0, 1))("here again")
        await asyncio.sleep(0)
        assert 1 == len(faults)
        return told

    assert ["here", "here again"] == asyncio.run(work())
