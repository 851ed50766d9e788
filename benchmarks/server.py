"""What reads and publishes cost as the grid grows: ``python benchmarks/server.py``.

A real server on a store of 10, 1,000 and 10,000 published canvases; one client that keeps its connection,
so that latency is the server's and not a queue's. Goals: a read costs the same at each size within 1.5
times, a publish within 2 times. Run it in the app's environment: ``.nox/app/bin/python``.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import unittest.mock
from pathlib import Path
from typing import TYPE_CHECKING, Self

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "bin"))

from dashgen.build_id import served_build  # noqa: E402 - found through the line above
from dashgen.canvas_schema import CanvasDraft, Owner, Visibility, new_user_id, normalise_room  # noqa: E402
from dashgen.canvas_store import JsonFileCanvasStore  # noqa: E402
from dashgen.gate import write_open  # noqa: E402
from dashgen.pairing import PairingStore  # noqa: E402
from dashgen.slots import FREE_LIMIT, Tier  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Callable

SIZES = (10, 1_000, 10_000)
READS, PUBLISHES = 2_000, 60
SWEPT_PER_SECOND = (
    1_500  # a server looks through its files after it has booted; what is measured comes then
)
ROOM = {
    "components": [
        {"type": "text", "x": 10, "y": 20, "props": {"text": f"line {n}"}} for n in range(6)
    ]
}


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES)
    sizes = parser.parse_args().sizes
    print(
        f"{os.cpu_count()} cores, Python {sys.version.split()[0]}; {READS} reads, {PUBLISHES} publishes a row"
    )
    print(
        f"{'canvases':>8}  {'operation':<12} {'per second':>10} {'p50 ms':>8} {'p99 ms':>8} {'to first':>9}"
    )
    first: dict[str, float] = {}
    for size in sizes:
        for operation, times in measure(size).items():
            middle = statistics.median(times)
            ratio = middle / first.setdefault(operation, middle)
            worst = statistics.quantiles(times, n=100)[98]
            rate = len(times) / sum(times)
            row = f"{size:>8}  {operation:<12} {rate:>10.0f} {middle * 1e3:>8.2f} {worst * 1e3:>8.2f} {ratio:>9.2f}"
            print(row, flush=True)
    return 0


def measure(size: int) -> dict[str, list[float]]:
    """Return the seconds that each request took, by operation, on a server with ``size`` canvases."""
    with tempfile.TemporaryDirectory(prefix="ensemble-benchmark-") as top:
        root = Path(top)
        canvas_id = fill(root, size)
        owner = Owner(new_user_id(), "publisher")
        token = PairingStore(root / "orch" / "pairings").issue(
            owner.id, owner.handle, now=time.time()
        )
        draft = JsonFileCanvasStore(root / "data").create(
            owner, CanvasDraft(room_state=normalise_room(ROOM)), time.time()
        )
        with Server(root) as server:
            time.sleep(size / SWEPT_PER_SECOND)
            publish = (
                f"/studio/canvas/{draft.id}/publish",
                {"slot_index": 0, "visibility": "public"},
            )
            unpublish = f"/studio/canvas/{draft.id}/unpublish"

            def republish() -> float:
                server.post(unpublish, {}, token)
                return server.post(*publish, token)

            return {
                "grid read": repeat(
                    READS, lambda: server.get("/ensemble/canvases?filter=featured&limit=20")
                ),
                "canvas read": repeat(READS, lambda: server.get(f"/ensemble/canvas/{canvas_id}")),
                "publish": repeat(PUBLISHES, republish),
            }


def fill(root: Path, size: int) -> str:
    """Publish ``size`` canvases, by writing what the store would have written; return the id of one."""
    store = JsonFileCanvasStore(root / "data")
    (root / "orch").mkdir()
    (root / "plugin").mkdir()
    write_open(
        root / "orch" / "gate.json",
        build=served_build(ROOT),
        commit="bench",
        tree="bench",
        now=time.time(),
    )
    draft = CanvasDraft(title="A canvas", room_state=normalise_room(ROOM))
    # Filling need not survive a loss of power.
    with unittest.mock.patch("os.fsync"):
        for number in range(size):
            slot, now = number % FREE_LIMIT, 1e9 + number
            if slot == 0:
                owner = Owner(new_user_id(), f"maker{number}")
            canvas = store.create(owner, draft, now=now)
            store.publish(
                canvas.id,
                owner.id,
                slot_index=slot,
                visibility=Visibility.public,
                tier=Tier.free,
                now=now,
            )
    return canvas.id


class Server:
    """A control panel on ``root``, and one connection to it."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def __enter__(self) -> Self:
        environment = os.environ | {
            "ORCH_DATA": str(self._root / "orch"),
            "CLAUDE_PLUGIN_DATA": str(self._root / "plugin"),
            "ENSEMBLE_DATA_ROOT": str(self._root / "data"),
        }
        command = [sys.executable, str(ROOT / "bin" / "control-panel-server.py"), "--port", "0"]
        with (self._root / "server.log").open("wb") as log:
            self._process = subprocess.Popen(
                command, env=environment, stdout=subprocess.PIPE, stderr=log
            )
        assert self._process.stdout is not None
        address = self._process.stdout.readline().decode().split()[-1]
        self._connection = http.client.HTTPConnection(address.removeprefix("http://"), timeout=30)
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()
        self._process.terminate()
        self._process.wait()

    def get(self, path: str) -> float:
        """Return the seconds that a read took."""
        return self._send("GET", path, None, {})

    def post(self, path: str, body: object, token: str) -> float:
        """Return the seconds that a write took."""
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token}"}
        return self._send("POST", path, json.dumps(body).encode(), headers)

    def _send(self, method: str, path: str, body: bytes | None, headers: dict[str, str]) -> float:
        started = time.perf_counter()
        self._connection.request(method, path, body, headers)
        reply = self._connection.getresponse()
        answer = reply.read()
        if reply.status != 200:
            raise RuntimeError(f"{method} {path}: {reply.status} {answer[:200]!r}")
        return time.perf_counter() - started


def repeat(times: int, operation: Callable[[], float]) -> list[float]:
    """Return what each of ``times`` runs took, after a few that are not counted."""
    for _ in range(5):
        operation()
    return [operation() for _ in range(times)]


if __name__ == "__main__":
    sys.exit(main())
