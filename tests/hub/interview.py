"""What the apps are asked, ahead of the tests that judge their answers.

The hub answers while pytest is busy with itself: either of them takes about half of the time of an app's smoke.
Every question is a read, is asked once, and its answer goes to one test alone.
"""

from __future__ import annotations

import re
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Final

from tests.hub.client import Client, bearer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from concurrent.futures import Future
    from pathlib import Path

    from tests.hub.client import Reply
    from tests.hub.hub_process import HubProcess

_AT_ONCE: Final = 2  # one is answered while the other is read
_HEALTH_PATH: Final = re.compile(r"^ +health_path: *(\S+)", re.MULTILINE)
_Question = tuple[str, str]  # what, and of which app


class Interview:
    """Asks every app every question; a test that comes too early waits for its answer.

    Args:
        hub: Who serves the apps.
        slugs: The apps, in the order in which the tests come to them.
        stranger: A token that is good, and is for no app.
    """

    def __init__(self, hub: HubProcess, slugs: Iterable[str], stranger: str) -> None:
        self._hub = hub
        self._stranger = stranger
        self._own = threading.local()  # a connection serves one thread
        self._clients: list[Client] = []
        self._pool = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="interview")
        slugs = tuple(slugs)
        self._answers: dict[_Question, Future[Reply]] = {
            (what, slug): self._pool.submit(ask, self, slug)
            for what, ask in _QUESTIONS.items()
            for slug in slugs
        }

    def answer(self, what: str, slug: str) -> Reply:
        """Return what an app answers.

        Raises:
            HubUnusable: Nobody answers.
        """
        return self._answers[what, slug].result()

    def close(self) -> None:
        """Ask nothing more; what is being asked ends with the hub."""
        self._pool.shutdown(wait=False, cancel_futures=True)
        for client in self._clients:
            client.close()

    def _client(self) -> Client:
        client: Client | None = getattr(self._own, "client", None)
        if client is None:
            client = self._own.client = Client(self._hub.url)
            self._clients.append(client)
        return client

    def _get(self, slug: str, path: str, **headers: str) -> Reply:
        url = self._hub.app_urls.get(slug, f"{self._hub.url}/missing")
        return self._client().get(f"{url}{path}", **headers)

    def _health(self, slug: str) -> Reply:
        return self._get(slug, health_path(self._hub.apps / slug))

    def _me_of_nobody(self, slug: str) -> Reply:
        return self._get(slug, "/api/me")

    def _me_of_a_stranger(self, slug: str) -> Reply:
        return self._get(slug, "/api/me", **bearer(self._stranger))

    def _me(self, slug: str) -> Reply:
        return self._get(slug, "/api/me", **bearer(self._client().token(slug)))

    def _page(self, slug: str) -> Reply:
        return self._get(slug, "/", accept="text/html")

    def _manifest(self, slug: str) -> Reply:
        return self._get(slug, "/.hub/manifest")


# In the order of the tests that wait for them.
_QUESTIONS: Final[dict[str, Callable[[Interview, str], Reply]]] = {
    "health": Interview._health,
    "me of nobody": Interview._me_of_nobody,
    "me of a stranger": Interview._me_of_a_stranger,
    "me": Interview._me,
    "page": Interview._page,
    "manifest": Interview._manifest,
}


def health_path(folder: Path) -> str:
    """Return where an app says how it is, of a manifest that may be broken too."""
    found = _HEALTH_PATH.search((folder / "app.manifest.yml").read_text(encoding="utf-8"))
    return found[1].strip("\"'") if found else "/health"
