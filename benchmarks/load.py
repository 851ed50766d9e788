"""Load on a server, and what the server did under it.

The client is one thread that sends and counts bytes and knows nothing of asyncio: it is quicker than each of the
servers, so the servers are what is measured.
"""

from __future__ import annotations

import http.client
import json
import re
import select
import statistics
import threading
import time
from collections import deque
from contextlib import ExitStack, closing, contextmanager
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from benchmarks.served_grid import Server

CONNECTIONS = 16
POLL_STEP = 1e-3  # s; a poll that waits at all waits as much: sixteen requests may come due
SLOW_PAUSE = 0.2
ENDLESS_HEAD = b"GET / HTTP/1.1\r\nX-Slow: " + b"x" * 60_000
CONTENT_LENGTH = re.compile(rb"content-length: (\d+)", re.IGNORECASE)


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
    request = f"GET {path} HTTP/1.1\r\nHost: {server.address}\r\n\r\n".encode()
    lines = [Line(server) for _ in range(connections)]
    with ExitStack() as stack:
        for line in lines:
            stack.enter_context(line.socket)
        now = time.perf_counter()
        for number, line in enumerate(lines):  # not all at once
            line.began = now + pause * number / connections
        return _ask_over(lines, request, until=now + seconds, pause=pause)


def _ask_over(
    lines: Sequence[Line], request: bytes, *, until: float, pause: float
) -> tuple[list[float], int]:
    times: list[float] = []
    wrong = 0
    waiting = deque(lines)  # in the order in which they are due
    by_number = {line.socket.fileno(): line for line in lines}
    with closing(select.epoll()) as poll:
        for number in by_number:
            poll.register(number, select.EPOLLIN)
        while (now := time.perf_counter()) < until or len(waiting) < len(lines):
            while waiting and waiting[0].began <= now < until:
                waiting.popleft().socket.sendall(request)
            rest = (waiting[0].began if waiting else until) - now
            for number, _ in poll.poll(max(0.0, rest - POLL_STEP) if now < until else 1.0):
                line = by_number[number]
                if status := line.take():
                    now = time.perf_counter()
                    times.append(now - line.began)
                    wrong += status != 200
                    line.began = line.began + pause if pause else now
                    waiting.append(line)
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


def _p99(times: list[float]) -> float:
    return statistics.quantiles(times, n=100)[98]
