"""A temporary folder, and processes in it, that go away however their owner ends."""

from __future__ import annotations

import secrets
import subprocess
import sys
import threading
from typing import TYPE_CHECKING, Self

from runbook.culprit.probes import guard
from runbook.culprit.probes.worktrees import TemporaryFolder, new_place
from runbook.processes.descendants import end_all, end_group, marked

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path
    from typing import IO

# The command begins when the guard knows of it; an owner that was killed before that closes the pipe, and nothing runs.
_WHEN_TOLD = ("/bin/sh", "-c", 'read -r _ && exec "$@" < /dev/null', "sh")


class GuardedFolder:
    """A folder whose owner may be killed: its guard then kills the groups that it was told of and removes the folder.

    Attributes:
        path: The folder.
    """

    def __init__(self) -> None:
        self.path = new_place()
        # The guard comes first: an owner that is killed while it makes the folder leaves none behind either.
        self._guard = subprocess.Popen(
            [sys.executable, "-I", "-S", guard.__file__, str(self.path)],
            stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, start_new_session=True, text=True,
        )  # fmt: skip
        self._announcing = threading.Lock()
        self._running: set[int] = set()
        try:
            self._folder = TemporaryFolder(self.path)
        except BaseException:
            self._guard.communicate(guard.CLOSED)
            raise

    def announce(self, line: str) -> None:
        """Tell the guard that process group N has started, ``+N``, or has ended, ``-N``."""
        sink = self._guard.stdin
        if sink is not None:
            with self._announcing:
                sink.write(line + "\n")
                sink.flush()

    def call(
        self,
        command: Sequence[str],
        *,
        cwd: Path,
        environment: Mapping[str, str],
        log: IO[bytes],
        timeout: float | None = None,
    ) -> int:
        """Run a command to its end, in a process group of its own, which is killed when this is interrupted.

        Args:
            command: The program and its arguments.
            cwd: Where it runs.
            environment: All its variables.
            log: What gets its output.
            timeout: The seconds that it may take.

        Raises:
            subprocess.TimeoutExpired: It takes longer.
        """
        mark = f"{self.path}/{secrets.token_hex(8)}"
        process = subprocess.Popen(
            [*_WHEN_TOLD, *command], cwd=cwd, env=marked(environment, mark), stdin=subprocess.PIPE, stdout=log,
            stderr=log, start_new_session=True,
        )  # fmt: skip
        self.announce(f"+{process.pid}")
        self._running.add(process.pid)
        try:
            process.communicate(b"\n", timeout)
            return process.returncode
        finally:
            self._running.discard(process.pid)
            end_all(process.pid, mark)
            process.wait()
            self.announce(f"-{process.pid}")

    def end_calls(self) -> None:
        """End what other threads have called; each of their calls returns."""
        for group in tuple(self._running):
            end_group(group)

    def close(self) -> None:
        """End the guard and remove the folder."""
        self._guard.communicate(guard.CLOSED)
        self._folder.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
