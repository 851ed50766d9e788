"""The Chromium of the browser tier: started once a run, and driven when it is ready.

`start` is called before pytest is imported (``before`` in ``[tool.runbook.tiers.browser]``), so that
Chromium and the server boot meanwhile. Hence no import here that the start does not need.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import re
import subprocess
import sys
import threading
from collections import deque
from typing import IO, TYPE_CHECKING

from runbook.browsers import (
    QUIET,
    candidates,
    how_to_get_one,
    readable,
    sandbox_arguments,
    where_sockets_fit,
)
from runbook.errors import EnvironmentNotReady
from runbook.patience import patience
from tests.integration import server_process
from tests.integration.server_process import ROOT, temporary_folder

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from runbook.browsers import Browser

BOOT_SECONDS = patience(20.0)  # only a hang takes as long; a death is noticed at once
ANSWER_SECONDS = patience(5.0)  # to be asked whether it is still there
# Set by benchmarks/browser_tier.py, for what it compares with.
BOOT_PER_TEST = "ENSEMBLE_BOOT_PER_TEST"
TIER = "bin/nox -s browser"
_LISTENING = re.compile(r"DevTools listening on (ws://\S+)")
_LAST_LINES = 4  # of what Chromium printed, that a message shows
# Each window has two pages of its own for what is typed into its address bar: half of the cost of opening one.
_UNUSED = (
    "WebUIOmniboxPopup",
    "WebUIOmniboxAimPopup",
    "WebUIOmniboxFullPopup",
    "PreloadTopChromeWebUI",
    "MediaRouter",
    "OptimizationHints",
    "PaintHolding",
    "Translate",
    "BackForwardCache",  # with which a page that leads elsewhere keeps its process
)
# Besides keeping quiet: the same colours, sizes and timers on every machine, and no dialogs of its own.
ARGUMENTS = (
    *QUIET,
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-extensions",
    "--disable-breakpad",
    "--disable-renderer-backgrounding",
    # One process for portal and app, where each visit would start two or three: it guards what else somebody has
    # open, and there is nothing else.
    "--disable-site-isolation-trials",
    "--disable-backgrounding-occluded-windows",
    f"--disable-features={','.join(_UNUSED)}",
    "--force-color-profile=srgb",
    # A place that is painted anew within what stands already differs by a hair, and a picture from the one before.
    "--disable-partial-raster",
    "--hide-scrollbars",
    "--mute-audio",
    "--password-store=basic",
    "--use-mock-keychain",
)


def in_ci() -> bool:
    """Whether nobody is there to read a warning, so that a missing browser is an error."""
    return bool(os.environ.get("CI"))


class ChromiumProcess:
    """A Chromium that listens on a port of its own choice on this machine alone.

    A keeper stands between: when this process ends, by kill -9 too, it ends Chromium and removes the
    folder.

    Attributes:
        browser: The program.
        folder: Its profile, and all that it and its driver keep for a while.
    """

    def __init__(self, browser: Browser) -> None:
        self.browser = browser
        self._endpoint = ""
        self._lost = ""
        self._last = deque[str](maxlen=_LAST_LINES)
        self._answered = threading.Event()
        self.folder = _folder_of_its_own()
        keeper = [sys.executable, "-I", "-S", str(ROOT / "bin" / "runbook" / "keeper.py")]
        # Chromium says on standard error where it listens; the keeper passes on standard output.
        merged = ["/bin/sh", "-c", 'exec "$@" 2>&1', "sh"]
        command = [
            browser.path, "--headless", "--remote-debugging-port=0", f"--user-data-dir={self.folder}/profile",
            "--no-startup-window", *ARGUMENTS, *sandbox_arguments(),
        ]  # fmt: skip
        self._process = subprocess.Popen(
            [*keeper, "--remove", str(self.folder), "--grace", "0", "--", *merged, *command],
            env=os.environ | {"TMPDIR": str(self.folder)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        self._reader = threading.Thread(target=self._read, args=[self._process.stdout], daemon=True)
        self._reader.start()

    def _read(self, output: IO[bytes]) -> None:
        """Take what Chromium prints, to its end: a full pipe would stop it."""
        with output:
            for line in output:
                text = line.decode(errors="replace").strip()
                self._last.append(readable(text))
                if found := _LISTENING.search(text):
                    self._endpoint = found[1]
                    self._answered.set()
        self._answered.set()

    @property
    def endpoint(self) -> str:
        """Where to connect to it; waits until it is ready.

        Raises:
            EnvironmentNotReady: It died, or is not ready in time; with what it printed.
        """
        is_in_time = self._answered.wait(BOOT_SECONDS)
        if not self._endpoint:
            raise self._error(
                "died at boot" if is_in_time else f"was not ready in {BOOT_SECONDS:.0f} s"
            )
        return self._endpoint

    def _error(self, how: str) -> EnvironmentNotReady:
        said = " | ".join(self._last) or "it printed nothing"
        return EnvironmentNotReady(f"{self.browser.path} {how}: {said}")

    def must_answer(self) -> None:
        """Ask whether it is still there; one that does not answer is ended, for nobody can end a page of it.

        Raises:
            EnvironmentNotReady: It is not, or was not when this was asked before.
        """
        self._lost = self._lost or self._how_it_is_lost()
        if self._lost:
            self.stop()
            raise self._error(f"was lost on the way, it {self._lost}")

    def _how_it_is_lost(self) -> str:
        from http.client import HTTPConnection

        if not self._endpoint:
            return ""  # whoever waits for it is told
        address = self._endpoint.split("/")[2]
        connection = HTTPConnection(address, timeout=ANSWER_SECONDS)
        try:
            connection.request("GET", "/json/version")
            connection.getresponse()
        except TimeoutError:
            return "does not answer"
        except OSError:
            return "ended"
        finally:
            connection.close()
        return ""

    def stop(self) -> None:
        """End Chromium and its keeper, which removes the folder."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()
        self._reader.join()


def _folder_of_its_own() -> Path:
    name = f"ensemble-browser-{os.urandom(8).hex()}"
    folder = where_sockets_fit(temporary_folder(), name)
    folder.mkdir(mode=0o700)
    return folder


class BrowserOfTheRun:
    """The first Chromium on this machine that starts; the next one is started where one is broken."""

    def __init__(self) -> None:
        self._reasons: list[str] = []
        self._next_step = how_to_get_one()
        self._candidates = self._find()
        self._process = self._launch_next()

    def _find(self) -> Iterator[Browser]:
        if importlib.util.find_spec("playwright") is None:
            self._reasons.append("Playwright is not installed here")
            self._next_step = TIER
            return
        try:
            yield from candidates()
        except EnvironmentNotReady as error:
            self._reasons.append(error.what)

    def _launch_next(self) -> ChromiumProcess | None:
        browser = next(self._candidates, None)
        return ChromiumProcess(browser) if browser else None

    def wait(self) -> ChromiumProcess:
        """Return the Chromium that is ready, trying the next where one is broken.

        Raises:
            EnvironmentNotReady: None is there, or none starts; the message says why each does not.
        """
        while self._process:
            try:
                self._process.endpoint  # noqa: B018 - waits
            except EnvironmentNotReady as error:
                self._reasons.append(error.what)
                self._process.stop()
                self._process = self._launch_next()
            else:
                return self._process
        why = "; ".join(self._reasons) or "there is none on this machine"
        raise EnvironmentNotReady(
            f"no Chromium for the browser tests: {why}", next_step=self._next_step
        )

    def must_answer(self) -> None:
        """Make sure that the one that was ready once still is.

        Raises:
            EnvironmentNotReady: It was lost on the way.
        """
        if self._process:
            self._process.must_answer()

    @property
    def folder(self) -> Path | None:
        """Where the one that is starting, or has started, keeps what it needs."""
        return self._process.folder if self._process else None

    def stop(self) -> None:
        """End what is running."""
        if self._process:
            self._process.stop()


_started: list[BrowserOfTheRun] = []


def start() -> None:
    """Start the run's server, and its Chromium beside it, unless they are started already.

    Raises:
        EnvironmentNotReady: In CI, where nothing is skipped: there is no Chromium that works.
    """
    server_process.start()
    if BOOT_PER_TEST in os.environ:
        return
    begin()
    if in_ci():
        browser_of_the_run().wait()


def begin() -> None:
    """Start the run's Chromium, and what will drive it."""
    chromium = browser_of_the_run()
    # Where Playwright cannot be imported, the first test that needs it says why.
    with contextlib.suppress(ImportError):
        from tests.integration import driver

        if chromium.folder:
            driver.begin(chromium.folder)


def browser_of_the_run() -> BrowserOfTheRun:
    """Return the run's Chromium, started now if it is not yet."""
    if not _started:
        _started.append(BrowserOfTheRun())
    return _started[0]


def stop() -> None:
    """End the run's Chromium and its driver if they were started."""
    if driver := sys.modules.get("tests.integration.driver"):
        driver.stop()
    while _started:
        _started.pop().stop()
