"""Find a Chromium that works, prove it by opening a page, and install one where there is none.

Candidates, in this order: the one that the environment names, a build that Playwright downloaded, a
system Chromium or Chrome. None of them is ever started in a way that reaches an outside host.
"""

from __future__ import annotations

import contextlib
import os
import platform
import secrets
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from runbook.calls import call
from runbook.errors import EnvironmentNotReady
from runbook.patience import patience
from runbook.processes.descendants import end_all, marked
from runbook.processes.standard_streams import narrate

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

VARIABLE = "ENSEMBLE_CHROMIUM"
CHECK_SECONDS = patience(20.0)  # a cold start takes three
_VERSION_SECONDS = patience(3.0)
_SYSTEM = (
    "chrome-headless-shell",  # lighter by half, where there is one
    "chromium-headless-shell",
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
# Chromium makes a socket in its temporary folder, and dies where a socket's path is too long for the system.
_LONGEST_FOLDER = 60
_SHORT_FOLDER = Path("/tmp")  # noqa: S108 - for folders that are made for nobody else
# Without these Chromium looks for updates, variations and accounts at every start.
QUIET = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-quic",
    "--disable-default-apps",
    "--no-first-run",
    "--no-default-browser-check",
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE localhost , EXCLUDE *.localhost , EXCLUDE 127.0.0.1",
)
# The page that is opened has a hundred; a program may go on printing without end.
_MOST_LETTERS = 1 << 20
_MOST_SHOWN = 200  # of what it said
_LAST_WORDS_SECONDS = 1.0  # its pipes close with it, but for what it has set free
_PAGE = "data:text/html,<p id=p></p><script>document.getElementById('p').textContent=6*7</script>"
_PROOF = ">42</p>"
_NAMELESS = "a Chromium that does not tell its version"


@dataclass(frozen=True, slots=True)
class Browser:
    """A Chromium on this machine.

    Attributes:
        path: The program.
        source: Where it came from: environment, playwright or system.
    """

    path: str
    source: str

    @property
    def is_light(self) -> bool:
        """Whether it is a headless shell, which has no windows and so need not draw them."""
        return "headless" in Path(self.path).name


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

    def __str__(self) -> str:
        where = f"{self.browser.path} (found by: {self.browser.source})"
        return f"{self.version}\n{where}\nstarted, and opened a page, in {self.seconds:.1f} s"

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
            yield from _playwright_builds(cache)
    found = (shutil.which(name) for name in (*_SYSTEM, *_APPLICATIONS))
    yield from (Browser(path, "system") for path in dict.fromkeys(found) if path)


def _playwright_builds(cache: Path) -> Iterator[Browser]:
    """Yield the builds in a cache of Playwright's, the lightest kind first, and of each kind the newest."""
    for glob in _PLAYWRIGHT_BUILDS:
        builds = sorted(cache.glob(glob), key=lambda path: _build_number(cache, path), reverse=True)
        yield from (Browser(str(path), "playwright") for path in builds if os.access(path, os.X_OK))


def _build_number(cache: Path, path: Path) -> int:
    number = path.relative_to(cache).parts[0].rpartition("-")[2]
    return int(number) if number.isdecimal() else 0


def find_browser() -> Browser | None:
    """Return the preferred browser, unproved, or None."""
    return next(candidates(), None)


def how_to_get_one(*, light: bool = False) -> str:
    """What to do where none works: nothing is installed in the place of one that the environment names."""
    if os.environ.get(VARIABLE):
        return f"set {VARIABLE} to another {_what_will_do(light=light)}, or unset it"
    install = call("install-browsers --light" if light else "install-browsers")
    return f"{install}, or set {VARIABLE} to a {_what_will_do(light=light)}"


def _what_will_do(*, light: bool) -> str:
    return "headless shell" if light else "Chromium or Chrome"


def readable(text: str) -> str:
    """What a browser said, on a line: it may be anything, and a terminal obeys some of it."""
    line = " ".join(text.split())[:_MOST_SHOWN]
    return "".join(each if each.isprintable() else "?" for each in line)


def sandbox_arguments() -> list[str]:
    """Return what Chromium needs to start for root, whose sandbox it refuses."""
    return ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []


def where_sockets_fit(folder: Path, name: str) -> Path:
    """Return where a folder of this name for all that a browser keeps can be made.

    Args:
        folder: Where it should be; a folder that is short to name takes its place if need be.
        name: Of the folder to be made.
    """
    wanted = folder.absolute() / name
    fits = len(os.fsencode(wanted)) <= _LONGEST_FOLDER
    return wanted if fits else _SHORT_FOLDER / name


def prove(browser: Browser) -> Proof:
    """Open a page that runs a script in ``browser``.

    Raises:
        EnvironmentNotReady: It did not start, did not end in time, or did not run the script.
    """
    prefix = "runbook-browser-"
    parent = where_sockets_fit(Path(tempfile.gettempdir()), f"{prefix}12345678").parent
    with tempfile.TemporaryDirectory(
        prefix=prefix, dir=parent, ignore_cleanup_errors=True
    ) as profile:
        command = [browser.path, "--headless", "--disable-gpu", *QUIET, *sandbox_arguments()]
        started = time.monotonic()
        command += [f"--user-data-dir={profile}", "--dump-dom", _PAGE]
        shown = _run(command, profile, CHECK_SECONDS)
        seconds = time.monotonic() - started
    if _PROOF not in shown:
        raise EnvironmentNotReady(
            f"{browser.path} starts, and does not run a page's script: it printed {readable(shown) or 'nothing'}"
        )
    return Proof(browser, _version_of(browser, parent), seconds)


def _version_of(browser: Browser, temporary: Path) -> str:
    """What it calls itself: of no weight, for what drives it asks for pages alone."""
    with contextlib.suppress(EnvironmentNotReady):
        told = _run([browser.path, "--version"], temporary, _VERSION_SECONDS)
        return readable(told) or _NAMELESS
    return _NAMELESS


def _run(command: Sequence[str], temporary: str | Path, seconds: float) -> str:
    """Run a browser to its end and return what it printed; leave nothing behind that it has started."""
    mark = f"{temporary}/{secrets.token_hex(8)}"  # others, too, have their temporary files there
    try:
        process = subprocess.Popen(
            command,
            env=marked(os.environ | {"TMPDIR": str(temporary)}, mark),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            start_new_session=True,
        )
    except OSError as error:
        raise EnvironmentNotReady(f"{command[0]} does not start: {error.strerror}") from error
    printed, complained = _Beginning(process.stdout), _Beginning(process.stderr)
    try:
        status = process.wait(timeout=seconds)
    except subprocess.TimeoutExpired as error:
        what = f"{command[0]} did not end in {seconds:.0f} s"
        raise EnvironmentNotReady(what) from error
    finally:
        end_all(process.pid, mark)
        process.wait()
    if status:
        said = complained.text().strip().splitlines() or [f"it ended with {status}"]
        why = next((line for line in said if ":FATAL:" in line), said[-1])
        raise EnvironmentNotReady(f"{command[0]} does not work: {readable(why)}")
    return printed.text()


class _Beginning:
    """How what a program prints begins. After that its pipe is closed, and who goes on printing is ended by that.

    Args:
        stream: What it prints into.
    """

    def __init__(self, stream: IO[str] | None) -> None:
        self._text = ""
        self._reader = threading.Thread(target=self._read, args=[stream], daemon=True)
        self._reader.start()

    def _read(self, stream: IO[str]) -> None:
        with stream:
            self._text = stream.read(_MOST_LETTERS)

    def text(self) -> str:
        """Return it; the program has ended."""
        self._reader.join(_LAST_WORDS_SECONDS)
        return self._text


def find_working_browser(*, light: bool = False) -> Proof:
    """Return the proof of the first candidate that works.

    Args:
        light: Only a headless shell will do.

    Raises:
        EnvironmentNotReady: None does; the message holds why each of them does not.
    """
    reasons = []
    for browser in candidates():
        if light and not browser.is_light:
            reasons.append(f"{browser.path} is a whole browser")
            continue
        narrate(f"trying {browser.path} ({browser.source}) ...")
        try:
            return prove(browser)
        except EnvironmentNotReady as error:
            reasons.append(error.what)
    raise EnvironmentNotReady(
        f"no {'headless shell' if light else 'Chromium'} works here"
        + ("".join(f"\n  {reason}" for reason in reasons) or ": there is none"),
        next_step=how_to_get_one(light=light),
    )


def install_commands(playwright: Sequence[str], *, light: bool = False) -> list[list[str]]:
    """Return the ways to install a Chromium, the preferred first, that need no password.

    Args:
        playwright: How to call Playwright's own command line.
        light: Only a headless shell will do.
    """
    shell = [*playwright, "install", "--only-shell", "chromium"]
    return [shell, *(_light_package_commands() if light else _package_manager_commands())]


def _light_package_commands() -> list[list[str]]:
    return _apt_commands([] if _is_ubuntu() else ["chromium-headless-shell"])


def _package_manager_commands() -> list[list[str]]:
    if shutil.which("brew"):
        return [["brew", "install", "--cask", "chromium"]]
    if shutil.which("apt-get"):
        return _apt_commands(
            ["chromium-browser"] if _is_ubuntu() else ["chromium-headless-shell", "chromium"]
        )
    may = _without_password()
    if may is None:
        return []
    if shutil.which("dnf"):
        return [[*may, "dnf", "install", "-y", "chromium"]]
    if shutil.which("apk"):
        return [[*may, "apk", "add", "chromium"]]
    return []


def _apt_commands(packages: Sequence[str]) -> list[list[str]]:
    """The command that installs the first of these packages that there is, if one can be given."""
    may = _without_password()
    if may is None or not packages or not shutil.which("apt-get"):
        return []
    install = "apt-get install -y -q --no-install-recommends"
    either = " || ".join(f"{install} {package}" for package in packages)
    return [[*may, "sh", "-c", f"apt-get update -q && {{ {either}; }}"]]


def _is_ubuntu() -> bool:
    """Whether this is Ubuntu: by the system's own name, for in a container the kernel is another's."""
    try:
        return platform.freedesktop_os_release().get("ID") == "ubuntu"
    except OSError:
        return False


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


def install_browser(playwright: Sequence[str], *, light: bool = False) -> Proof:
    """Return a browser that works, installing one first where there is none.

    Args:
        playwright: How to call Playwright's own command line.
        light: Only a headless shell will do.

    Raises:
        EnvironmentNotReady: Nothing that can be done without a password helped.
    """
    try:
        return find_working_browser(light=light)
    except EnvironmentNotReady as error:
        if os.environ.get(VARIABLE):
            raise  # who names one wants that one
        narrate(f"{error.what}; installing one")
    for command in install_commands(playwright, light=light):
        narrate(f"+ {' '.join(command)}")
        status = _call(command)
        if status:
            narrate(f"that ended with {status}")
            continue
        try:
            return find_working_browser(light=light)
        except EnvironmentNotReady as error:
            narrate(error.what)
    raise EnvironmentNotReady(
        f"no {'headless shell' if light else 'Chromium'} could be installed; what was tried stands above",
        next_step=f"install a {_what_will_do(light=light)} with your system's tools, "
        f"or set {VARIABLE} to one that you have",
    )


def _call(command: Sequence[str]) -> int:
    """Run an installer, which tells a person how far it is; a program that is not there is no error of ours."""
    try:
        return subprocess.call(command, stdout=sys.stderr, stdin=subprocess.DEVNULL)
    except OSError as error:
        narrate(f"{command[0]}: {error.strerror}")
        return 127
