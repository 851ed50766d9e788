"""pytest as a child process that cannot outlive the engine, with its output kept and perhaps shown."""

from __future__ import annotations

import fcntl
import os
import select
import shlex
import signal
import sys
from pathlib import Path
from typing import IO, TYPE_CHECKING, NoReturn, Self

from runbook.exit_codes import ExitCode

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from types import FrameType

USAGE_ERROR, NOTHING_COLLECTED, INTERRUPTED = 4, 5, 2  # pytest's own exit codes

EVENTS_VARIABLE = "RUNBOOK_EVENTS"  # the file that the plugin writes to
NONCE_VARIABLE = "RUNBOOK_NONCE"  # the secret by which the engine knows its own run
EVIDENCE_VARIABLE = "RUNBOOK_EVIDENCE"  # the run's folder, for what tests leave behind
LIFELINE_VARIABLE = "RUNBOOK_LIFELINE"  # a descriptor that closes when the engine ends
LIMIT_VARIABLE = (
    "RUNBOOK_TEST_SECONDS"  # what one test may take; see `runbook.in_pytest.time_limit`
)

_LOOK_SECONDS = 1.0  # between two looks at a process that prints nothing


def pytest_command(
    tests: Sequence[str], arguments: Sequence[str], *, before: str = ""
) -> list[str]:
    """Return the command that runs pytest in the project's root.

    Args:
        tests: The default, which a path among ``arguments`` replaces.
        arguments: pytest's own.
        before: ``module:function`` to call before pytest is imported, or empty.
    """
    program = ["runbook.in_pytest.early", before] if before else ["pytest"]
    return [sys.executable, "-m", *program, *_with_options(tests, arguments)]


def pytest_work(
    tests: Sequence[str],
    arguments: Sequence[str],
    *,
    before: str = "",
    environment: Mapping[str, str],
) -> Callable[[], int]:
    """Return what a forked child does to be pytest; the arguments are those of `pytest_command`.

    Args:
        tests: The default, which a path among ``arguments`` replaces.
        arguments: pytest's own.
        before: ``module:function`` to call before pytest is imported, or empty.
        environment: What the tier sets: a variable may speak to the interpreter or to the loader of
            programs as they start, so that with any of them they are started anew.
    """
    # The system libraries of macOS end a process that was forked without being started anew, where a test comes
    # upon one of them that the parent had not; urllib does, to look for proxies.
    if environment or sys.platform == "darwin":
        command = pytest_command(tests, arguments, before=before)
        return lambda: os.execv(command[0], command)  # noqa: S606 - as it stands
    return lambda: _be_pytest(before, _with_options(tests, arguments))


def _with_options(tests: Sequence[str], arguments: Sequence[str]) -> list[str]:
    # The root is said, so that node ids are relative to it wherever pytest finds its settings.
    return ["--rootdir", ".", "-o", f"testpaths={shlex.join(tests)}", *arguments]


def _be_pytest(before: str, arguments: list[str]) -> int:
    """Run pytest in this process; what it and its plugin need of the engine is loaded, and the plugin is not."""
    sys.dont_write_bytecode = bool(os.environ.get("PYTHONDONTWRITEBYTECODE"))
    from runbook.in_pytest.early import main  # noqa: PLC0415 - the child's own

    sys.argv = [str(Path(__file__).with_name("pytest")), *arguments]
    return main([before, *arguments])


class PytestProcess:
    """A running pytest; a context manager that does not leave it behind.

    It is forked: what this process has read to come here, pytest need not read again. The child has no descriptor
    of this process but its lifeline, and leaves by `SystemExit`, so that what is registered for the end is done.

    Attributes:
        interrupted: Whether Ctrl-C came while it ran.

    Args:
        work: What the child does; returns its exit status. See `pytest_work`.
        root: The folder to do it in.
        environment: Variables to set for it besides this process's own.
    """

    def __init__(
        self, work: Callable[[], int], *, root: Path, environment: Mapping[str, str]
    ) -> None:
        self.interrupted = False
        self._status: int | None = None
        lifeline, self._ours = _pipe()
        self._output, output = _pipe()
        _flush()  # or both would say what is still unsaid
        self._pid = os.fork()
        if not self._pid:
            _take_place(root, output=output, lifeline=lifeline)
            os.environ.setdefault("COLUMNS", "200")  # in a pipe pytest cuts its summary at 80
            os.environ.update({**environment, LIFELINE_VARIABLE: str(lifeline)})
            _leave_after(work)
        os.close(lifeline)
        os.close(output)

    def __enter__(self) -> Self:
        # Where it would end this process; where it is ignored, as behind nohup, it stays so.
        if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
            signal.signal(signal.SIGINT, self._note_interrupt)
        return self

    def _note_interrupt(self, _number: int, _frame: FrameType | None) -> None:
        """Leave Ctrl-C to pytest, which has it too and ends its tests in good order."""
        self.interrupted = True

    def __exit__(self, *_: object) -> None:
        os.close(self._ours)  # what still runs ends now
        self._wait()
        os.close(self._output)
        if signal.getsignal(signal.SIGINT) == self._note_interrupt:
            signal.signal(signal.SIGINT, signal.default_int_handler)

    def wait_for_output(self, seconds: float) -> None:
        """Return when it has printed something or has ended, at the latest after ``seconds``."""
        select.select([self._output], [], [], seconds)

    def watch(
        self,
        log: Path,
        shown: IO[bytes] | None,
        is_stuck: Callable[[float], bool] = lambda _: False,
    ) -> int:
        """Keep in ``log``, and show on ``shown``, what it prints until it ends; return its exit status.

        Args:
            log: A file.
            shown: A stream, if any.
            is_stuck: Is told the seconds of each wait in which nothing was printed; whether to end it.
        """
        with log.open("wb") as kept:
            while (chunk := self._output_or_none(is_stuck)) is not None:
                kept.write(chunk)
                if shown:
                    shown.write(chunk)
                    shown.flush()
        return self._wait()

    def _output_or_none(self, is_stuck: Callable[[float], bool]) -> bytes | None:
        """What it prints next; None where it has ended, or was stuck and is ended now."""
        while not select.select([self._output], [], [], _LOOK_SECONDS)[0]:
            if is_stuck(_LOOK_SECONDS):
                os.kill(self._pid, signal.SIGKILL)
                return None  # what it has started may have its output open, and ends by its keeper
        return os.read(self._output, 65_536) or None

    def _wait(self) -> int:
        """Return its exit status, negative the signal that ended it, as often as it is asked for."""
        if self._status is None:
            self._status = os.waitstatus_to_exitcode(os.waitpid(self._pid, 0)[1])
        return self._status


def _take_place(root: Path, *, output: int, lifeline: int) -> None:
    """Make this forked process what a new one would be: its folder, its output, nothing open of its parent's."""
    for stream in (1, 2):
        os.dup2(output, stream)
    sys.stdout = sys.__stdout__ or os.fdopen(1, "w", closefd=False)  # the parent's may be closed
    sys.stderr = sys.__stderr__ or os.fdopen(2, "w", closefd=False)
    os.set_inheritable(lifeline, True)  # noqa: FBT003 - os has it so
    os.closerange(3, lifeline)
    os.closerange(lifeline + 1, os.sysconf("SC_OPEN_MAX"))
    if sys.path[:1] == [os.getcwd()]:  # noqa: PTH109 - where ``-m`` was typed
        sys.path[0] = str(root)
    os.chdir(root)


def _leave_after(work: Callable[[], int]) -> NoReturn:
    """Do the child's work and leave; whatever goes wrong is the child's, and not told to its parent's callers."""
    try:
        status = work()
    except SystemExit:
        raise
    except KeyboardInterrupt:
        status = ExitCode.INTERRUPTED
    except BaseException:  # noqa: BLE001 - it is printed, as at the end of any process
        sys.excepthook(*sys.exc_info())
        status = 1
    sys.exit(status)


def _flush() -> None:
    for stream in filter(None, (sys.stdout, sys.stderr)):
        stream.flush()


def _pipe() -> tuple[int, int]:
    """Make a pipe above the standard streams, one of which may be closed and its number free."""
    ends = os.pipe()
    above = [fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, 3) for end in ends]
    for end in ends:
        os.close(end)
    return above[0], above[1]
