"""What a server of canvases can carry: ``python benchmarks/server.py --part NAME``.

A real server on each store, with 10, 1,000 and 100,000 published canvases. The parts:

- ``reads``: grid and canvas reads under full load (16 connections, each asking again as soon as it is
  answered), and publishes one after another. Beside them stand the same bytes from memory, by
  ``http.server`` and by a bare Starlette route on the same uvicorn.
- ``half``: how long answers take at half of full load, counted from when each was due.
- ``memory``: what the server holds while it is under full load for ``--minutes``.
- ``slow``: the rate with 50 clients that send a byte now and then, beside the rate without.
- ``publish``: what a publish with its unpublish, and a page of each order, take in the store itself, without a
  server. All sizes are there at once and have their turns: none is measured on a busier machine than another.
- ``start``: what a server takes from its start to its first answer, and until it has looked through its
  store; where the file store, which reads its whole index and every file then, stops being right.
- ``mixed``: publishes by eight owners among reads; what was acknowledged must be there.
- ``stop``: the same, and SIGTERM in the middle; then the server is started again and looked at.

The client is one thread that sends and counts bytes and knows nothing of asyncio: it is quicker than each
of the servers, so the servers are what is measured. On a busy machine only the ratios of processor time are
worth reading. Run it in the app's environment:
``.nox/app/bin/python benchmarks/server.py``.
"""

from __future__ import annotations

import argparse
import asyncio
import http.client
import json
import os
import re
import select
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import unittest.mock
from collections import deque
from contextlib import ExitStack, closing, contextmanager
from functools import partial
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
from dashgen.grid_cursor import GridOrder  # noqa: E402
from dashgen.pairing import PairingStore  # noqa: E402
from dashgen.slots import FREE_LIMIT, Tier  # noqa: E402
from dashgen.stores import open_stores  # noqa: E402
from runbook.arguments import above_nothing, at_least_one  # noqa: E402
from runbook.measured import RECORD, Table  # noqa: E402
from tests.integration.gates import open_gate  # noqa: E402
from tests.postgresql import PostgresqlServer, empty_schema  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from contextlib import AbstractContextManager

    from dashgen.store_protocol import CanvasStore

SIZES = (10, 1_000, 100_000)
STORES = ("files", "sqlite", "postgresql")
CONNECTIONS = 16
TURNS = 11
POLL_STEP = 1e-3  # s; a poll that waits at all waits as much: sixteen requests may come due
BARE_PATH = "/ensemble/canvases"
GRID = "/ensemble/canvases?filter=featured&limit=20"
# A multiple of what one owner has; each step of filling waits for the disk once.
FILLED_AT_ONCE = 1_500
SLOW_CLIENTS = 50
SLOW_PAUSE = 0.2
ENDLESS_HEAD = b"GET / HTTP/1.1\r\nX-Slow: " + b"x" * 60_000
CONTENT_LENGTH = re.compile(rb"content-length: (\d+)", re.IGNORECASE)
WRITERS = 8
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


class Load(NamedTuple):
    """What a server did under load.

    Attributes:
        rate: Answers per second.
        p50: Half of them took no longer, in seconds.
        p99: All but a hundredth took no longer, in seconds.
        errors: Answers other than 200.
        cost: Seconds of the server's processor time for each answer.
    """

    rate: float
    p50: float
    p99: float
    errors: int
    cost: float


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


def main() -> int:
    """Measure the parts that are asked for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--part", choices=PARTS, default="reads")
    parser.add_argument("--sizes", type=at_least_one, nargs="+", default=SIZES)
    parser.add_argument("--stores", nargs="+", choices=STORES, default=STORES)
    parser.add_argument(
        "--seconds", type=above_nothing, default=3.0, help="of load for each reading"
    )
    parser.add_argument("--publishes", type=at_least_one, default=100)
    parser.add_argument(
        "--minutes", type=above_nothing, default=10.0, help="of full load, for memory"
    )
    parser.add_argument(RECORD, action="store_true", help="keep the part's table for the documents")
    options = parser.parse_args()
    wholes = {"reads": measure_reads, "publish": measure_publishes}
    table = wholes.get(options.part, measure)(options)
    if options.record:
        table.record(ROOT, f"server-{options.part}")
    return 0


def measure(options: argparse.Namespace) -> Table:
    """Print what a part says of each store and size."""
    table = Table(["Store", "Canvases", f"What `--part {options.part}` says"]).begin()
    for store in options.stores:
        for size in options.sizes:
            with a_grid(store, size) as grid:
                table.add(store, f"{size:,}", PARTS[options.part](grid, options))
    return table


READS = (
    "Server", "Canvases", "What", "Per s", "p50 ms", "p99 ms", "Errors", "Processor us", "To the bare route",
    "By processor time", "To http.server",
)  # fmt: skip


def measure_reads(options: argparse.Namespace) -> Table:
    """Print a table of what reads and publishes cost, beside the bare servers."""
    table = Table(READS).begin()
    body = grid_bytes(options.sizes[0])
    with ExitStack() as stack:
        bare, plain = (
            stack.enter_context(running([sys.executable, "-c", program], body))
            for program in (BARE_STARLETTE, HTTP_SERVER)
        )
        for store in options.stores:
            for size in options.sizes:
                # The machine may be busier by now: both are measured anew each time.
                threads = full_load(plain, BARE_PATH, options.seconds)
                table.add(*cells("http.server", "-", "same bytes", threads))
                route = full_load(bare, BARE_PATH, options.seconds)
                table.add(*cells("starlette", "-", "same bytes", route))
                with a_grid(store, size) as grid, serving(grid) as server:
                    read = full_load(server, GRID, options.seconds)
                    table.add(*cells(store, f"{size:,}", "grid read", read, (route, threads)))
                    path = f"/ensemble/canvas/{grid.shown}"
                    canvas = full_load(server, path, options.seconds)
                    table.add(*cells(store, f"{size:,}", "canvas read", canvas))
                    published = publishes(server, *grid.drafts[0], options.publishes)
                    table.add(*cells(store, f"{size:,}", "publish", published))
    return table


def cells(
    server: str, size: str, what: str, load: Load, beside: tuple[Load, Load] | None = None
) -> Iterator[str]:
    """Yield one row; a grid read stands beside the bare route and the threads."""
    yield from (server, size, what, f"{load.rate:,.0f}")
    yield from (f"{load.p50 * 1e3:.2f}", f"{load.p99 * 1e3:.2f}")
    yield from (str(load.errors), f"{load.cost * 1e6:.0f}")
    if beside is None:
        yield from ("", "", "")
        return
    bare, threads = beside
    yield from (f"{load.rate / bare.rate:.2f}", f"{bare.cost / load.cost:.2f}")
    yield f"{load.rate / threads.rate:.2f}"


def half_load(grid: Grid, options: argparse.Namespace) -> str:
    """How long answers take at half of what the server can do."""
    with serving(grid) as server:
        full = full_load(server, GRID, options.seconds)
        load = full_load(server, GRID, options.seconds, rate=full.rate / 2)
    times = f"p50 {load.p50 * 1e3:.1f} ms, p99 {load.p99 * 1e3:.1f} ms"
    return f"{load.rate:.0f}/s of {full.rate:.0f}/s, {times}, {load.errors} errors"


def memory(grid: Grid, options: argparse.Namespace) -> str:
    """What the server holds at each tenth of a long full load."""
    with serving(grid) as server:
        held, errors = [], 0
        for _ in range(10):
            errors += full_load(server, GRID, options.minutes * 6).errors
            held.append(server.resident_mb())
    shown = " ".join(f"{each:.1f}" for each in held)
    return f"{options.minutes:g} min, MB at each tenth: {shown}; {errors} errors"


def start(grid: Grid, options: argparse.Namespace) -> str:  # noqa: ARG001 - as the other parts
    """What a server takes before its first answer, and until it has looked through its store."""
    began = time.perf_counter()
    with booted(grid) as server:
        with closing(http.client.HTTPConnection(server.address, timeout=300)) as connection:
            connection.request("GET", GRID)
            status = connection.getresponse().status
        first, used = time.perf_counter() - began, server.processor_seconds()
        _wait_until_idle(server)
        whole, held = server.processor_seconds(), server.resident_mb()
    return (
        f"{status} after {first:.2f} s ({used:.2f} s of the processor), "
        f"idle after {whole:.2f} s of the processor, {held:.0f} MB"
    )


PUBLISHES = ("Store", "Canvases", "What", "Processor us", "Of the database", "To the smallest")


def measure_publishes(options: argparse.Namespace) -> Table:
    """Print a table of what a publish and a page take in the store itself, beside the same at the smallest size."""
    table = Table(PUBLISHES).begin()
    for store in options.stores:
        with ExitStack() as stack:
            works = [stack.enter_context(_work_on(store, size)) for size in sorted(options.sizes)]
            for what in works[0].steps:
                costs = _in_turn(works, what, options.publishes)
                for work, (own, of_database) in zip(works, costs, strict=True):
                    beside = f"{(own + of_database) / sum(costs[0]):.2f}"
                    shown = f"{of_database:,.0f}" if work.backends else ""
                    table.add(store, f"{work.size:,}", what, f"{own:,.0f}", shown, beside)
    return table


class Work(NamedTuple):
    """What is done to a store of some size, in this process.

    Attributes:
        size: How many canvases it shows.
        steps: What is done, by its name.
        backends: The processes that do the database's part, if it is a server.
    """

    size: int
    steps: dict[str, Callable[[], object]]
    backends: Sequence[int]

    def cost(self, what: str, count: int) -> tuple[float, float]:
        """Take a step so often; the microseconds of the processors each took here, and in the database."""
        own, of_database = time.process_time(), self._database_seconds()
        for _ in range(count):
            self.steps[what]()
        own, of_database = time.process_time() - own, self._database_seconds() - of_database
        return own / count * 1e6, of_database / count * 1e6

    def _database_seconds(self) -> float:
        files = (Path(f"/proc/{number}/schedstat") for number in self.backends)
        return sum(int(file.read_text().split()[0]) for file in files) / 1e9


@contextmanager
def _work_on(store: str, size: int) -> Iterator[Work]:
    with ExitStack() as stack:
        grid = stack.enter_context(a_grid(store, size))
        url, root = (
            grid.environment[name] for name in ("ENSEMBLE_DATABASE_URL", "ENSEMBLE_DATA_ROOT")
        )
        canvases = stack.enter_context(closing(open_stores(url, Path(root)))).canvases
        (canvas_id, _), owner_id = grid.drafts[0], grid.owners[0]

        def publish_and_back() -> None:
            canvases.publish(
                canvas_id, owner_id,
                slot_index=0, visibility=Visibility.public, tier=Tier.free, now=time.time(),
            )  # fmt: skip
            canvases.unpublish(canvas_id, owner_id, time.time())

        steps: dict[str, Callable[[], object]] = {"publish and unpublish": publish_and_back}
        for order in GridOrder:
            steps[f"a page, {order}"] = partial(canvases.list_published, order, 20, "")
        for step in steps.values():
            step()  # not counted; from now on there is a connection
        yield Work(size, steps, _backends(url) if store == "postgresql" else [])


def _backends(url: str) -> list[int]:
    """The processes of PostgreSQL that serve the other connections to a database."""
    import psycopg  # noqa: PLC0415 - where there is one

    with psycopg.connect(url) as connection:
        rows = connection.execute(
            "SELECT pid FROM pg_stat_activity WHERE datname = current_database()"
            " AND backend_type = 'client backend' AND pid <> pg_backend_pid()"
        ).fetchall()
    return [number for (number,) in rows]


def _in_turn(works: Sequence[Work], what: str, count: int) -> list[tuple[float, float]]:
    """What a step costs each, by medians of rounds in which all have their turn, forth and back."""
    rounds: list[list[tuple[float, float]]] = [[] for _ in works]
    for number in range(TURNS):
        turns = list(zip(works, rounds, strict=True))
        for work, costs in turns if number % 2 else reversed(turns):
            costs.append(work.cost(what, max(1, count // TURNS)))
    medians = ([statistics.median(part) for part in zip(*costs, strict=True)] for costs in rounds)
    return [(own, of_database) for own, of_database in medians]


def slow_clients(grid: Grid, options: argparse.Namespace) -> str:
    """How much slower others are served while many send their requests a byte at a time."""
    ratios, costs = [], []
    with serving(grid) as server:
        for _ in range(5):
            # Without, with, with, without: a machine that grows slower meanwhile is held against neither.
            loads = [
                full_load(server, GRID, options.seconds, slow=slow)
                for slow in (0, SLOW_CLIENTS, SLOW_CLIENTS, 0)
            ]
            ratios.append(_to_the_outer(load.rate for load in loads))
            costs.append(1 / _to_the_outer(load.cost for load in loads))
    medians = f"{statistics.median(ratios):.2f}, by processor time {statistics.median(costs):.2f}"
    return f"{SLOW_CLIENTS} slow clients, others to without them, medians of 5: by rate {medians}"


def _to_the_outer(figures: Iterable[float]) -> float:
    """The inner two of four, as a multiple of the outer two."""
    first, second, third, last = figures
    return (second + third) / (first + last)


def mixed(grid: Grid, options: argparse.Namespace) -> str:
    """Whether everything that was acknowledged among reads is there afterwards."""
    with serving(grid) as server:
        done = asyncio.run(_write_and_read(server, grid, options.seconds, stop=False))
        lost = done.lost(published_among(server, grid))
    return f"{done.writes} writes, {done.errors} errors, {lost} owners with a lost write"


def stop(grid: Grid, options: argparse.Namespace) -> str:
    """Whether a stop under load loses anything, and how long it takes."""
    with serving(grid) as server:
        done = asyncio.run(_write_and_read(server, grid, options.seconds, stop=True))
        started = time.perf_counter()
        code = server.process.wait(timeout=60)
        took = time.perf_counter() - started
    with serving(grid) as server:
        lost = done.lost(published_among(server, grid))
    return (
        f"ended {took:.2f} s after the last answer, exit {code}; {done.writes} writes, "
        f"{done.errors} errors, {done.open} without an answer, {lost} owners with a lost write"
    )


PARTS: dict[str, Callable[[Grid, argparse.Namespace], str]] = {
    "reads": lambda *_: "",
    "half": half_load,
    "memory": memory,
    "publish": lambda *_: "",
    "slow": slow_clients,
    "start": start,
    "mixed": mixed,
    "stop": stop,
}


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
        open_the_gate(top)
        owners = [Owner(new_user_id(), f"writer{number}") for number in range(WRITERS)]
        with closing(open_stores(url, top / "data")) as stores:
            shown = fill(stores.canvases, size)
            draft = CanvasDraft(room_state=normalise_room(ROOM))
            made = [stores.canvases.create(owner, draft, time.time()).id for owner in owners]
        pairings = PairingStore(top / "orch" / "pairings")
        tokens = [pairings.issue(owner.id, owner.handle, now=time.time()) for owner in owners]
        environment = roots(top) | {"ENSEMBLE_DATABASE_URL": url}
        drafts = list(zip(made, tokens, strict=True))
        yield Grid(environment, shown, drafts, [owner.id for owner in owners])


@contextmanager
def serving(grid: Grid) -> Iterator[Server]:
    """The real server on a grid, once it has looked through its files."""
    with booted(grid) as server:
        _wait_until_idle(server)
        yield server


def booted(grid: Grid) -> AbstractContextManager[Server]:
    """The real server on a grid, as soon as it listens."""
    command = [sys.executable, str(ROOT / "bin" / "control-panel-server.py"), "--port", "0"]
    return running(command, b"", grid.environment)


def _wait_until_idle(server: Server) -> None:
    used = -1.0
    while used != (now := server.processor_seconds()):
        used = now
        time.sleep(SETTLE_SECONDS)


def roots(top: Path) -> dict[str, str]:
    """The data roots below a folder, as variables."""
    names = {"ORCH_DATA": "orch", "CLAUDE_PLUGIN_DATA": "plugin", "ENSEMBLE_DATA_ROOT": "data"}
    return {variable: str(top / folder) for variable, folder in names.items()}


def open_the_gate(top: Path) -> None:
    """Open the gate for what this checkout serves."""
    (top / "plugin").mkdir()
    open_gate(top / "orch" / "gate.json", served_build(ROOT), now=time.time())


def fill(store: CanvasStore, size: int) -> str:
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


def publishes(server: Server, canvas_id: str, token: str, count: int) -> Load:
    """Publish one canvas over and over, from one connection; an unpublish comes between."""
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token}"}
    times: list[float] = []
    errors = 0
    used = server.processor_seconds()
    with closing(http.client.HTTPConnection(server.address, timeout=30)) as connection:
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
    cost = (server.processor_seconds() - used) / (2 * count)
    return Load(len(times) / sum(times), statistics.median(times), _p99(times), errors, cost)


def full_load(
    server: Server, path: str, seconds: float, *, rate: float = 0.0, slow: int = 0
) -> Load:
    """Ask from many connections at once.

    Args:
        server: Who is asked.
        path: What is asked for.
        seconds: For how long.
        rate: Answers per second that are asked for; each again as soon as it is answered by default.
        slow: How many others send a request a byte at a time meanwhile.
    """
    pause = CONNECTIONS / rate if rate else 0.0
    ask(server, path, 0.3, pause=pause)  # not counted
    with crawling(server, slow):
        used, started = server.processor_seconds(), time.perf_counter()
        times, errors = ask(server, path, seconds, pause=pause)
        took = time.perf_counter() - started
        cost = server.processor_seconds() - used
    rate = len(times) / took
    return Load(rate, statistics.median(times), _p99(times), errors, cost / len(times))


class Line:
    """One connection of the load.

    Attributes:
        began: When its present request was sent, or was due.
        answer: What has come of the answer.
    """

    def __init__(self, server: Server) -> None:
        self.socket = server.connect()
        self.began = 0.0
        self.answer = b""

    def take(self) -> int:
        """Take what has come; the status of the answer once that is whole, else 0."""
        came = self.socket.recv(1 << 18)
        if not came:
            raise EOFError
        self.answer += came
        head, end, body = self.answer.partition(b"\r\n\r\n")
        length = CONTENT_LENGTH.search(head)
        if not end or length is None or len(body) < int(length[1]):
            return 0
        self.answer = b""
        return int(head[9:12])


def ask(
    server: Server, path: str, seconds: float, *, pause: float = 0.0, connections: int = CONNECTIONS
) -> tuple[list[float], int]:
    """Ask over many connections until the time is over, from one thread that does little else.

    Args:
        server: Who is asked.
        path: What is asked for.
        seconds: For how long.
        pause: From one request of a connection to its next; none by default, the answer is all it waits for.
        connections: How many there are.

    Returns:
        The seconds that each answer took from when it was due, and how many were not 200.
    """
    head = f"GET {path} HTTP/1.1\r\nHost: {server.address}\r\n\r\n".encode()
    times: list[float] = []
    wrong = 0
    lines = [Line(server) for _ in range(connections)]
    by_number = {line.socket.fileno(): line for line in lines}
    now = time.perf_counter()
    end = now + seconds
    for number, line in enumerate(lines):  # not all at once
        line.began = now + pause * number / connections
    waiting = deque(lines)  # in the order in which they are due
    with ExitStack() as stack:
        poll = stack.enter_context(closing(select.epoll()))
        for number, line in by_number.items():
            stack.enter_context(line.socket)
            poll.register(number, select.EPOLLIN)
        while now < end or len(waiting) < connections:
            while waiting and waiting[0].began <= now < end:
                waiting.popleft().socket.sendall(head)
            rest = (waiting[0].began if waiting else end) - now
            for number, _ in poll.poll(max(0.0, rest - POLL_STEP) if now < end else 1.0):
                line = by_number[number]
                status = line.take()
                if status:
                    now = time.perf_counter()
                    times.append(now - line.began)
                    wrong += status != 200
                    line.began = line.began + pause if pause else now
                    waiting.append(line)
            now = time.perf_counter()
    return times, wrong


@contextmanager
def crawling(server: Server, count: int) -> Iterator[None]:
    """Send heads of requests that never end, a byte at a time; when cut off, from the beginning."""
    stopped = threading.Event()

    def crawl() -> None:
        lines = [(server.connect(), iter(ENDLESS_HEAD)) for _ in range(count)]
        while not stopped.wait(SLOW_PAUSE):
            for place, (line, rest) in enumerate(lines):
                try:
                    line.sendall(bytes([next(rest)]))
                except OSError:
                    line.close()
                    lines[place] = server.connect(), iter(ENDLESS_HEAD)
        for line, _ in lines:
            line.close()

    thread = threading.Thread(target=crawl)
    thread.start()
    try:
        yield
    finally:
        stopped.set()
        thread.join()


async def _connect(server: Server) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    host, port = server.address.split(":")
    return await asyncio.open_connection(host, int(port))


async def _exchange(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes
) -> tuple[int, bool]:
    """Send one request and read its answer.

    Returns:
        Its status, and whether it is the last one of this connection.
    """
    writer.write(request)
    answer = await reader.readuntil(b"\r\n\r\n")
    length = answer.lower().split(b"content-length:")[1].split(b"\r\n")[0]
    await reader.readexactly(int(length))
    return int(answer.split(b" ", 2)[1]), b"connection: close" in answer.lower()


class Writes:
    """What writers were told.

    Attributes:
        writes: How many changes were acknowledged.
        errors: How many were refused.
        open: How many were asked for and never answered.
        last: For each canvas, whether the last acknowledgement was of a publish; None where a later
            request got no answer.
    """

    def __init__(self) -> None:
        self.writes = self.errors = self.open = 0
        self.last: dict[str, bool | None] = {}

    def lost(self, published: set[str]) -> int:
        """How many canvases are not as was acknowledged."""
        return sum(
            wanted is not None and wanted != (canvas_id in published)
            for canvas_id, wanted in self.last.items()
        )


async def _write_and_read(server: Server, grid: Grid, seconds: float, *, stop: bool) -> Writes:
    """Let every writer publish and unpublish among readers; perhaps stop the server meanwhile."""
    done = Writes()
    end = time.perf_counter() + seconds * (2 if stop else 1)
    readers = asyncio.to_thread(ask, server, GRID, seconds, connections=WRITERS)
    writers = [asyncio.create_task(_write(server, *draft, done, end)) for draft in grid.drafts]
    if stop:
        await asyncio.sleep(seconds / 2)
        server.process.send_signal(signal.SIGTERM)
    await asyncio.gather(readers, *writers, return_exceptions=stop)
    return done


async def _write(server: Server, canvas_id: str, token: str, done: Writes, end: float) -> None:
    reader, writer = await _connect(server)
    is_publish = True
    try:
        while time.perf_counter() < end:
            step, body = ("publish", b'{"slot_index": 0}') if is_publish else ("unpublish", b"{}")
            before, done.last[canvas_id] = done.last.get(canvas_id), None
            request = (
                f"POST /studio/canvas/{canvas_id}/{step} HTTP/1.1\r\nHost: {server.address}\r\n"
                f"Authorization: Bearer {token}\r\nContent-Type: application/json\r\n"
                f"Content-Length: {len(body)}\r\n\r\n"
            )
            status, is_last = await _exchange(reader, writer, request.encode() + body)
            if status == 200:
                done.writes += 1
                done.last[canvas_id] = is_publish
                is_publish = not is_publish
            else:
                done.errors += 1
                done.last[canvas_id] = before
            if is_last:
                return
    except (OSError, EOFError):
        done.open += 1
    finally:
        writer.close()


def published_among(server: Server, grid: Grid) -> set[str]:
    """Which of the writers' canvases a visitor can see."""
    with closing(http.client.HTTPConnection(server.address, timeout=30)) as connection:
        seen = set()
        for canvas_id, _ in grid.drafts:
            connection.request("GET", f"/ensemble/canvas/{canvas_id}")
            reply = connection.getresponse()
            reply.read()
            if reply.status == 200:
                seen.add(canvas_id)
        return seen


def _p99(times: list[float]) -> float:
    return statistics.quantiles(times, n=100)[98]


if __name__ == "__main__":
    sys.exit(main())
