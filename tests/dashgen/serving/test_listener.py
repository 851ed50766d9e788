"""Many connections: as many as the system lets a process have, and a quiet wait where there are no more."""

from __future__ import annotations

import time
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from tests.dashgen.conftest import ControlPanel

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FEW = 64
MANY = 100
_SECONDS = 60.0  # only a hang takes as long


@contextmanager
def limited(folder: Path, *, is_for_good: bool) -> Iterator[ControlPanel]:
    """A server that begins with few file descriptors."""
    option = "" if is_for_good else "-S"
    shell = ["sh", "-c", f'ulimit {option} -n {FEW} && exec "$@"', "sh"]
    with ControlPanel(folder, {}, shell) as panel:
        yield panel


@contextmanager
def crowd(panel: ControlPanel) -> Iterator[None]:
    """Many clients who are connected, and have been answered as far as there is room."""
    with ExitStack() as stack:
        for _ in range(MANY):
            stack.enter_context(panel.connection()).connect()
        yield


def test_a_limit_that_may_be_raised_is(tmp_path: Path) -> None:
    with limited(tmp_path, is_for_good=False) as panel, crowd(panel):
        assert 200 == panel.get("/health").status
        assert {"info"} == {line["level"] for line in panel.log_lines()}


def test_it_waits_for_room_and_says_so_in_a_line_a_second(tmp_path: Path) -> None:
    with limited(tmp_path, is_for_good=True) as panel:
        started = time.monotonic()
        with crowd(panel):
            while "no more connections can be taken: Too many open files" not in panel.log():
                assert time.monotonic() < started + _SECONDS
                time.sleep(0.01)
        assert 200 == panel.get("/health").status
        waited = time.monotonic() - started
        by = [line["logger"] for line in panel.log_lines()]
        assert by.count("dashgen.serving.listener") <= 1 + waited
        assert "asyncio" not in by
