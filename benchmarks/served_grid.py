"""Real servers to put under load, on stores that hold as many published canvases as are asked for."""

from __future__ import annotations

import http.client
import os
import socket
import subprocess
import sys
import tempfile
import time
import unittest.mock
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from dashgen.build_id import served_build
from dashgen.canvas_schema import Canvas, CanvasDraft, Owner, Visibility
from dashgen.ids import new_canvas_id, new_user_id
from dashgen.pairing import PairingStore
from dashgen.room_schema import normalise_room
from dashgen.slots import FREE_LIMIT
from dashgen.stores import open_stores
from tests.integration.gates import open_gate
from tests.postgresql import PostgresqlServer, empty_schema

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from contextlib import AbstractContextManager

    from dashgen.store_protocol import CanvasStore

ROOT = Path(__file__).resolve().parents[1]
WRITERS = 8
BARE_PATH = "/ensemble/canvases"
GRID = "/ensemble/canvases?filter=featured&limit=20"
# A multiple of what one owner has; each step of filling waits for the disk once.
FILLED_AT_ONCE = 1_500
ROOM = {
    "components": [
        {"type": "text", "x": 10, "y": 20, "props": {"text": f"line {n}"}} for n in range(6)
    ]
}
# A server looks through its files after it has booted; what is measured comes once it is idle so long.
SETTLE_SECONDS = 0.5

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
class Server(ThreadingHTTPServer):
    request_queue_size = 128
server = Server(("127.0.0.1", 0), Handler)
print(f"http://127.0.0.1:{server.server_address[1]}", flush=True)
server.serve_forever()
"""


class Server(NamedTuple):
    """A server that runs.

    Attributes:
        address: Host and port.
        process: Its process.
    """

    address: str
    process: subprocess.Popen[bytes]

    def connect(self) -> socket.socket:
        """A connection to it, as a client would make it."""
        host, port = self.address.split(":")
        line = socket.create_connection((host, int(port)))
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return line

    def processor_seconds(self) -> float:
        """What it has used of the processors since it was started."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def resident_mb(self) -> float:
        """What it holds in memory."""
        pages = int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


class Grid(NamedTuple):
    """A store with canvases, ready to be served.

    Attributes:
        environment: Variables for the server.
        shown: The id of a published canvas.
        drafts: A draft for each writer, and the token of its owner.
        owners: The writers, in the same order.
    """

    environment: dict[str, str]
    shown: str
    drafts: Sequence[tuple[str, str]]
    owners: list[str]


@contextmanager
def a_grid(store: str, size: int) -> Iterator[Grid]:
    """A store with so many published canvases, and drafts for writers."""
    with ExitStack() as stack:
        top = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="ensemble-benchmark-")))
        url = ""
        if store == "sqlite":
            url = f"sqlite:///{top}/store.db"
        elif store == "postgresql":
            server = stack.enter_context(PostgresqlServer(is_durable=True))
            url = stack.enter_context(empty_schema(server.url))
        _open_the_gate(top)
        owners = [Owner(new_user_id(), f"writer{number}") for number in range(WRITERS)]
        with closing(open_stores(url, top / "data")) as stores:
            shown = _fill(stores.canvases, size)
            draft = CanvasDraft(room_state=normalise_room(ROOM))
            made = [stores.canvases.create(owner, draft, time.time()).id for owner in owners]
        pairings = PairingStore(top / "orch" / "pairings")
        tokens = [pairings.issue(owner.id, owner.handle, now=time.time()) for owner in owners]
        environment = _roots(top) | {"ENSEMBLE_DATABASE_URL": url}
        drafts = list(zip(made, tokens, strict=True))
        yield Grid(environment, shown, drafts, [owner.id for owner in owners])


@contextmanager
def serving(grid: Grid) -> Iterator[Server]:
    """The real server on a grid, once it has looked through its files."""
    with booted(grid) as server:
        wait_until_idle(server)
        yield server


def booted(grid: Grid) -> AbstractContextManager[Server]:
    """The real server on a grid, as soon as it listens."""
    command = [sys.executable, str(ROOT / "bin" / "control-panel-server.py"), "--port", "0"]
    return running(command, b"", grid.environment)


def wait_until_idle(server: Server) -> None:
    """Wait until a server does nothing any more."""
    used = -1.0
    while used != (now := server.processor_seconds()):
        used = now
        time.sleep(SETTLE_SECONDS)


@contextmanager
def running(
    command: Sequence[str], said: bytes, environment: dict[str, str] | None = None
) -> Iterator[Server]:
    """Run a server that prints its address."""
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
            address = process.stdout.readline().decode().split()[-1].removeprefix("http://")
            yield Server(address, process)
        finally:
            process.terminate()


def _roots(top: Path) -> dict[str, str]:
    """The data roots below a folder, as variables."""
    names = {"ORCH_DATA": "orch", "CLAUDE_PLUGIN_DATA": "plugin", "ENSEMBLE_DATA_ROOT": "data"}
    return {variable: str(top / folder) for variable, folder in names.items()}


def _open_the_gate(top: Path) -> None:
    """Open the gate for what this checkout serves."""
    (top / "plugin").mkdir()
    open_gate(top / "orch" / "gate.json", served_build(ROOT), now=time.time())


def _fill(store: CanvasStore, size: int) -> str:
    """Publish so many canvases, three an owner; return the id of one."""
    shown = ""
    # Filling need not survive a loss of power.
    with unittest.mock.patch("os.fsync"):
        for first in range(0, size, FILLED_AT_ONCE):
            last = min(first + FILLED_AT_ONCE, size)
            made = [_works_of(number, last) for number in range(first, last, FREE_LIMIT)]
            store.replace({canvases[0].owner_id: canvases for canvases in made})
            shown = made[-1][-1].id
    return shown


def _works_of(first: int, end: int) -> list[Canvas]:
    """What one owner has published: the next of all canvases, before an end."""
    owner_id = new_user_id()
    return [
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
        for slot in range(min(FREE_LIMIT, end - first))
    ]


def grid_bytes(size: int) -> bytes:
    """What a grid read answers with."""
    with (
        a_grid("files", size) as grid,
        serving(grid) as server,
        closing(http.client.HTTPConnection(server.address, timeout=30)) as connection,
    ):
        connection.request("GET", GRID)
        return connection.getresponse().read()
