"""A folder for what the parts of one call tell each other: ``.runbook/calls/<name>/``."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from runbook.errors import EnvironmentNotReady
from runbook.state_folder import make_in

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextlib.contextmanager
def call_folder(state: Path) -> Iterator[Path]:
    """Make a folder under ``state`` that is removed with its call; what killed calls have left goes first.

    The process that makes one holds a lock on it until it ends, by which others know that the call is not over.

    Raises:
        EnvironmentNotReady: The folder cannot be made.
    """
    try:
        calls = make_in(state, "calls")
        with _held(calls):  # nobody sees a new one before it is held
            _sweep(calls)
            folder = Path(tempfile.mkdtemp(dir=calls))
            own = contextlib.ExitStack()
            own.enter_context(_held(folder))
    except OSError as error:
        raise EnvironmentNotReady(
            f"no call can be kept in {state / 'calls'}: {error.strerror}",
            next_step="free the place, or make the checkout writable",
        ) from error
    with own:
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def is_over(folder: Path) -> bool:
    """Whether the call that made a folder has ended, however it did."""
    try:
        with _held(folder, fcntl.LOCK_NB):
            return True
    except BlockingIOError:
        return False
    except FileNotFoundError:
        return True


def _sweep(calls: Path) -> None:
    """Remove what nobody holds any more."""
    for folder in calls.iterdir():
        with contextlib.suppress(OSError), _held(folder, fcntl.LOCK_NB):
            shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def _held(folder: Path, how: int = 0) -> Iterator[None]:
    """Hold the lock on a folder."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | how)
        yield
    finally:
        os.close(descriptor)
