"""Running uv so that it changes nothing that the user can see, and is ended with whoever started it."""

from __future__ import annotations

import re
import secrets
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from runbook.errors import EnvironmentNotReady, RunbookError
from runbook.git import clean_environment
from runbook.processes.descendants import end_all, marked
from runbook.sessions import locks

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

OLDEST = (0, 9)  # before that, changing the cutoff threw away what was locked
_TIMEOUT = 900.0  # seconds; a build from source may take its time
# An environment that is active, and options that would change what is resolved behind our back.
_NOT_OURS = frozenset({
    "VIRTUAL_ENV", "CONDA_PREFIX", "PYTHONPATH", "PYTHONHOME", "UV_EXCLUDE_NEWER", "UV_PROJECT_ENVIRONMENT",
    "UV_RESOLUTION", "UV_PRERELEASE", "UV_PYTHON", "UV_SYSTEM_PYTHON", "UV_CONSTRAINT", "UV_OVERRIDE",
    "UV_BUILD_CONSTRAINT", "UV_PROJECT", "UV_WORKING_DIR", "UV_REQUIRE_HASHES", "UV_COMPILE_BYTECODE", "UV_NO_CACHE",
    "UV_OFFLINE",
})  # fmt: skip
_UNREACHED = (
    "Failed to fetch", "error sending request", "dns error", "tcp connect error", "Connection refused", "timed out",
)  # fmt: skip
_FULL = ("No space left on device", "Disk quota exceeded")
_QUOTED = re.compile(r"\[std(?:out|err)\]")  # from here on uv passes on what a build printed
_FRAME = " \u2502\u251c\u2570\u2500\u25b6\u00d7\u2577\u00b7"  # what uv draws around its causes
# What a build leaves behind is not shared: a warm cache hides that a package does not build any more.
_BUILT = ("sdists-", "builds-", "environments-")


class UvFailed(RunbookError):
    """uv ended with an error.

    Attributes:
        output: All that it said.
    """

    exit_code = EnvironmentNotReady.exit_code

    def __init__(self, what: str, output: str) -> None:
        super().__init__(what)
        self.output = output


@dataclass(frozen=True, slots=True)
class Uv:
    """One uv with a cache that shares downloads with the user's and nothing that was built.

    Attributes:
        program: The executable.
        cache: Its cache.
        announce: Told of process groups, see `runbook.culprit.probes.guarded`.
    """

    program: str
    cache: Path
    announce: Callable[[str], None]

    def run(self, *arguments: str | Path, cwd: Path) -> str:
        """Run it and return what it printed.

        Raises:
            UvFailed: It ended with an error, or was not over in time.
            EnvironmentNotReady: The error is this machine's: no index can be reached, or the disk is full.
        """
        status, out, said = self._execute([self.program, *map(str, arguments)], cwd)
        if status != 0:
            _refuse_what_is_not_the_packages_fault(said)
            reason = "was not over in time" if status is None else last_words(said)
            raise UvFailed(f"uv {' '.join(map(str, arguments[:2]))}: {reason}", said)
        return out

    def narrate(self, *arguments: str | Path, cwd: Path) -> str:
        """Run it, successfully or not, and return what it said on standard error."""
        return self._execute([self.program, *map(str, arguments)], cwd)[2]

    def _execute(self, command: Sequence[str], cwd: Path) -> tuple[int | None, str, str]:
        mark = f"{self.cache}/{secrets.token_hex(8)}"
        variables = marked(environment() | {"UV_CACHE_DIR": str(self.cache)}, mark)
        process = subprocess.Popen(
            command, cwd=cwd, env=variables, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, errors="replace", start_new_session=True,
        )  # fmt: skip
        self.announce(f"+{process.pid}")
        try:
            out, said = process.communicate(timeout=_TIMEOUT)
        except subprocess.TimeoutExpired:
            return None, "", ""
        finally:
            end_all(process.pid, mark)
            process.wait()
            self.announce(f"-{process.pid}")
        return process.returncode, out, said


def environment() -> dict[str, str]:
    """Return the variables for uv: the user's, its index among them, but for what would change the question."""
    return {name: value for name, value in clean_environment().items() if name not in _NOT_OURS} | {
        "NO_COLOR": "1", "UV_NO_PROGRESS": "1", "UV_PYTHON_DOWNLOADS": "never", "UV_CONCURRENT_BUILDS": "2",
    }  # fmt: skip


def find_uv(folder: Path, announce: Callable[[str], None]) -> Uv:
    """Return the locked uv beside this Python, or else the first on PATH; its cache is made in ``folder``.

    Raises:
        EnvironmentNotReady: There is none, or it is too old.
    """
    bare = Uv(locks.find_uv(), folder / "uv-cache", announce)
    said = bare.run("--version", cwd=folder).split()
    if _version(said) < OLDEST:
        wanted = ".".join(map(str, OLDEST))
        raise EnvironmentNotReady(
            f"{' '.join(said[:2])} is too old", next_step=f"install uv {wanted} or later"
        )
    _share_downloads(bare, folder)
    return bare


def _version(said: Sequence[str]) -> tuple[int, ...]:
    number = said[1] if len(said) > 1 else "0"
    return tuple(int(part) for part in number.split(".")[:2] if part.isdigit())


def _share_downloads(uv: Uv, folder: Path) -> None:
    """Link the user's downloads into the cache."""
    done = subprocess.run(
        [uv.program, "cache", "dir"], cwd=folder, env=environment(), capture_output=True, text=True, check=False
    )  # fmt: skip
    users = Path(done.stdout.strip())
    uv.cache.mkdir(parents=True, exist_ok=True)
    if done.returncode or not users.is_dir():
        return
    for bucket in users.iterdir():
        if bucket.is_dir() and not bucket.name.startswith(_BUILT):
            (uv.cache / bucket.name).symlink_to(bucket)


def fresh_builds(uv: Uv, folder: Path) -> Uv:
    """Return the same uv with a cache in which nothing is built yet."""
    folder.mkdir(parents=True)
    for bucket in uv.cache.iterdir():
        if bucket.is_symlink():
            (folder / bucket.name).symlink_to(bucket.resolve())
    return Uv(uv.program, folder, uv.announce)


def _refuse_what_is_not_the_packages_fault(said: str) -> None:
    own = _QUOTED.split(said)[0]
    if any(sign in own for sign in _FULL):
        raise EnvironmentNotReady(
            f"the disk is full: {last_words(said)}", next_step="free some space, or set TMPDIR"
        )
    if any(sign in own for sign in _UNREACHED):
        raise EnvironmentNotReady(
            f"the package index does not answer: {last_words(said)}",
            next_step="check the network and uv's index settings, then the same command again",
        )


def last_words(said: str) -> str:
    """Return why uv failed, in a line: its causes without their frame."""
    lines = [line.strip(_FRAME) for line in _QUOTED.split(said)[0].splitlines()]
    told = [line for line in lines if line and not line.startswith(("warning:", "hint:"))]
    return " ".join(told)[:300] if told else "no reason given"
