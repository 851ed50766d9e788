"""A tour of the hub in a browser: while one app is looked at, the next ones come up.

To open a window, to load the portal and to load an app each keep Chromium busy, and whoever waits for them idle. Each
app still has a context of its own, and is come to through its tile.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from playwright.sync_api import Error

from tests.hub.browser import ApiCalls, click_tile

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from playwright.sync_api import StorageState

    from tests.integration.browser import Visit, Visits


class Arrival:
    """Somebody on the way to an app; what goes wrong there is for the app's own test.

    Attributes:
        visits: What is kept of the visit if the test fails.

    Args:
        slug: The app.
        visits: Makes the visit.
        login: What the browser keeps of the login.
    """

    def __init__(self, slug: str, visits: Visits, login: StorageState) -> None:
        self.visits = visits
        self._slug = slug
        self._visit = visits.begin(slug, storage_state=login)
        self._calls = ApiCalls(self._visit.page)
        self._trouble: Error | None = None
        self._has_left_portal = False
        self._try(lambda: self._visit.page.goto("/", wait_until="commit"))

    def leave_portal(self) -> None:
        """Click the app's tile, and do not wait for the app."""
        if not self._has_left_portal:
            self._has_left_portal = True
            self._try(lambda: click_tile(self._visit.page, self._slug))

    def complete(self) -> tuple[Visit, ApiCalls]:
        """Return the visit, and what the page of the app has asked its backend.

        Raises:
            Error: Portal or tile could not be used.
        """
        if self._trouble is not None:
            raise self._trouble
        return self._visit, self._calls

    def _try(self, step: Callable[[], object]) -> None:
        if self._trouble is None:
            try:
                step()
            except Error as trouble:
                self._trouble = trouble


class Tour:
    """Goes to apps in the order of their tests, one ahead with the portal and one with the app.

    Args:
        visits: Makes the visit to each app, by slug, in that order.
        login: What the browser keeps of the login.
    """

    def __init__(self, visits: Mapping[str, Visits], login: StorageState) -> None:
        self._visits = visits
        self._login = login
        self._slugs = list(visits)
        self._arrivals: dict[str, Arrival] = {}

    def approach(self, slug: str) -> Arrival:
        """Return who goes to an app, and send the next ones on their way."""
        at = self._slugs.index(slug)
        for each in self._slugs[at : at + 3]:
            if each not in self._arrivals:
                self._arrivals[each] = Arrival(each, self._visits[each], self._login)
        for each in self._slugs[at : at + 2]:
            self._arrivals[each].leave_portal()
        return self._arrivals[slug]

    def close(self) -> None:
        """End every visit; those that their tests have ended are ended already."""
        for visits in self._visits.values():
            visits.close()
