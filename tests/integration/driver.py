"""Playwright's driver, started before pytest is imported, and how to do several things at once with it.

It is a Node program, and takes a third of a second to start: on another core that is as long as pytest takes to
collect. Playwright waits for it where it is called, in a greenlet of its own, so what is done here is to be
elsewhere meanwhile: it is called from a greenlet that is left as soon as the driver's process runs, and resumed later.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import threading
from typing import TYPE_CHECKING, Any, TypeVar

from greenlet import getcurrent, greenlet  # type: ignore[import-untyped]
from playwright.sync_api import sync_playwright

from tests.integration.server_process import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from playwright.sync_api import Playwright

_Made = TypeVar("_Made")


class _Loop(asyncio.SelectorEventLoop):
    """Lets go of the thread when the driver's process runs, and has had time to be sent something.

    Attributes:
        greenlet: The one that the loop runs in, once it has let go.

    Args:
        begun_in: The greenlet to go on with.
    """

    def __init__(self, begun_in: greenlet) -> None:
        super().__init__()
        self.greenlet: greenlet | None = None
        self._begun_in = begun_in

    async def subprocess_exec(self, *arguments: Any, **options: Any) -> Any:
        """Start the process, and let go soon after."""
        made = await super().subprocess_exec(*arguments, **options)
        self.call_soon(self.call_soon, self._let_go)
        return made

    def _let_go(self) -> None:
        self.greenlet = getcurrent()
        self._begun_in.switch()


class Driver:
    """A driver that starts while others work.

    It is used in the thread that began it, and no other event loop can run there meanwhile: so it is with
    Playwright's own.

    Attributes:
        folder: Where it keeps its traces for a while.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._thread = threading.get_ident()
        self._loop = _Loop(getcurrent())
        self._playwright: Playwright | None = None
        self._error: BaseException | None = None
        with _variables(folder), _next_loop_is(self._loop):
            greenlet(self._start).switch()

    def _start(self) -> None:
        """Start it, in a greenlet of its own; whoever wants to use it is told what went wrong."""
        try:
            self._playwright = sync_playwright().start()
        except BaseException as error:  # noqa: BLE001 - it is raised there
            self._error = error

    @property
    def is_ours(self) -> bool:
        """Whether this is the thread that began it."""
        return self._thread == threading.get_ident()

    def wait(self) -> Playwright:
        """Return what it is driven by, as soon as it is ready."""
        self._wait_for_start()
        if self._error:
            raise self._error
        assert self._playwright is not None
        return self._playwright

    def stop(self) -> None:
        """End it, if it could be started."""
        self._wait_for_start()
        if self._playwright:
            self._playwright.stop()
        self._loop.close()

    def _wait_for_start(self) -> None:
        while not (self._playwright or self._error):
            assert self._loop.greenlet is not None
            self._loop.greenlet.switch()


@contextlib.contextmanager
def _variables(folder: Path) -> Iterator[None]:
    """Set what a driver is to start with, and nothing else."""
    # A third of its start is compiling itself.
    cache = ROOT / ".runbook" / "node-cache"
    wanted = {"TMPDIR": str(folder), "NODE_COMPILE_CACHE": str(cache)}
    before = {name: os.environ[name] for name in wanted if name in os.environ}
    os.environ.update(wanted)
    try:
        yield
    finally:
        for name in wanted:
            del os.environ[name]
        os.environ.update(before)


@contextlib.contextmanager
def _next_loop_is(loop: asyncio.AbstractEventLoop) -> Iterator[None]:
    make = asyncio.new_event_loop
    asyncio.new_event_loop = lambda: loop
    try:
        yield
    finally:
        asyncio.new_event_loop = make


def at_once(*works: Callable[[], _Made]) -> list[_Made]:
    """Do several things with Playwright at once: one goes on while another waits for Chromium.

    Raises:
        BaseException: What the first of them raised that did not succeed, when all have ended.
    """
    loop = asyncio.get_running_loop()
    assert isinstance(loop, _Loop)
    assert loop.greenlet is not None
    outcomes: list[asyncio.Future[_Made]] = [loop.create_future() for _ in works]
    doers = [greenlet(_settle) for _ in works]
    for doer, outcome, work in zip(doers, outcomes, works, strict=True):
        loop.call_soon(doer.switch, outcome, work)
    while not all(doer.dead for doer in doers):
        loop.greenlet.switch()
    return [outcome.result() for outcome in outcomes]


def _settle(outcome: asyncio.Future[_Made], work: Callable[[], _Made]) -> None:
    try:
        outcome.set_result(work())
    except BaseException as error:  # noqa: BLE001 - it is raised where the outcome is asked for
        outcome.set_exception(error)


_begun: list[Driver] = []


def begin(folder: Path) -> None:
    """Have a driver start that keeps its traces in this folder for a while, unless one does already."""
    if not _begun:
        _begun.append(Driver(folder))


def take(folder: Path) -> Driver:
    """Return the driver that was begun here for this folder, if nobody has taken it yet; else a new one."""
    if _begun and _begun[0].is_ours:
        begun = _begun.pop()
        if begun.folder == folder:
            return begun
        begun.stop()  # of a Chromium that is broken
    return Driver(folder)


def stop() -> None:
    """End the driver that was begun if nobody took it."""
    while _begun:
        _begun.pop().stop()
