"""Visits in a real Chromium, each in a browser context of its own, with all that happened in it."""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from playwright.sync_api import Error, expect

from runbook.browsers import find_browser, sandbox_arguments
from runbook.patience import patience
from tests.integration import driver
from tests.integration.browser_process import ARGUMENTS, browser_of_the_run, in_ci
from tests.integration.server_process import ROOT
from tests.integration.waiting import COUNT_REQUESTS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import (
        Browser,
        BrowserContext,
        ConsoleMessage,
        Dialog,
        Page,
        Playwright,
        Request,
        Response,
        WebError,
    )

ACTION_MS = patience(10_000)  # for what a page should show at once; only a fault takes as long
EVIDENCE_MS = 3_000
expect.set_options(timeout=ACTION_MS)
# A small laptop's: every pixel is painted without a graphics card.
VIEWPORT = {"width": 1024, "height": 640}
VIOLATION = "content security policy: "
# Chromium reports a violation where nobody listens; the page says it aloud instead.
_REPORT_VIOLATIONS = f"""addEventListener("securitypolicyviolation", (event) =>
  console.error("{VIOLATION}" + event.violatedDirective + " " + event.blockedURI))"""


@contextlib.contextmanager
def driven_chromium() -> Iterator[Browser]:
    """Drive the run's Chromium, which is running already.

    Raises:
        EnvironmentNotReady: There is none that works.
    """
    process = browser_of_the_run().wait()
    with _playwright(process.folder) as playwright:
        browser = playwright.chromium.connect_over_cdp(process.endpoint)
        yield browser
        browser.close()


@contextlib.contextmanager
def booted_chromium() -> Iterator[Browser]:
    """Boot a Chromium of one's own: what the tier is measured against, see benchmarks/browser_tier.py."""
    found = find_browser()
    assert found is not None
    with tempfile.TemporaryDirectory() as folder, _playwright(Path(folder)) as playwright:
        arguments = [*ARGUMENTS, *sandbox_arguments()]
        browser = playwright.chromium.launch(executable_path=found.path, args=arguments)
        yield browser
        browser.close()


@contextlib.contextmanager
def _playwright(temporary: Path) -> Iterator[Playwright]:
    """Take the driver that starts already, or start one; it keeps its traces in this folder for a while."""
    taken = driver.take(temporary)
    try:
        yield taken.wait()
    finally:
        taken.stop()


class Visit:
    """Somebody in front of a browser of their own.

    Attributes:
        context: The browser context: nothing is shared with another visit.
        page: Its first page.
        dialogs: Every alert, confirm and prompt that came up.
        errors: Every error that reached the console, and every exception that a script did not catch.
        violations: What the content security policy refused.
        outside: Every request to anything but the server under smoke. None gets there: Chromium
            itself is started so that no other host can be found.
        requests: All of them, with their answers.

    Args:
        browser: The run's Chromium.
        origin: The server under smoke.
        options: For the context, such as ``bypass_csp``.
    """

    def __init__(self, browser: Browser, origin: str, **options: Any) -> None:
        self.dialogs: list[str] = []
        self.errors: list[str] = []
        self.violations: list[str] = []
        self.outside: list[str] = []
        self.requests: list[str] = []
        self._console: list[str] = []
        self._origin = origin
        self.context = self._make_context(browser, options)
        self.page = self.context.new_page()

    def counted(self, *requests: str) -> dict[str, int]:
        """How often each of these was asked for: what broke on its way, or was meant before, is not sent again."""
        sent = "\n".join(self.requests)
        return {request: sent.count(request) for request in requests}

    def _make_context(self, browser: Browser, options: dict[str, Any]) -> BrowserContext:
        settings = {"base_url": self._origin, "viewport": VIEWPORT, "locale": "en-GB"}
        # Without motion nothing has to be waited for until it stands still.
        settings |= {"reduced_motion": "reduce", "service_workers": "block"}
        context = browser.new_context(**{**settings, **options})
        context.set_default_timeout(ACTION_MS)
        # Snapshots of each step are a fifth of the tier's time: for whoever cannot simply run it again.
        context.tracing.start(snapshots=in_ci())
        context.add_init_script(_REPORT_VIOLATIONS)
        context.add_init_script(COUNT_REQUESTS)
        context.on("console", self._on_console)
        context.on("weberror", self._on_error)
        context.on("dialog", self._on_dialog)
        context.on("request", self._on_request)
        context.on("response", self._on_response)
        context.on("requestfailed", self._on_failed_request)
        return context

    def _on_console(self, message: ConsoleMessage) -> None:
        self._console.append(f"{message.type}: {message.text}")
        if message.text.startswith(VIOLATION):
            self.violations.append(message.text.removeprefix(VIOLATION))
        elif message.type == "error":
            self.errors.append(message.text)

    def _on_error(self, error: WebError) -> None:
        self._console.append(f"exception: {error.error.message}")
        self.errors.append(error.error.message)

    def _on_dialog(self, dialog: Dialog) -> None:
        self.dialogs.append(f"{dialog.type}: {dialog.message}")
        dialog.dismiss()

    def _on_request(self, request: Request) -> None:
        if not request.url.startswith((f"{self._origin}/", "data:", "blob:")):
            self.outside.append(f"{request.method} {request.url}")

    def _on_response(self, response: Response) -> None:
        request = response.request
        self.requests.append(f"{request.method} {response.url} {response.status}")

    def _on_failed_request(self, request: Request) -> None:
        self.requests.append(f"{request.method} {request.url} failed: {request.failure}")

    def open_page_without_policy(self) -> Page:
        """Open a page in which Chromium heeds no content security policy."""
        page = self.context.new_page()
        self.context.new_cdp_session(page).send("Page.setBypassCSP", {"enabled": True})
        return page

    @property
    def trouble(self) -> list[str]:
        """All that a visit to healthy pages does not have."""
        return [*self.dialogs, *self.errors, *self.violations, *self.outside]

    def keep(self, folder: Path, name: str) -> None:
        """Write what can tell why the test failed: pictures, trace, console and requests."""
        folder.mkdir(parents=True, exist_ok=True)
        for number, page in enumerate(self.context.pages, start=1):
            with contextlib.suppress(Error):  # a page may be gone, or hang
                page.screenshot(path=folder / f"{name}-page{number}.png", timeout=EVIDENCE_MS)
        with contextlib.suppress(Error):
            self.context.tracing.stop(path=folder / f"{name}-trace.zip")
        (folder / f"{name}-console.log").write_text(_lines(self._console), encoding="utf-8")
        (folder / f"{name}-requests.log").write_text(_lines(self.requests), encoding="utf-8")

    def close(self) -> None:
        """End the visit and forget all that it left in the browser."""
        self.context.close()


def _lines(texts: list[str]) -> str:
    return "".join(f"{text}\n" for text in texts)


class Visits:
    """Makes the visits of one test, and keeps their evidence if it fails.

    Args:
        browser: The run's Chromium.
        origin: The server under smoke.
        folder: Where the evidence goes; made when there is any.
    """

    def __init__(self, browser: Browser, origin: str, folder: Path) -> None:
        self._browser = browser
        self._origin = origin
        self._folder = folder
        self._made: dict[str, Visit] = {}

    def begin(self, name: str, **options: Any) -> Visit:
        """Begin a visit.

        Args:
            name: What its evidence is called.
            options: For the browser context.
        """
        self._made[name] = Visit(self._browser, self._origin, **options)
        return self._made[name]

    def keep(self) -> str:
        """Keep the evidence of every visit; return the folder, relative to the checkout where it is inside."""
        for name, visit in self._made.items():
            visit.keep(self._folder, name)
        return os.path.relpath(self._folder, ROOT)

    def close(self) -> None:
        """End every visit."""
        for visit in self._made.values():
            visit.close()
