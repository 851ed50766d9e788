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

On a busy machine only the ratios of processor time are worth reading. Run it in the app's environment:
``.nox/app/bin/python benchmarks/server.py``.
"""

from __future__ import annotations

import argparse
import asyncio
import http.client
import statistics
import sys
import time
from contextlib import ExitStack, closing
from pathlib import Path
from typing import TYPE_CHECKING

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "bin")]

from benchmarks.load import Load, full_load, publishes
from benchmarks.served_grid import (
    BARE_PATH,
    BARE_STARLETTE,
    GRID,
    HTTP_SERVER,
    Grid,
    a_grid,
    booted,
    grid_bytes,
    running,
    serving,
    wait_until_idle,
)
from benchmarks.store_work import in_turn, work_on
from benchmarks.writers import published_among, write_and_read
from runbook.arguments import above_nothing, at_least_one
from runbook.documents.measured import RECORD, Table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

SIZES = (10, 1_000, 100_000)
STORES = ("files", "sqlite", "postgresql")
SLOW_CLIENTS = 50
READS = (
    "Server", "Canvases", "What", "Per s", "p50 ms", "p99 ms", "Errors", "Processor us", "To the bare route",
    "By processor time", "To http.server",
)  # fmt: skip
PUBLISHES = ("Store", "Canvases", "What", "Processor us", "Of the database", "To the smallest")


def main() -> int:
    """Measure the parts that are asked for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--part", choices=[*TABLES, *PARTS], default="reads")
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
    table = TABLES.get(options.part, measure)(options)
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


def measure_publishes(options: argparse.Namespace) -> Table:
    """Print a table of what a publish and a page take in the store itself, beside the same at the smallest size."""
    table = Table(PUBLISHES).begin()
    for store in options.stores:
        with ExitStack() as stack:
            works = [stack.enter_context(work_on(store, size)) for size in sorted(options.sizes)]
            for what in works[0].steps:
                costs = in_turn(works, what, options.publishes)
                for work, (own, of_database) in zip(works, costs, strict=True):
                    beside = f"{(own + of_database) / sum(costs[0]):.2f}"
                    shown = f"{of_database:,.0f}" if work.backends else ""
                    table.add(store, f"{work.size:,}", what, f"{own:,.0f}", shown, beside)
    return table


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
        wait_until_idle(server)
        whole, held = server.processor_seconds(), server.resident_mb()
    return (
        f"{status} after {first:.2f} s ({used:.2f} s of the processor), "
        f"idle after {whole:.2f} s of the processor, {held:.0f} MB"
    )


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
        done = asyncio.run(write_and_read(server, grid, options.seconds, stop=False))
        lost = done.lost(published_among(server, grid))
    return f"{done.writes} writes, {done.errors} errors, {lost} owners with a lost write"


def stop(grid: Grid, options: argparse.Namespace) -> str:
    """Whether a stop under load loses anything, and how long it takes."""
    with serving(grid) as server:
        done = asyncio.run(write_and_read(server, grid, options.seconds, stop=True))
        started = time.perf_counter()
        code = server.process.wait(timeout=60)
        took = time.perf_counter() - started
    with serving(grid) as server:
        lost = done.lost(published_among(server, grid))
    return (
        f"ended {took:.2f} s after the last answer, exit {code}; {done.writes} writes, "
        f"{done.errors} errors, {done.open} without an answer, {lost} owners with a lost write"
    )


# What is said of each store and size; and what makes a table of its own.
PARTS: dict[str, Callable[[Grid, argparse.Namespace], str]] = {
    "half": half_load,
    "memory": memory,
    "slow": slow_clients,
    "start": start,
    "mixed": mixed,
    "stop": stop,
}
TABLES: dict[str, Callable[[argparse.Namespace], Table]] = {
    "reads": measure_reads,
    "publish": measure_publishes,
}


if __name__ == "__main__":
    sys.exit(main())
