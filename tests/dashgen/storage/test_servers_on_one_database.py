"""Two servers on one database serve one grid, and the rules of slots hold across them."""

from __future__ import annotations

import itertools
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from tests.dashgen.conftest import ControlPanel

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.dashgen.conftest import Answer, Creator

    Pair = tuple[ControlPanel, ControlPanel]


@pytest.fixture(params=["sqlite", "postgresql"])
def pair(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Pair]:
    """Two servers that share pairings and the database, and nothing else."""
    url = f"sqlite:///{tmp_path}/store.db"
    if request.param == "postgresql":
        url = str(request.getfixturevalue("postgresql_url"))
    extra = {"ENSEMBLE_DATABASE_URL": url}
    folders = (tmp_path / "first", tmp_path / "second")
    for folder in folders:
        folder.mkdir()
    first, second = (ControlPanel(folder, extra) for folder in folders)
    second.orch = first.orch
    with first, second:
        first.open_gate()
        yield first, second


def publish(panel: ControlPanel, creator: Creator, canvas_id: str, slot: int) -> Answer:
    body = {"slot_index": slot, "visibility": "public"}
    return panel.post(f"/studio/canvas/{canvas_id}/publish", body, token=creator.token)


def test_what_one_acknowledges_the_other_shows_at_once(pair: Pair) -> None:
    creator = pair[0].signup()
    canvas_id = pair[0].draft(creator)
    for here, there in itertools.islice(itertools.cycle([pair, pair[::-1]]), 10):
        assert 200 == publish(here, creator, canvas_id, 0).status
        assert [canvas_id] == there.grid_ids() == here.grid_ids()
        assert 200 == there.get(f"/ensemble/canvas/{canvas_id}").status
        done = there.post(f"/studio/canvas/{canvas_id}/unpublish", {}, token=creator.token)
        assert 200 == done.status
        assert [] == here.grid_ids() == there.grid_ids()
        assert 404 == here.get(f"/ensemble/canvas/{canvas_id}").status


def test_who_asks_over_and_over_is_never_shown_what_was_taken_back(pair: Pair) -> None:
    """On kept connections, where the servers know the request by its bytes."""
    creator = pair[0].signup()
    canvas_id = pair[0].draft(creator)
    with ExitStack() as stack:
        readers = [stack.enter_context(panel.connection()) for panel in pair]

        def shown() -> list[int]:
            for reader in readers:
                reader.request("GET", "/ensemble/canvases")
            answers = [ControlPanel.read_answer(reader) for reader in readers]
            return [len(answer.json()["canvases"]) for answer in answers]

        for here in itertools.islice(itertools.cycle(pair), 40):
            assert 200 == publish(here, creator, canvas_id, 0).status
            assert [1, 1] == shown() == shown()
            path = f"/studio/canvas/{canvas_id}/unpublish"
            assert 200 == here.post(path, {}, token=creator.token).status
            assert [0, 0] == shown() == shown()


def test_no_fourth_slot_and_no_two_in_one_however_they_race(pair: Pair) -> None:
    creator = pair[0].signup()
    canvases = [pair[0].draft(creator, title=str(number)) for number in range(12)]
    with ThreadPoolExecutor(12) as threads:
        answers = list(
            threads.map(
                lambda number: publish(pair[number % 2], creator, canvases[number], number % 4),
                range(12),
            )
        )
    assert {200, 402} == {answer.status for answer in answers}
    for panel in pair:
        mine = panel.get("/studio/canvas/mine", token=creator.token).json()
        slots = [each["slot_index"] for each in mine["canvases"] if each["published_at"]]
        assert [0, 1, 2] == sorted(slots)
        assert 12 == len(mine["canvases"])
        assert 3 == len(panel.grid_ids())


def test_a_server_that_cannot_reach_its_database_does_not_start(tmp_path: Path) -> None:
    panel = ControlPanel(tmp_path, {"ENSEMBLE_DATABASE_URL": "postgresql:///x?host=/nowhere"})
    with pytest.raises(pytest.fail.Exception, match="exit 4"):
        panel.__enter__()
    assert "next: unset ENSEMBLE_DATABASE_URL" in panel.log()
