"""Processes that work on a store until they are killed: ``python victims.py STORE_URL``.

A zygote imports everything once and forks a victim for each order that it reads; so a round costs
milliseconds, and a victim has one thread. An order is ``loop FIRST`` (steps without end), ``one
NUMBER`` or ``delete TITLE`` (a single step, before which it stops itself so that it can be traced),
or ``race WHO COUNT`` (publishes of owners of its own). Every acknowledgement is a line.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final, Self

if TYPE_CHECKING:
    from dashgen.store_protocol import CanvasStore

ROOT: Final = Path(__file__).parents[2]
_SECONDS: Final = 180.0  # only a hang takes as long
_SET_PTRACER: Final = 0x59616D61
_ANYBODY: Final = -1


class Zygote:
    """The parent of victims, all on one store; a context manager.

    Attributes:
        refusals: What victims were refused with.

    Args:
        url: The store.
    """

    def __init__(self, url: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.chaos.victims", url],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'bin'}"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            bufsize=1,
        )
        self.refusals: list[str] = []
        self._watchdog = self._watch()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._watchdog.cancel()
        self._process.kill()
        self._process.wait()
        for pipe in (self._stdin, self._stdout):
            pipe.close()

    @property
    def _stdin(self) -> IO[str]:
        assert self._process.stdin is not None
        return self._process.stdin

    @property
    def _stdout(self) -> IO[str]:
        assert self._process.stdout is not None
        return self._process.stdout

    def order(self, *words: object) -> int:
        """Give an order and return the process id of the victim that carries it out."""
        self._watchdog.cancel()
        self._watchdog = self._watch()
        self._stdin.write(" ".join(map(str, words)) + "\n")
        self._stdin.flush()
        word, number = self.line().split()
        assert "pid" == word
        return int(number)

    def _watch(self) -> threading.Timer:
        """End the zygote, and so whoever waits for it, where an order takes that long; there may be thousands."""
        watchdog = threading.Timer(_SECONDS, self._process.kill)
        watchdog.daemon = True
        watchdog.start()
        return watchdog

    def line(self) -> str:
        """The next line that the victim, or the zygote about it, says."""
        line = self._stdout.readline()
        assert line, "the zygote has died"
        return line.strip()

    def acknowledged(self) -> tuple[int, int]:
        """Wait for the victim's end.

        Returns:
            How many steps it acknowledged that were not read before, and its exit code.
        """
        count = 0
        while not (line := self.line()).startswith("end"):
            count += line.startswith("ack")
            if line.startswith("refused"):
                self.refusals.append(line.split()[1])
        return count, int(line.split()[1])


def main(url: str) -> None:
    """Carry out orders until standard input ends."""
    _import_once_for_all(url)
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            _say(f"pid {os.getpid()}")  # not by its parent, before whom it may have acknowledged
            _carry_out(url, line.split())
            os._exit(0)
        if line.startswith(("one", "delete")):
            os.waitid(os.P_PID, child, os.WSTOPPED | os.WNOWAIT)
            _say("stopped")
        _, status = os.waitpid(child, 0)
        _say(f"end {os.waitstatus_to_exitcode(status)}")


def _import_once_for_all(url: str) -> None:
    """Open the store, read and let go of it: a driver is imported by whoever connects first.

    Nothing is judged: another victim may be at work on the store already.
    """
    from dashgen.grid_cursor import GridOrder
    from dashgen.stores import open_url
    from tests.chaos import steps  # noqa: F401 - the victims need it

    with closing(open_url(url)) as stores:
        stores.canvases.list_published(GridOrder.newest, 1, "")
        stores.canvases.count()


def _carry_out(url: str, words: list[str]) -> None:
    from dashgen.errors import EnsembleError
    from dashgen.stores import open_url
    from tests.chaos import steps

    with closing(open_url(url)) as stores:
        store = stores.canvases
        kind, *arguments = words
        if kind == "race":
            _race(store, *arguments)
            return
        canvases = {canvas.title: canvas for canvas in store.mine(steps.ALICE.id)}
        if kind != "loop":
            _let_be_traced()
            os.kill(os.getpid(), signal.SIGSTOP)
        if kind == "delete":
            store.delete(canvases[arguments[0]].id, steps.ALICE.id)
            _say("ack delete")
            return
        number = int(arguments[0])
        while True:
            try:
                steps.take(store, canvases, number)
            except EnsembleError as refusal:
                _say(f"refused {refusal.error}")
                os._exit(1)
            _say(f"ack {number}")
            number += 1
            if kind == "one":
                return


def _race(store: CanvasStore, who: str, count: str) -> None:
    """Publish one canvas after another, each third of them by another owner."""
    from dashgen.canvas_schema import CanvasDraft, Owner, Visibility
    from dashgen.slots import Tier

    for number in range(int(count)):
        owner = Owner(f"usr_{who}{number // 3}", who)
        canvas = store.create(owner, CanvasDraft(), 1.0)
        store.publish(
            canvas.id,
            owner.id,
            slot_index=number % 3,
            visibility=Visibility.public,
            tier=Tier.free,
            now=1.0,
        )
        _say(f"ack {number}")


def _let_be_traced() -> None:
    """Let strace attach where the system allows that for descendants alone."""
    import ctypes

    ctypes.CDLL(None).prctl(_SET_PTRACER, _ANYBODY, 0, 0, 0)


def _say(text: str) -> None:
    os.write(1, f"{text}\n".encode())


if __name__ == "__main__":
    main(sys.argv[1])
