"""What a server of canvases can carry: ``python benchmarks/server.py``.

A real server on each store, with 10, 1,000 and 100,000 published canvases. Grid and canvas reads are
measured under full load (16 connections, each asking again as soon as it is answered), publishes one
after another. Beside them stand the same bytes from memory, by ``http.server`` and by a bare
Starlette route on the same uvicorn. The client is one Python process, the same for all, and so costs
each of them the same: ratios are what is worth reading. Run it in the app's environment:
``.nox/app/bin/python benchmarks/server.py``.
"""

from __future__ import annotations

import argparse
import asyncio
import http.client
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import unittest.mock
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "bin")]

from dashgen.build_id import served_build  # noqa: E402 - found through the line above
from dashgen.canvas_schema import (  # noqa: E402
    Canvas,
    CanvasDraft,
    Owner,
    Visibility,
    new_canvas_id,
    new_user_id,
    normalise_room,
)
from dashgen.gate import write_open  # noqa: E402
from dashgen.pairing import PairingStore  # noqa: E402
from dashgen.slots import FREE_LIMIT  # noqa: E402
from dashgen.stores import open_stores  # noqa: E402
from tests.postgresql import PostgresqlServer, empty_schema  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from dashgen.store_protocol import CanvasStore

SIZES = (10, 1_000, 100_000)
STORES = ("files", "sqlite", "postgresql")
CONNECTIONS = 16
BARE_PATH = "/ensemble/canvases"
GRID = "/ensemble/canvases?filter=featured&limit=20"
ROOM = {
    "components": [
        {"type": "text", "x": 10, "y": 20, "props": {"text": f"line {n}"}} for n in range(6)
    ]
}
# A server looks through its files after it has booted; what is measured comes then.
SWEPT_PER_SECOND = 1_500

BARE_STARLETTE = """
import sys, uvicorn
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route
body = sys.stdin.buffer.read()
async def answer(request): return Response(body, media_type="application/json")
app = Starlette(routes=[Route("/ensemble/canvases", answer)])
import socket
listener = socket.create_server(("127.0.0.1", 0))
listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
print(f"http://127.0.0.1:{listener.getsockname()[1]}", flush=True)
config = uvicorn.Config(app, http="httptools", loop="asyncio", lifespan="off", log_config=None,
                        access_log=False, server_header=False)
uvicorn.Server(config).run(sockets=[listener])
"""
HTTP_SERVER = """
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
body = sys.stdin.buffer.read()
class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    def do_GET(self):
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *args): pass
server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
print(f"http://127.0.0.1:{server.server_address[1]}", flush=True)
server.serve_forever()
"""


class Load(NamedTuple):
    """What a server did under load.

    Attributes:
        rate: Answers per second.
        p50: Half of them took no longer, in seconds.
        p99: All but a hundredth took no longer, in seconds.
        errors: Answers other than 200.
    """

    rate: float
    p50: float
    p99: float
    errors: int


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES)
    parser.add_argument("--stores", nargs="+", choices=STORES, default=STORES)
    parser.add_argument("--seconds", type=float, default=3.0, help="of load for each reading")
    parser.add_argument("--publishes", type=int, default=100)
    options = parser.parse_args()
    print(f"{os.cpu_count()} cores, Python {sys.version.split()[0]}, {options.seconds} s a reading")
    print(
        f"{'server':<12}{'canvases':>9}  {'what':<12}{'per s':>8}{'p50 ms':>8}{'p99 ms':>8}"
        f"{'errors':>7}{'to bare':>9}"
    )
    body = grid_bytes(options.sizes[0])
    with ExitStack() as stack:
        bare, plain = (
            stack.enter_context(running([sys.executable, "-c", program], body))
            for program in (BARE_STARLETTE, HTTP_SERVER)
        )
        say("http.server", 0, "same bytes", full_load(plain, BARE_PATH, options.seconds), 0.0)
        for store in options.stores:
            for size in options.sizes:
                # The machine may be busier by now: the bare route is measured anew each time.
                beside = full_load(bare, BARE_PATH, options.seconds)
                say("starlette", 0, "same bytes", beside, beside.rate)
                for what, load in measure(store, size, options):
                    say(store, size, what, load, beside.rate if what == "grid read" else 0.0)
    return 0


def say(server: str, size: int, what: str, load: Load, bare: float) -> None:
    """Print one row."""
    ratio = f"{load.rate / bare:>9.2f}" if bare else f"{'':>9}"
    print(
        f"{server:<12}{size:>9}  {what:<12}{load.rate:>8.0f}{load.p50 * 1e3:>8.2f}"
        f"{load.p99 * 1e3:>8.2f}{load.errors:>7}{ratio}",
        flush=True,
    )


def measure(store: str, size: int, options: argparse.Namespace) -> Iterator[tuple[str, Load]]:
    """Measure a server on one store with so many published canvases."""
    with ExitStack() as stack:
        top = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="ensemble-benchmark-")))
        url = ""
        if store == "sqlite":
            url = f"sqlite:///{top}/store.db"
        elif store == "postgresql":
            server = stack.enter_context(PostgresqlServer(is_durable=True))
            url = stack.enter_context(empty_schema(server.url))
        owner = Owner(new_user_id(), "publisher")
        with closing(open_stores(url, top / "data")) as stores:
            shown = fill(stores.canvases, size)
            draft = stores.canvases.create(
                owner, CanvasDraft(room_state=normalise_room(ROOM)), time.time()
            )
        token = prepare(top, owner)
        environment = roots(top) | {"ENSEMBLE_DATABASE_URL": url}
        command = [sys.executable, str(ROOT / "bin" / "control-panel-server.py"), "--port", "0"]
        address = stack.enter_context(running(command, b"", environment))
        time.sleep(size / SWEPT_PER_SECOND if store == "files" else 0)
        yield "grid read", full_load(address, GRID, options.seconds)
        yield "canvas read", full_load(address, f"/ensemble/canvas/{shown}", options.seconds)
        yield "publish", publishes(address, draft.id, token, options.publishes)


def roots(top: Path) -> dict[str, str]:
    """The data roots below a folder, as variables."""
    names = {"ORCH_DATA": "orch", "CLAUDE_PLUGIN_DATA": "plugin", "ENSEMBLE_DATA_ROOT": "data"}
    return {variable: str(top / folder) for variable, folder in names.items()}


def prepare(top: Path, owner: Owner) -> str:
    """Open the gate and pair the owner; return the token."""
    (top / "plugin").mkdir()
    gate = top / "orch" / "gate.json"
    write_open(gate, build=served_build(ROOT), commit="bench", tree="bench", now=time.time())
    return PairingStore(top / "orch" / "pairings").issue(owner.id, owner.handle, now=time.time())


def fill(store: CanvasStore, size: int) -> str:
    """Publish so many canvases, three an owner; return the id of one."""
    canvases: list[Canvas] = []
    # Filling need not survive a loss of power.
    with unittest.mock.patch("os.fsync"):
        for first in range(0, size, FREE_LIMIT):
            owner_id = new_user_id()
            canvases = [
                Canvas(
                    id=new_canvas_id(),
                    owner_id=owner_id,
                    owner_handle=f"maker{first}",
                    title="A canvas",
                    room_state=normalise_room(ROOM),
                    created_at=1e9 + first,
                    updated_at=1e9 + first,
                    published_at=1e9 + first + slot,
                    slot_index=slot,
                    visibility=Visibility.public,
                )
                for slot in range(min(FREE_LIMIT, size - first))
            ]
            store.replace(owner_id, canvases)
    return canvases[-1].id


def grid_bytes(size: int) -> bytes:
    """What a grid read answers with."""
    with ExitStack() as stack:
        top = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="ensemble-benchmark-")))
        with closing(open_stores("", top / "data")) as stores:
            fill(stores.canvases, size)
        prepare(top, Owner(new_user_id(), "publisher"))
        command = [sys.executable, str(ROOT / "bin" / "control-panel-server.py"), "--port", "0"]
        address = stack.enter_context(running(command, b"", roots(top)))
        with closing(http.client.HTTPConnection(address, timeout=30)) as connection:
            connection.request("GET", GRID)
            return connection.getresponse().read()


@contextmanager
def running(
    command: Sequence[str], said: bytes, environment: dict[str, str] | None = None
) -> Iterator[str]:
    """Run a server that prints its address; give host and port."""
    with subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=os.environ | {"ENSEMBLE_DATABASE_URL": ""} | (environment or {}),
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(said)
        process.stdin.close()
        try:
            yield process.stdout.readline().decode().split()[-1].removeprefix("http://")
        finally:
            process.terminate()


def publishes(address: str, canvas_id: str, token: str, count: int) -> Load:
    """Publish one canvas over and over, from one connection; an unpublish comes between."""
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token}"}
    times: list[float] = []
    errors = 0
    with closing(http.client.HTTPConnection(address, timeout=30)) as connection:
        for _ in range(count):
            for step, body in (("publish", {"slot_index": 0}), ("unpublish", {})):
                started = time.perf_counter()
                path = f"/studio/canvas/{canvas_id}/{step}"
                connection.request("POST", path, json.dumps(body), headers)
                reply = connection.getresponse()
                reply.read()
                if step == "publish":
                    times.append(time.perf_counter() - started)
                errors += reply.status != 200
    return Load(len(times) / sum(times), statistics.median(times), _p99(times), errors)


def full_load(address: str, path: str, seconds: float) -> Load:
    """Ask from many connections at once, each again as soon as it is answered."""
    host, port = address.split(":")
    head = f"GET {path} HTTP/1.1\r\nHost: {address}\r\n\r\n".encode()

    async def work() -> Load:
        await _ask(host, int(port), head, 0.3)  # not counted
        started = time.perf_counter()
        asked = await asyncio.gather(
            *(_ask(host, int(port), head, seconds) for _ in range(CONNECTIONS))
        )
        took = time.perf_counter() - started
        times = [each for one, _ in asked for each in one]
        errors = sum(wrong for _, wrong in asked)
        return Load(len(times) / took, statistics.median(times), _p99(times), errors)

    return asyncio.run(work())


async def _ask(host: str, port: int, head: bytes, seconds: float) -> tuple[list[float], int]:
    """Ask over one connection until the time is over.

    Returns:
        The seconds that each answer took, and how many were not 200.
    """
    reader, writer = await asyncio.open_connection(host, port)
    times: list[float] = []
    wrong = 0
    end = time.perf_counter() + seconds
    while (started := time.perf_counter()) < end:
        writer.write(head)
        answer = await reader.readuntil(b"\r\n\r\n")
        wrong += not answer.startswith(b"HTTP/1.1 200")
        length = answer.lower().split(b"content-length:")[1].split(b"\r\n")[0]
        await reader.readexactly(int(length))
        times.append(time.perf_counter() - started)
    writer.close()
    await writer.wait_closed()
    return times, wrong


def _p99(times: list[float]) -> float:
    return statistics.quantiles(times, n=100)[98]


if __name__ == "__main__":
    sys.exit(main())
