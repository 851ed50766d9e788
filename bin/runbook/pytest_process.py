"""pytest as a child process that cannot outlive the engine, with its output kept and perhaps shown."""

from __future__ import annotations

import os
import select
import shlex
import signal
import subprocess
import sys
from typing import IO, TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path
    from types import FrameType, TracebackType

USAGE_ERROR, NOTHING_COLLECTED, INTERRUPTED = 4, 5, 2  # pytest's own exit codes

EVENTS_VARIABLE = "RUNBOOK_EVENTS"  # the file that the plugin writes to
NONCE_VARIABLE = "RUNBOOK_NONCE"  # the secret by which the engine knows its own run
EVIDENCE_VARIABLE = "RUNBOOK_EVIDENCE"  # the run's folder, for what tests leave behind
LIFELINE_VARIABLE = "RUNBOOK_LIFELINE"  # a descriptor that closes when the engine ends


def pytest_command(
    tests: Sequence[str], arguments: Sequence[str], *, before: str = ""
) -> list[str]:
    """Return the command that runs pytest in the project's root.

    Args:
        tests: The default, which a path among ``arguments`` replaces.
        arguments: pytest's own.
        before: ``module:function`` to call before pytest is imported, or empty.
    """
    program = ["runbook.early", before] if before else ["pytest"]
    # The root is said, so that node ids are relative to it wherever pytest finds its settings.
    options = ["--rootdir", ".", "-o", f"testpaths={shlex.join(tests)}"]
    return [sys.executable, "-m", *program, *options, *arguments]


class PytestProcess:
    """A running pytest; a context manager that does not leave it behind.

    Attributes:
        interrupted: Whether Ctrl-C came while it ran.

    Args:
        command: See `pytest_command`.
        root: The folder to run it in.
        environment: Variables to set for it besides this process's own.
    """

    def __init__(
        self, command: Sequence[str], *, root: Path, environment: Mapping[str, str]
    ) -> None:
        self.interrupted = False
        lifeline, self._ours = os.pipe()
        variables = {
            "COLUMNS": "200",  # in a pipe pytest cuts its summary at 80
            **os.environ,
            **environment,
            LIFELINE_VARIABLE: str(lifeline),
        }
        self._process = subprocess.Popen(
            command,
            cwd=root,
            env=variables,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            pass_fds=[lifeline],
        )
        os.close(lifeline)

    def __enter__(self) -> Self:
        # Where it would end this process; where it is ignored, as behind nohup, it stays so.
        if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
            signal.signal(signal.SIGINT, self._note_interrupt)
        return self

    def _note_interrupt(self, _number: int, _frame: FrameType | None) -> None:
        """Leave Ctrl-C to pytest, which has it too and ends its tests in good order."""
        self.interrupted = True

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        os.close(self._ours)  # what still runs ends now
        self._process.wait()
        assert self._process.stdout is not None  # noqa: S101 - it was opened as a pipe
        self._process.stdout.close()
        if signal.getsignal(signal.SIGINT) == self._note_interrupt:
            signal.signal(signal.SIGINT, signal.default_int_handler)

    def wait_for_output(self, seconds: float) -> None:
        """Return when it has printed something or has ended, at the latest after ``seconds``."""
        assert self._process.stdout is not None  # noqa: S101 - it was opened as a pipe
        select.select([self._process.stdout], [], [], seconds)

    def watch(self, log: Path, shown: IO[bytes] | None) -> int:
        """Keep in ``log``, and show on ``shown``, what it prints until it ends; return its exit status."""
        with log.open("wb") as kept:
            while chunk := self._read():
                kept.write(chunk)
                if shown:
                    shown.write(chunk)
                    shown.flush()
        return self._process.wait()

    def _read(self) -> bytes:
        assert self._process.stdout is not None  # noqa: S101 - it was opened as a pipe
        return os.read(self._process.stdout.fileno(), 65_536)
