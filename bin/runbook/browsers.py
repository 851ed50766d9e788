"""Find a Chromium that works, prove it by opening a page, and install one where there is none.

Candidates, in this order: the one that the environment names, a build that Playwright downloaded, a
system Chromium or Chrome. None of them is ever started in a way that reaches an outside host.
"""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from runbook.errors import EnvironmentNotReady

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

VARIABLE = "ENSEMBLE_CHROMIUM"
CHECK_SECONDS = 60.0  # a cold start on a busy machine takes three
_SYSTEM = (
    "chromium",
    "chromium-browser",
    "google-chrome-stable",
    "google-chrome",
    "chrome",
    "microsoft-edge",
)
_APPLICATIONS = (
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
)
_PLAYWRIGHT_CACHES = ("~/.cache/ms-playwright", "~/Library/Caches/ms-playwright")
_PLAYWRIGHT_BUILDS = (
    "chromium_headless_shell-*/chrome-*/*headless*shell",
    "chromium-*/chrome-linux*/chrome",
    "chromium-*/chrome-mac*/*.app/Contents/MacOS/*",
)
# Without these Chromium looks for updates, variations and accounts at every start.
QUIET = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-quic",
    "--disable-default-apps",
    "--no-first-run",
    "--no-default-browser-check",
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE localhost , EXCLUDE 127.0.0.1",
)
_PAGE = "data:text/html,<p id=p></p><script>document.getElementById('p').textContent=6*7</script>"
_PROOF = ">42</p>"


@dataclass(frozen=True, slots=True)
class Browser:
    """A Chromium on this machine.

    Attributes:
        path: The program.
        source: Where it came from: environment, playwright or system.
    """

    path: str
    source: str


@dataclass(frozen=True, slots=True)
class Proof:
    """What opening a page in a browser showed.

    Attributes:
        version: What the browser calls itself.
        seconds: How long starting it and opening the page took.
    """

    browser: Browser
    version: str
    seconds: float

    def as_json(self) -> dict[str, Any]:
        """Return the proof with stable keys."""
        return {
            "schema": "browser/1",
            "path": self.browser.path,
            "source": self.browser.source,
            "version": self.version,
            "seconds": round(self.seconds, 2),
        }


def candidates() -> Iterator[Browser]:
    """Yield every Chromium that there seems to be, the preferred first.

    Raises:
        EnvironmentNotReady: The environment names one that is no program.
    """
    named = os.environ.get(VARIABLE)
    if named:
        path = shutil.which(named)
        if path is None:
            raise EnvironmentNotReady(
                f"{VARIABLE} is {named}, which is no program", next_step=f"unset {VARIABLE}"
            )
        yield Browser(path, "environment")
        return  # who names one wants that one
    for folder in (os.environ.get("PLAYWRIGHT_BROWSERS_PATH", ""), *_PLAYWRIGHT_CACHES):
        if folder and (cache := Path(folder).expanduser()).is_dir():
            builds = (
                path
                for glob in _PLAYWRIGHT_BUILDS
                for path in sorted(cache.glob(glob), reverse=True)
            )
            yield from (
                Browser(str(path), "playwright") for path in builds if os.access(path, os.X_OK)
            )
    found = (shutil.which(name) for name in (*_SYSTEM, *_APPLICATIONS))
    yield from (Browser(path, "system") for path in found if path)


def find_browser() -> Browser | None:
    """Return the preferred browser, unproved, or None."""
    return next(candidates(), None)


def sandbox_arguments() -> list[str]:
    """Return what Chromium needs to start for root, whose sandbox it refuses."""
    return ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []


def prove(browser: Browser) -> Proof:
    """Open a page that runs a script in ``browser``.

    Raises:
        EnvironmentNotReady: It did not start, did not end in time, or did not run the script.
    """
    with tempfile.TemporaryDirectory(
        prefix="runbook-browser-", ignore_cleanup_errors=True
    ) as profile:
        command = [browser.path, "--headless", "--disable-gpu", *QUIET, *sandbox_arguments()]
        started = time.monotonic()
        shown = _run([*command, f"--user-data-dir={profile}", "--dump-dom", _PAGE])
        seconds = time.monotonic() - started
    if _PROOF not in shown:
        raise EnvironmentNotReady(
            f"{browser.path} starts, and does not run a page's script: {shown[:200]!r}"
        )
    return Proof(browser, _run([browser.path, "--version"]).strip(), seconds)


def _run(command: Sequence[str]) -> str:
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            check=True,
            timeout=CHECK_SECONDS,
            stdin=subprocess.DEVNULL,
        )
    except subprocess.TimeoutExpired as error:
        raise EnvironmentNotReady(f"{command[0]} did not end in {CHECK_SECONDS:.0f} s") from error
    except (OSError, subprocess.CalledProcessError) as error:
        reason = str(getattr(error, "stderr", "") or error).strip().splitlines()
        raise EnvironmentNotReady(
            f"{command[0]} does not work: {reason[-1] if reason else error}"
        ) from error
    return done.stdout


def find_working_browser() -> Proof:
    """Return the proof of the first candidate that works.

    Raises:
        EnvironmentNotReady: None does; the message holds why each of them does not.
    """
    reasons = []
    for browser in candidates():
        try:
            return prove(browser)
        except EnvironmentNotReady as error:
            reasons.append(error.what)
    raise EnvironmentNotReady(
        "no Chromium works here" + "".join(f"\n  {reason}" for reason in reasons),
        next_step=f"bin/invoke install-browsers, or set {VARIABLE} to a Chromium or Chrome",
    )


def install_commands(playwright: Sequence[str]) -> list[list[str]]:
    """Return the ways to install a Chromium, the preferred first, that need no password.

    Args:
        playwright: How to call Playwright's own command line.
    """
    return [[*playwright, "install", "--only-shell", "chromium"], *_package_manager_commands()]


def _package_manager_commands() -> list[list[str]]:
    may = _without_password()
    if may is None:
        return [["brew", "install", "--cask", "chromium"]] if shutil.which("brew") else []
    if shutil.which("apt-get"):
        package = "chromium-browser" if "Ubuntu" in platform.version() else "chromium"
        return [
            [
                *may,
                "sh",
                "-c",
                f"apt-get update -q && apt-get install -y -q --no-install-recommends {package}",
            ]
        ]
    if shutil.which("dnf"):
        return [[*may, "dnf", "install", "-y", "chromium"]]
    if shutil.which("apk"):
        return [[*may, "apk", "add", "chromium"]]
    return []


def _without_password() -> list[str] | None:
    """The prefix that makes a command root's without asking, or None where it would ask."""
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        return []
    if (
        shutil.which("sudo")
        and subprocess.call(["sudo", "-n", "true"], stderr=subprocess.DEVNULL) == 0
    ):
        return ["sudo", "-n"]
    return None


def install_browser(playwright: Sequence[str]) -> Proof:
    """Return a browser that works, installing one first where there is none.

    Raises:
        EnvironmentNotReady: Nothing that can be done without a password helped.
    """
    try:
        return find_working_browser()
    except EnvironmentNotReady as error:
        print(f"{error.what}; installing one", file=sys.stderr)
    for command in install_commands(playwright):
        print(f"+ {' '.join(command)}", file=sys.stderr, flush=True)
        status = subprocess.call(command, stdout=sys.stderr, stdin=subprocess.DEVNULL)
        if status:
            print(f"that ended with {status}; trying the next way", file=sys.stderr)
            continue
        try:
            return find_working_browser()
        except EnvironmentNotReady as error:
            print(f"{error.what}", file=sys.stderr)
    raise EnvironmentNotReady(
        "no Chromium could be installed; what was tried stands above",
        next_step=f"install Chromium or Chrome with your system's tools, or set {VARIABLE} to one that you have",
    )
