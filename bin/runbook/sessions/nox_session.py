"""What a program does that Nox runs as a session."""

from __future__ import annotations

import os
import signal
import threading
import time
from pathlib import Path

from runbook.sessions.call_folder import is_over
from runbook.sessions.told_codes import SESSION_VARIABLE

_PAUSE = 0.5  # seconds between two looks


def end_with_callers(exit_codes: str = "") -> None:
    """End this process soon after the Nox that runs it, or the procedure that runs Nox: a kill tells nobody.

    Without them nothing is watched: whoever starts a program in a shell may leave the shell.

    Args:
        exit_codes: The file for the exit code, in the procedure's call folder; empty where no procedure runs Nox.
    """
    nox = os.getppid() if SESSION_VARIABLE in os.environ else 0
    if nox or exit_codes:
        threading.Thread(target=_end_after, args=(nox, exit_codes), daemon=True).start()


def _end_after(nox: int, exit_codes: str) -> None:
    folder = Path(exit_codes).parent
    while (not nox or os.getppid() == nox) and not (exit_codes and is_over(folder)):
        time.sleep(_PAUSE)
    os.kill(os.getpid(), signal.SIGTERM)
