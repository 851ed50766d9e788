"""The hub under smoke: a real process, on data of its own, that cannot outlive this one.

`start` is called before pytest is imported (``before`` in ``[tool.runbook.tiers.hub]``), so that the hub
boots meanwhile. Hence no import here that the start does not need.
"""

from __future__ import annotations

import os
import re
import select
import subprocess
import sys
import time
from pathlib import Path
from typing import Self

from tests.hub.unshown_apps import add_unshown

ROOT = Path(__file__).resolve().parents[2]
APPS = Path(os.environ.get("HUB_APPS") or ROOT / "bin" / "hub" / "apps")
TEST_USER, TEST_PASSWORD = "smoke", "smoke-password"
BOOT_SECONDS = 30.0  # only a hang takes as long; a death is noticed at once
_LAST_LINES = 8  # of the hub's log that a message shows
_IN_MEMORY = Path("/dev/shm")  # noqa: S108 - the smoke is of no use after a loss of power


class HubUnusable(Exception):
    """The hub is dead, deaf, or says something else than where it is."""


class HubProcess:
    """The hub, started at once and waited for later.

    A keeper stands between: when this process ends, by kill -9 too, it ends the hub and removes its
    data.

    Attributes:
        apps: The folder of the apps that it serves.
        data: Where it keeps its keys, and the apps their data.

    Args:
        apps: The folder of the apps.
        *options: Further options of ``hub serve``.
        top: Where it keeps its data, and all that it leaves; removed in the end. Made if not given.
        **environment: Variables besides this process's own.
    """

    def __init__(
        self, apps: Path, *options: str, top: Path | None = None, **environment: str
    ) -> None:
        self.apps = apps
        self._top = top or _new_folder()
        self._top.mkdir(mode=0o700, exist_ok=True)
        self.data = self._top / "data"
        self._log = self._top / "hub.log"
        self._said = b""
        self._app_urls: dict[str, str] = {}
        variables = {
            "PYTHONPATH": str(ROOT / "bin"),
            "PYTHONDONTWRITEBYTECODE": "1",  # the apps under smoke are somebody's folder
            "HUB_DATA": str(self.data),
            "HUB_TEST_USER": TEST_USER,
            "HUB_TEST_PASSWORD": TEST_PASSWORD,
            "HUB_EXIT_WITH_PARENT": "1",
        }
        keeper = [sys.executable, "-I", "-S", str(ROOT / "bin" / "runbook" / "keeper.py")]
        hub = [sys.executable, "-m", "hub", "--apps", str(apps), "serve", "--port", "0", *options]
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [*keeper, "--remove", str(self._top), "--grace", "5", "--", *hub],
                env=os.environ | variables | environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                start_new_session=True,
            )

    def __enter__(self) -> Self:
        """Be there for a block, and not after it, whatever becomes of it."""
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def url(self) -> str:
        """The portal's address; waits until the hub is ready.

        Raises:
            HubUnusable: It died, or is not ready in time; with what it printed.
        """
        return self._lines()[-1].rpartition(" ")[2]

    @property
    def app_urls(self) -> dict[str, str]:
        """The address of each app that it found, broken ones too, by slug; see `url`."""
        if not self._app_urls:
            words = (line.split() for line in self._lines())
            self._app_urls = {said[1]: said[2] for said in words if said[0] == "app"}
        return self._app_urls

    @property
    def port(self) -> int:
        """The port that it listens on, which is not in its addresses where they are those of a proxy."""
        words = (line.split() for line in self._lines())
        return next(int(said[1]) for said in words if said[0] == "ports")

    def _lines(self) -> list[str]:
        deadline = time.monotonic() + BOOT_SECONDS
        while not self._is_complete():
            if not select.select([self._stdout], [], [], max(0.0, deadline - time.monotonic()))[0]:
                raise HubUnusable(f"the hub was not ready in {BOOT_SECONDS:.0f} s: {self.output()}")
            chunk = os.read(self._stdout, 65_536)
            if not chunk:
                raise HubUnusable(self._how_it_died())
            self._said += chunk
        return self._said.decode().splitlines()

    def _is_complete(self) -> bool:
        last = self._said[:-1].rpartition(b"\n")[2] if self._said.endswith(b"\n") else b""
        return last.startswith(b"hub listening on ")

    @property
    def _stdout(self) -> int:
        assert self._process.stdout is not None
        return self._process.stdout.fileno()

    def output(self) -> str:
        """The end of what the hub has logged, the last line first."""
        lines = self._log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
        return " | ".join(reversed(lines[-_LAST_LINES:])) or "it logged nothing"

    def _how_it_died(self) -> str:
        """Where the error arose that ended it, first, for a line may cut the rest; else the end of its log."""
        text = self._log.read_text(encoding="utf-8", errors="replace").strip()
        places = re.findall(rf'File "{re.escape(str(ROOT))}/(bin/[^"]+)", line (\d+)', text)
        if not places:
            return f"the hub died at boot: {self.output()}"
        error = text.rpartition("\n")[2]
        return f"{':'.join(places[-1])} {error}; the hub died at boot"

    def stop(self) -> None:
        """End the hub and its keeper, which removes the data."""
        self._process.communicate()  # closes the keeper's standard input


def _new_folder() -> Path:
    folder = _temporary_folder() / f"hub-smoke-{os.urandom(8).hex()}"
    folder.mkdir(mode=0o700)
    return folder


def _temporary_folder() -> Path:
    if "TMPDIR" in os.environ:
        return Path(os.environ["TMPDIR"])
    return _IN_MEMORY if os.access(_IN_MEMORY, os.W_OK | os.X_OK) else Path("/tmp")  # noqa: S108 - a new folder in it


_started: list[HubProcess] = []


def start() -> HubProcess:
    """Start the run's hub unless it is started already, and return it; it has a few apps that it must not show."""
    if not _started:
        top = _new_folder()
        _started.append(HubProcess(add_unshown(APPS, top / "apps"), top=top))
    return _started[0]


def start_with_browser() -> None:
    """Start the run's hub, and its Chromium beside it, unless they are started already.

    Raises:
        EnvironmentNotReady: In CI, where nothing is skipped: there is no Chromium that works.
    """
    from tests.integration import browser_process

    start()
    browser_process.begin()
    if browser_process.in_ci():
        browser_process.browser_of_the_run().wait()


def stop() -> None:
    """End the run's hub if it was started."""
    while _started:
        _started.pop().stop()
