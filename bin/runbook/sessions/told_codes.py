"""How a program says its exit code to whoever started Nox to run it: Nox knows but 0 and 1, so it stands in a file."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

EXIT_CODES_VARIABLE = "RUNBOOK_EXIT_CODES"  # names the file
SESSION_VARIABLE = "NOX_CURRENT_SESSION"  # Nox's own: of several in one call, each is known by this


def take_codes_file() -> str:
    """Return the file for the exit code, for this process alone and for none that it starts; empty for none."""
    return os.environ.pop(EXIT_CODES_VARIABLE, "")


def tell_exit_code(file: str, exit_code: int) -> None:
    """Add an exit code to a file, if there is one and the caller still lives, who removes its folder at the end.

    Args:
        file: What `take_codes_file` gave.
        exit_code: What this program is about to exit with.
    """
    if file:
        with contextlib.suppress(FileNotFoundError), Path(file).open("a", encoding="utf-8") as told:
            told.write(f"{int(exit_code)}\n")
