"""Writers among readers: whether everything that a server acknowledged is there afterwards."""

from __future__ import annotations

import asyncio
import http.client
import signal
import time
from contextlib import closing
from typing import TYPE_CHECKING

from benchmarks.load import ask
from benchmarks.served_grid import GRID, WRITERS

if TYPE_CHECKING:
    from benchmarks.served_grid import Grid, Server


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


async def write_and_read(server: Server, grid: Grid, seconds: float, *, stop: bool) -> Writes:
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
