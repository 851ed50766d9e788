"""What a program does that Nox runs as a session."""

from __future__ import annotations

import os
import signal
import threading
import time

_PAUSE = 0.5  # seconds between two looks


def end_with_nox() -> None:
    """End this process soon after the Nox that runs it: one that is killed tells its sessions nothing.

    Without Nox nothing is watched: whoever starts a program in a shell may leave the shell.
    """
    if "NOX_CURRENT_SESSION" in os.environ:
        threading.Thread(target=_end_after, args=(os.getppid(),), daemon=True).start()


def _end_after(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(_PAUSE)
    os.kill(os.getpid(), signal.SIGTERM)
