"""A tour of the hub in a browser: guides look at the apps, ahead of the tests that judge what was seen.

To open a window, to load a page and to paint it each keep another process busy, and whoever goes through an app
step by step waits for one after the other. So there are two guides, each in a thread of its own, in the same Chromium
and with the same login. Each app still has a context of its own, and is come to through its tile.
"""

from __future__ import annotations

import contextlib
import threading
from concurrent.futures import Future
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Final, TypeVar

from tests.hub.browser import look_at
from tests.hub.client import Client
from tests.integration.browser import Visits, driven_chromium

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, StorageState

    from hub.catalogue import App
    from tests.hub.browser import Sight

_GUIDES: Final = 2
_Made = TypeVar("_Made")


class Stop:
    """One app of a tour, which is left when its test has judged what was seen there.

    Attributes:
        app: The app.

    Args:
        app: The app.
        evidence: The folder for what is kept of the visit.
    """

    def __init__(self, app: App, evidence: Path) -> None:
        self.app = app
        self._evidence = evidence
        self._sight: Future[Sight] = Future()
        self._is_to_be_kept: Future[bool] = Future()
        self._kept: Future[str] = Future()

    def sight(self) -> Sight:
        """Return what was seen; what went wrong on the way is raised."""
        return self._sight.result()

    def keep(self) -> str:
        """Have the visit's evidence kept, and leave; return the folder."""
        self._is_to_be_kept.set_result(True)
        return self._kept.result()

    def leave(self) -> None:
        """End the visit, if its evidence is not kept."""
        if not self._is_to_be_kept.done():
            self._is_to_be_kept.set_result(False)

    def show(self, chromium: Browser, login: StorageState, client: Client) -> None:
        """Go there, and wait for the test to judge; for the guide."""
        visits = Visits(chromium, client.url, self._evidence)
        _fulfil(self._sight, lambda: look_at(self.app, visits, login, client))
        if self._is_to_be_kept.result():
            _fulfil(self._kept, visits.keep)
        visits.close()

    def give_up(self, error: BaseException) -> None:
        """Say that no guide comes."""
        self._sight.set_exception(error)
        self._kept.set_result("")


def _fulfil(promise: Future[_Made], work: Callable[[], _Made]) -> None:
    """Keep a promise to another thread, by an error where there is one."""
    try:
        promise.set_result(work())
    except BaseException as error:  # noqa: BLE001 - it is raised there
        promise.set_exception(error)


class Tour:
    """Leads to apps in the order of their tests.

    Attributes:
        stops: By slug.

    Args:
        stops: The apps, in the order of their tests.
        login: What the browser keeps of the login.
        portal: The address of the portal.
    """

    def __init__(self, stops: Iterable[Stop], login: StorageState, portal: str) -> None:
        self.stops = {stop.app.slug: stop for stop in stops}
        self._login = login
        self._portal = portal
        self._ahead: SimpleQueue[Stop] = SimpleQueue()
        for stop in self.stops.values():
            self._ahead.put(stop)
        # A driver takes its settings from the variables of this process.
        self._at_start = threading.Lock()
        names = [f"guide-{number}" for number in range(min(_GUIDES, len(self.stops)))]
        self._guides = [threading.Thread(target=self._guide, name=name) for name in names]
        for guide in self._guides:
            guide.start()

    def close(self) -> None:
        """End every visit, and begin none."""
        for _ in self._next_stops():
            pass
        for stop in self.stops.values():
            stop.leave()
        for guide in self._guides:
            guide.join()

    def _guide(self) -> None:
        try:
            with contextlib.ExitStack() as until_done:
                with self._at_start:
                    chromium = until_done.enter_context(driven_chromium())
                client = until_done.enter_context(Client(self._portal))
                for stop in self._next_stops():
                    stop.show(chromium, self._login, client)
        except BaseException as error:  # noqa: BLE001 - it is for the tests
            for stop in self._next_stops():
                stop.give_up(error)

    def _next_stops(self) -> Iterator[Stop]:
        with contextlib.suppress(Empty):
            while True:
                yield self._ahead.get_nowait()
