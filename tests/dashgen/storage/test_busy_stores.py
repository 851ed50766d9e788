"""A store that stands still: whoever writes waits, nobody else does, and the server still ends."""

from __future__ import annotations

import fcntl
import json
import signal
import socket
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.dashgen.conftest import ControlPanel, Creator

# More than the server has threads.
WRITERS = 60
READS = (
    "/ensemble/canvases?filter=random",
    "/studio/canvas/mine",
    "/docs/getting-started/SMOKE_RUNBOOK.html",
    "/metrics",
)


@contextmanager
def held_lock(panel: ControlPanel) -> Iterator[None]:
    """The lock that every writer of the file store needs, as on a disk that does not answer."""
    with (panel.data / "canvases" / ".lock").open("r+b") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def ask_to_write(panel: ControlPanel, creator: Creator) -> socket.socket:
    """Send a request for a new draft, and leave its answer for later."""
    body = json.dumps({"title": "Later"})
    client = socket.create_connection(("127.0.0.1", panel.port), timeout=20)
    client.sendall(
        f"POST /studio/canvas HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {creator.token}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
        f"Connection: close\r\n\r\n{body}".encode()
    )
    return client


@pytest.fixture
def waited_for(start_panel: Callable[..., ControlPanel]) -> tuple[ControlPanel, Creator]:
    """A server with something on it."""
    panel = start_panel()
    panel.open_gate()
    creator = panel.signup()
    panel.published(creator)
    return panel, creator


def test_writers_that_wait_keep_no_reader_waiting(
    waited_for: tuple[ControlPanel, Creator],
) -> None:
    panel, creator = waited_for
    with ExitStack() as clients:
        with held_lock(panel):
            writers = [clients.enter_context(ask_to_write(panel, creator)) for _ in range(WRITERS)]
            assert [200] * len(READS) == [
                panel.get(read, token=creator.token).status for read in READS
            ]
        answers = [panel.parse_answer(panel.read_to_end(client)) for client in writers]
    assert {201} == {answer.status for answer in answers}
    mine = panel.get("/studio/canvas/mine", token=creator.token).json()["canvases"]
    assert WRITERS + 1 == len(mine)


def test_clients_that_leave_while_their_writes_wait_are_no_fault(
    waited_for: tuple[ControlPanel, Creator],
) -> None:
    panel, creator = waited_for
    with held_lock(panel):
        for _ in range(5):
            ask_to_write(panel, creator).close()
        assert 200 == panel.get("/health").status
    panel.published(creator, slot=1)
    panel.stop()
    assert "Traceback" not in panel.log()


def test_the_end_does_not_wait_for_ever_for_a_store_that_stands_still(
    waited_for: tuple[ControlPanel, Creator],
) -> None:
    panel, creator = waited_for
    with held_lock(panel), ask_to_write(panel, creator):
        assert 200 == panel.get("/health").status
        panel.process.send_signal(signal.SIGTERM)
        assert 0 == panel.process.wait(timeout=60)
    assert "cut off" in panel.log()
