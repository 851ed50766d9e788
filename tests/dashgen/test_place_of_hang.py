"""A request that lets nothing else go on is told with its place: by the server in its log, and in the smoke's line."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from tests.dashgen.conftest import PATIENCE
from tests.integration import wire
from tests.integration.client import Client, disconnect
from tests.integration.server_process import ROOT, Roots, ServerProcess, ServerUnusable

if TYPE_CHECKING:
    from collections.abc import Iterator

# As the program is started, with an answer that the event loop never comes back from.
STANDS_STILL = f"""
import runpy, sys
sys.path.insert(0, "{ROOT}/bin")
from dashgen import server

source = "import threading\\ndef answer(*_):\\n    threading.Event().wait()"
made = {{}}
exec(compile(source, "{ROOT}/bin/dashgen/still.py", "exec"), made)
server.GridAnswers.asked_for = made["answer"]
server._STILL_SECONDS = 1.5
runpy.run_path("{ROOT}/bin/control-panel-server.py", run_name="__main__")
"""


@pytest.fixture
def server() -> Iterator[ServerProcess]:
    """One that stands still at the first request."""
    process = ServerProcess(Roots(), program=["-c", STANDS_STILL])
    yield process
    disconnect()
    process.stop()


def test_who_waits_in_vain_is_told_where_the_server_stands_still(
    server: ServerProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wire, "SECONDS", 0.2)
    with pytest.raises(ServerUnusable, match=r"does not answer \(timed out\)"):
        Client(server).get("/health")

    deadline = time.monotonic() + PATIENCE
    while not server.place_of_hang() and time.monotonic() < deadline:
        time.sleep(0.05)

    with pytest.raises(
        ServerUnusable, match=r"^bin/dashgen/still\.py:3 stands still; GET /health: "
    ):
        Client(server).get("/health")
