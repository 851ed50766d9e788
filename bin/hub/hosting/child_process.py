"""Servers that apps run as processes of their own: started, waited for, and ended with the hub."""

from __future__ import annotations

import os
import select
import subprocess
import tempfile
import time
from typing import IO, TYPE_CHECKING, Final

from hub.errors import AppUnusable
from hub.hosting.proxy import Proxy

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from starlette.types import ASGIApp

_GRACE_SECONDS: Final = 5.0
_LAST_BYTES: Final = 2000  # of what a dead server printed, that its reason shows


class ChildProcess:
    """One server; see `AppContext.process` for what it must do.

    Args:
        command: What starts it.
        environment: All of its variables.
    """

    def __init__(self, command: Sequence[str], environment: Mapping[str, str]) -> None:
        self._errors: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the server
        try:
            self._process = subprocess.Popen(
                command,
                env=environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._errors,
                start_new_session=True,  # Ctrl-C is for the hub, which ends it in order
            )
        except OSError as error:
            raise AppUnusable(f"{command[0]} cannot be started: {error.strerror}") from error

    def wait_until_ready(self, seconds: float) -> str:
        """Return the address that it prints.

        Args:
            seconds: How long to wait for it.

        Raises:
            AppUnusable: It ended before, or did not print one in time.
        """
        assert self._process.stdout is not None  # noqa: S101 - it was opened above
        output, said = self._process.stdout.fileno(), b""
        deadline = time.monotonic() + seconds
        while not said.endswith(b"\n"):
            if not select.select([output], [], [], max(0.0, deadline - time.monotonic()))[0]:
                raise AppUnusable(f"its server is not ready in {seconds:.0f} s")
            chunk = os.read(output, 4096)
            if not chunk:
                raise AppUnusable(f"its server has ended: {self.last_words()}")
            said += chunk
        words = said.decode(errors="replace").split()
        if not words or not words[-1].startswith("http://127.0.0.1:"):
            raise AppUnusable("its server prints something else than its address on this machine")
        return words[-1]

    def last_words(self) -> str:
        """The end of what it printed on standard error, in one line."""
        self._errors.seek(0, os.SEEK_END)
        self._errors.seek(max(0, self._errors.tell() - _LAST_BYTES))
        lines = self._errors.read().decode(errors="replace").split("\n")
        return " | ".join(line.strip() for line in lines if line.strip()) or "it printed nothing"

    @property
    def is_running(self) -> bool:
        """Whether it has not ended."""
        return self._process.poll() is None

    def stop(self) -> None:
        """Ask it to end, and end it if it does not."""
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                stream.close()
        self._process.terminate()
        try:
            self._process.wait(_GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._errors.close()


class Children:
    """All servers of all apps.

    Args:
        ready_seconds: How long one may take to get ready.
    """

    def __init__(self, ready_seconds: float) -> None:
        self._ready_seconds = ready_seconds
        self._running: list[ChildProcess] = []

    def start(self, slug: str, command: Sequence[str], environment: Mapping[str, str]) -> ASGIApp:
        """Start the server of the app called ``slug``; see `AppContext.process`."""
        child = ChildProcess(command, {**os.environ, **environment})
        try:
            url = child.wait_until_ready(self._ready_seconds)
        except AppUnusable:
            child.stop()
            raise
        self._running.append(child)
        return Proxy(url, slug, child)

    def stop(self) -> None:
        """End all of them."""
        while self._running:
            self._running.pop().stop()
