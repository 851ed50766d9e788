"""A clock that goes back an hour, or forward ten years, while the server runs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.dashgen.conftest import ControlPanel

    Start = Callable[..., ControlPanel]

HOUR, YEAR = 3600.0, 365.25 * 24 * 3600
SHIFTS = {"back an hour": -HOUR, "forward ten years": 10 * YEAR}


class Clock:
    """The wall clock of a server that was started with it."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self.move(0)
        self.variables = {
            "PYTHONPATH": str(Path(__file__).with_name("clock")),
            "CHAOS_CLOCK": str(file),
        }

    def move(self, seconds: float) -> None:
        """Set the clock so many seconds off the right time."""
        fresh = self._file.with_suffix(".new")
        fresh.write_text(str(seconds), encoding="ascii")
        fresh.replace(self._file)


@pytest.fixture
def clock(tmp_path: Path) -> Clock:
    return Clock(tmp_path / "clock")


def test_a_token_that_has_run_out_does_not_come_alive_again(start: Start, clock: Clock) -> None:
    panel = start(**clock.variables)
    creator = panel.signup()
    assert 200 == panel.get("/studio/canvas/mine", token=creator.token).status
    for shift in (10 * YEAR, 0, -HOUR):
        clock.move(shift)
        assert 401 == panel.get("/studio/canvas/mine", token=creator.token).status


@pytest.mark.parametrize("shift", SHIFTS.values(), ids=SHIFTS)
def test_a_closed_gate_stays_closed(start: Start, clock: Clock, shift: float) -> None:
    panel = start(**clock.variables)
    panel.close_gate()
    for moved in (shift, 0.0):
        clock.move(moved)
        assert 403 == panel.get("/ensemble/canvases").status


def test_a_gate_that_was_opened_in_the_future_is_closed(start: Start, clock: Clock) -> None:
    panel = start(**clock.variables)
    panel.open_gate()
    assert 200 == panel.get("/ensemble/canvases").status
    clock.move(-HOUR)
    assert 403 == panel.get("/ensemble/canvases").status
    clock.move(0)
    assert 200 == panel.get("/ensemble/canvases").status


@pytest.mark.parametrize("shift", SHIFTS.values(), ids=SHIFTS)
def test_work_goes_on_and_nothing_collides(start: Start, clock: Clock, shift: float) -> None:
    panel = start(**clock.variables)
    panel.open_gate()
    made: list[str] = []
    for moved in (0.0, shift, 0.0):
        clock.move(moved)
        creator = panel.signup()
        made += [panel.published(creator, slot=slot) for slot in range(3)]
        mine = panel.get("/studio/canvas/mine", token=creator.token).json()["canvases"]
        assert {each["id"] for each in mine} == set(made[-3:])
    assert 9 == len(set(made))
    assert set(panel.grid_ids()) == set(made)
    assert "Traceback" not in panel.log()
