"""What somebody does in the hub with a browser: log in once, go to an app, look whether it works."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, cast
from urllib.parse import urlsplit

from playwright.sync_api import Error, TimeoutError, expect  # noqa: A004 - Playwright's own

from runbook.preconditions import precondition
from tests.hub.hub_process import TEST_PASSWORD, TEST_USER
from tests.hub.pixels import contrast
from tests.integration.browser import ACTION_MS
from tests.integration.conftest import evidence_folder
from tests.integration.hands import press

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Browser, FloatRect, Page, Response, StorageState

    from hub.catalogue import App
    from tests.hub.client import Client
    from tests.integration.browser import Visits

_ADDRESS_OF_AN_APP = "**://*.localhost:*/**"
# The first heading that says a name and is drawn, as soon as there is one; no such heading is null. Of its text the
# beginning: every pixel is looked at, and a heading is as wide as the page.
_HEADING = """async ([name, patience]) => {
  const isNamed = (element) => element.textContent.toLowerCase().includes(name.toLowerCase());
  const isDrawn = (element) => element.checkVisibility({ checkVisibilityCSS: true });
  const find = () => [...document.querySelectorAll("h1, h2, h3, h4, h5, h6, [role=heading]")]
    .find((element) => isNamed(element) && isDrawn(element));
  const deadline = performance.now() + patience;
  while (!find() && performance.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 5));
  if (!find()) return null;
  const range = document.createRange();
  range.selectNodeContents(find());
  find().scrollIntoView({ block: "nearest", behavior: "instant" });
  const box = range.getBoundingClientRect();
  const [x, y] = [Math.max(0, box.x), Math.max(0, box.y)];
  return {
    x, y,
    width: Math.max(0, Math.min(box.right, innerWidth, x + 300) - x),
    height: Math.max(0, Math.min(box.bottom, innerHeight, y + 100) - y),
  };
}"""
_MOST_PAGES = 4  # that an app's own scripts may lead through, such as one for its sign-in
READABLE = 3.0  # the least contrast of large text (WCAG 2.2, 1.4.3)


def log_in(browser: Browser, portal: str) -> StorageState:
    """Log in at the portal as the test user; return what the browser keeps of it."""
    context = browser.new_context(base_url=portal)
    page = context.new_page()
    page.goto("/")
    page.get_by_label("Name").fill(TEST_USER)
    page.get_by_label("Password").fill(TEST_PASSWORD)
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Test User")
    state = context.storage_state()
    context.close()
    return state


@dataclass(frozen=True, slots=True)
class Sight:
    """What somebody has seen of an app.

    Attributes:
        address: Where the tile has led.
        authenticated: A call of the front end that succeeds and needs a sign-in, or nothing.
        public: The calls of the front end that whoever is not signed in is answered, too.
        contrast: How well the heading can be seen, from 1 to 21.
        trouble: What the page's scripts or its policy complain about.
    """

    address: str
    authenticated: str
    public: list[str]
    contrast: float
    trouble: list[str]


def look_at(app: App, visits: Visits, login: StorageState, client: Client) -> Sight:
    """Go to an app through its tile, in a context of its own, and keep a picture of it.

    Raises:
        AssertionError: No heading with its name can be seen.
    """
    visit = visits.begin(app.slug, storage_state=login)
    page, name = visit.page, app.manifest.name
    calls = ApiCalls(page)
    go_through_tile(page, app.slug)
    assert heading_with(page, name), f"no heading with the name {name!r}"
    # For which an app may come anew from its sign-in.
    authenticated = calls.first_authenticated(client)
    page.wait_for_load_state()  # a dialog that is opened later would stay in the picture
    page.keyboard.press("Escape")  # whatever greets somebody new
    heading = heading_with(page, name)
    assert heading, f"the heading with the name {name!r} is gone"
    assert heading["width"] * heading["height"] > 0, "the heading is outside of the page"
    seen = contrast_of(page, heading)
    picture(page, evidence_folder() / "apps" / f"{app.slug}.png")
    trouble = visit.errors + visit.violations
    return Sight(page.url, authenticated, calls.public(client), seen, trouble)


def go_through_tile(page: Page, slug: str) -> None:
    """Open the portal and click an app's tile as soon as it is there."""
    page.goto("/", wait_until="commit")
    with precondition("its tile can be pressed", row="test_portal_logs_in_and_out_of_every_app"):
        press(page, f'.tile-link[data-slug="{slug}"]')
    page.wait_for_url(_ADDRESS_OF_AN_APP, wait_until="domcontentloaded")


class ApiCalls:
    """The calls that the front end of a page makes of its own backend, and that succeed.

    Args:
        page: The page, before it goes to the app.
    """

    def __init__(self, page: Page) -> None:
        self._page = page
        self._succeeded: list[str] = []
        self._to_strangers: dict[str, int] = {}  # the status that each of them is answered
        page.on("response", self._note)

    def _note(self, answer: Response) -> None:
        if _is_call(answer) and answer.url not in self._succeeded:
            self._succeeded.append(answer.url)

    def first_authenticated(self, client: Client) -> str:
        """Return a call that succeeds and is refused to whoever is not signed in, waiting for one.

        Returns:
            Its address, or nothing where none comes.
        """
        while True:
            for url in self._succeeded[len(self._to_strangers) :]:
                if self._ask_as_a_stranger(url, client) == HTTPStatus.UNAUTHORIZED:
                    return url
            try:
                self._page.wait_for_event("response", _is_call, timeout=ACTION_MS)
            except TimeoutError:
                return ""

    def public(self, client: Client) -> list[str]:
        """Return the calls so far that whoever is not signed in is answered, too."""
        for url in self._succeeded[len(self._to_strangers) :]:
            self._ask_as_a_stranger(url, client)
        return [url for url, status in self._to_strangers.items() if status == HTTPStatus.OK]

    def _ask_as_a_stranger(self, url: str, client: Client) -> int:
        self._to_strangers[url] = client.get(url).status
        return self._to_strangers[url]


def _is_call(answer: Response) -> bool:
    """Whether a script has read something, which to read again changes nothing."""
    request = answer.request
    is_read = request.resource_type in {"fetch", "xhr"} and request.method == "GET"
    return is_read and "/api/" in urlsplit(answer.url).path and answer.status == HTTPStatus.OK


def heading_with(page: Page, name: str) -> FloatRect | None:
    """Return where the first heading is that says an app's name, in view; waits until one is drawn.

    A page that goes on to another while it is looked at is an error to Playwright.
    """
    for _ in range(_MOST_PAGES):
        with contextlib.suppress(Error):
            return cast("FloatRect | None", page.evaluate(_HEADING, [name, ACTION_MS]))
    return None


def contrast_of(page: Page, box: FloatRect) -> float:
    """How well what stands there can be seen, from 1 (not at all) to 21."""
    return contrast(page.screenshot(clip=box, animations="disabled"))


def picture(page: Page, file: Path) -> None:
    """Keep a screenshot of what is in view."""
    file.parent.mkdir(parents=True, exist_ok=True)
    page.evaluate("scrollTo(0, 0)")
    page.screenshot(path=file, animations="disabled")


def status_of(page: Page, url: str) -> int:
    """Go to an address with all that the browser remembers; return the HTTP status."""
    answer = page.goto(url)
    assert answer is not None, url
    return answer.status
