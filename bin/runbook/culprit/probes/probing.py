"""One probe: the command, run on one commit, in its own process group and with nothing shared but the machine."""

from __future__ import annotations

import contextlib
import signal
import site
import subprocess
import threading
import time
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from runbook.culprit.core.fingerprint import fingerprint, telling_line
from runbook.culprit.probes.worktrees import RevertConflicts
from runbook.errors import RunbookError
from runbook.exit_codes import ExitCode
from runbook.git import clean_environment
from runbook.processes.descendants import end_group, end_marked, marked

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from runbook.culprit.probes.worktrees import OverlayFile

_COMMAND_ERROR = 126  # and up: not found, not executable, ended by a signal
OUT_OF_TIME = "not over after"  # how the reason of such an error begins
SETUP_FAILED = "setup "  # how the reason of a commit begins whose set-up failed
_ROOM = 65536  # bytes for which a disk that is not full has room
_TAIL = 65536  # bytes of output that are looked at: where a failure's summary stands

# A HOME of its own keeps runs apart; these settings, caches and toolchains are safe to share.
_SHARED = {
    "CARGO_HOME": ".cargo", "RUSTUP_HOME": ".rustup", "PYENV_ROOT": ".pyenv", "GOPATH": "go",
    "UV_CACHE_DIR": ".cache/uv",
    "PIP_CACHE_DIR": ".cache/pip", "npm_config_cache": ".npm", "PLAYWRIGHT_BROWSERS_PATH": ".cache/ms-playwright",
}  # fmt: skip


class Word(StrEnum):
    """What became of one probe; an error is one of the command, or of the machine, not of the commit."""

    PASS = "pass"  # noqa: S105 - a verdict
    FAIL = "fail"
    UNTESTABLE = "untestable"
    ERROR = "error"
    CANCELLED = "cancelled"
    CONFLICT = "conflict"  # what was to be taken out first cannot be: the command was not run


class Tree(Protocol):
    """Where a command runs: a folder, and beside it the scratch folder of the run."""

    path: Path
    scratch: Path

    def prepare(self, sha: str, overlay: Iterable[OverlayFile] = (), *, without: str = "") -> None:
        """Make the folder what it should be, and empty the scratch folder."""


@dataclass(frozen=True, slots=True)
class Job:
    """What is run on every commit.

    Attributes:
        command: Given to ``sh -c``.
        setup: Run before it; where this fails the commit cannot be tested. May be empty.
        timeout: Seconds that each of the two may take.
        overlay: Files of today that are laid over each tree.
        folder: Where in a tree it runs; empty for the top.
    """

    command: str
    setup: str = ""
    timeout: float = 600.0
    overlay: tuple[OverlayFile, ...] = ()
    folder: str = ""


@dataclass(frozen=True, slots=True)
class ProbeResult:
    """What one probe said.

    Attributes:
        sha: The commit.
        word: What became of it.
        seconds: How long it took, the checkout included.
        why: What a person may want to know of it.
        fingerprint: Of a failure: the tests and exceptions that its output names.
        remembered: Whether it was made by an earlier search.
        without: The commit whose change was taken out before, or empty.
    """

    sha: str
    word: Word
    seconds: float
    why: str = ""
    fingerprint: frozenset[str] = frozenset()
    remembered: bool = False
    without: str = ""


# The command starts when it is announced and no sooner: a search that is killed in between leaves a shell that
# reads the end of its input, and ends.
_WHEN_TOLD = 'read -r _ && exec /bin/sh -c "$1" < /dev/null'


class Probe:
    """A probe that goes on, in another thread than the one that may stop it.

    Args:
        announce: Called with ``+N`` and ``-N`` when process group N starts and has ended.
    """

    def __init__(self, announce: Callable[[str], None] = lambda _: None) -> None:
        self._announce = announce
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._has_begun = False
        self._is_stopped = False

    def stop(self) -> bool:
        """End it: what it started is killed, and its result says cancelled; return whether it had started anything."""
        with self._lock:
            self._is_stopped = True
            if self._process is not None:
                end_group(self._process.pid)
            return self._has_begun

    def run(self, tree: Tree, sha: str, job: Job, attempt: int, without: str = "") -> ProbeResult:
        """Check out, take out one commit's change if told to, set up, run, and say what came of it."""
        started = time.monotonic()
        word, why, output = Word.CANCELLED, "", ""
        try:
            tree.prepare(sha, job.overlay, without=without)
            word, why, output = self._run_job(tree, sha, job, attempt)
        except RevertConflicts as error:
            word, why = Word.CONFLICT, error.what
        except RunbookError as error:
            word, why = Word.ERROR, error.what
        except OSError as error:
            word, why = Word.ERROR, f"{error.strerror}: {error.filename}"
        if self._is_stopped:
            word, why = Word.CANCELLED, ""
        seconds = time.monotonic() - started
        shown = fingerprint(output) if word is Word.FAIL else frozenset()
        return ProbeResult(sha, word, seconds, why, shown, without=without)

    def _run_job(self, tree: Tree, sha: str, job: Job, attempt: int) -> tuple[Word, str, str]:
        if not (tree.path / job.folder).is_dir():
            return Word.UNTESTABLE, f"it has no folder {job.folder}", ""
        environment = _environment(tree.scratch) | {
            "RUNBOOK_COMMIT": sha,
            "RUNBOOK_ATTEMPT": str(attempt),
        }
        if job.setup:
            status, output = self._execute(job.setup, tree, job, environment)
            if status != 0:
                if full := _is_full(tree.scratch):
                    return Word.ERROR, full, output
                how = "was not over in time" if status is None else f"ended with {status}"
                return Word.UNTESTABLE, f"{SETUP_FAILED}{how}: {telling_line(output)}", output
        status, output = self._execute(job.command, tree, job, environment)
        word, why = classify(status, job.timeout)
        if word in (Word.FAIL, Word.UNTESTABLE) and (full := _is_full(tree.scratch)):
            return Word.ERROR, full, output
        told = telling_line(output)
        return word, f"{why}: {told}" if why and told else why, output

    def _execute(
        self, command: str, tree: Tree, job: Job, environment: dict[str, str]
    ) -> tuple[int | None, str]:
        """Run one shell command to its end; return its status, None when time was up, and its output's end."""
        log = tree.scratch / "output"
        with log.open("wb") as sink:
            process = self._start(command, tree.path / job.folder, environment, sink.fileno())
            if process is None:
                return None, ""
            try:
                status: int | None = process.wait(job.timeout)
            except subprocess.TimeoutExpired:
                status = None
            with self._lock:
                end_group(process.pid)  # what the command left behind, or all of it
                process.wait()
                self._process = None
            end_marked(str(tree.scratch))
            self._announce(f"-{process.pid}")
        with log.open("rb") as written:
            written.seek(max(0, log.stat().st_size - _TAIL))
            return status, written.read().decode(errors="replace")

    def _start(
        self, command: str, folder: Path, environment: dict[str, str], sink: int
    ) -> subprocess.Popen[bytes] | None:
        with self._lock:
            if self._is_stopped:
                return None
            self._process = subprocess.Popen(
                ["/bin/sh", "-c", _WHEN_TOLD, "sh", command], cwd=folder, env=environment,
                stdin=subprocess.PIPE, stdout=sink, stderr=subprocess.STDOUT, start_new_session=True,
            )  # fmt: skip
            self._has_begun = True
            self._announce(f"+{self._process.pid}")
            assert self._process.stdin is not None  # noqa: S101 - it was opened as a pipe
            with contextlib.suppress(BrokenPipeError), self._process.stdin as go:
                go.write(b"\n")
            return self._process


def classify(status: int | None, timeout: float) -> tuple[Word, str]:
    """Say what an exit status means: 0 pass, 125 untestable, above that or a signal an error, all others fail.

    Args:
        status: As `subprocess` gives it; None when time was up.
        timeout: Seconds, for the text.
    """
    if status is None:
        return Word.ERROR, f"{OUT_OF_TIME} {timeout:g} s"
    if status == 0:
        return Word.PASS, ""
    if status == ExitCode.UNTESTABLE:
        return Word.UNTESTABLE, "the command says that it cannot be tested (125)"
    if status < 0:
        return Word.ERROR, f"ended by {signal.Signals(-status).name}"
    if status >= _COMMAND_ERROR:
        return Word.ERROR, f"the command itself failed ({status})"
    return Word.FAIL, f"exit status {status}"


def _environment(scratch: Path) -> dict[str, str]:
    """Return the variables of one probe: what it keeps for itself must not meet another probe's, or its own last one's.

    Bytecode needs no place of its own: that of the tree goes with the checkout, and that of what is installed is
    worth using. A place apart that the user has for it would outlive the checkout: a file of another commit, of the
    same size and written within the same second, would be run by its old bytecode.
    """
    home, temporary = scratch / "home", scratch / "tmp"
    home.mkdir()
    temporary.mkdir()
    environment = clean_environment()
    environment.pop("PYTHONPYCACHEPREFIX", None)
    real_home = Path(environment.get("HOME", "/"))
    _read_settings_of_git(real_home, home)
    shared = {
        name: str(real_home / place)
        for name, place in _SHARED.items()
        if (real_home / place).exists()
    }
    user_base = {"PYTHONUSERBASE": base} if Path(base := site.getuserbase()).is_dir() else {}
    own = {"HOME": str(home), "TMPDIR": str(temporary)}
    return marked(shared | user_base | environment | own, str(scratch))


def _read_settings_of_git(real_home: Path, home: Path) -> None:
    """Let git read the user's own settings in another home, and write none of them there."""
    places = (real_home / ".config" / "git" / "config", real_home / ".gitconfig")
    quoted = (
        str(each).replace("\\", "\\\\").replace('"', '\\"') for each in places if each.is_file()
    )
    text = "".join(f'[include]\n\tpath = "{each}"\n' for each in quoted)
    (home / ".gitconfig").write_text(text, encoding="utf-8", errors="surrogateescape")


def _is_full(folder: Path) -> str:
    """Return why nothing can be written into a folder any more: what fails then is no verdict on a commit."""
    try:
        (folder / "room").write_bytes(bytes(_ROOM))
    except OSError as error:
        return f"it failed where nothing can be written: {error.strerror}"
    return ""
