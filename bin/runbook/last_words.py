"""The last words of a Python program that failed: its error, and the line of the project where that arose."""

from __future__ import annotations

import re
import traceback
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

# As Python prints a frame, perhaps behind the E of pytest, and as pytest does.
_PLACE = re.compile(r'^(?:E? *File "([^"]+)", line (\d+)|(\S+\.py):(\d+): )', re.MULTILINE)
_FOREIGN = {"site-packages", ".nox", ".venv"}


def last_words(text: str, root: Path) -> str:
    """Return ``error at file:line`` of what a program printed; the error alone where no line is of ``root``."""
    lines = text.strip().splitlines()
    if not lines:
        return ""
    error = lines[-1].removeprefix("E ").strip()
    place = own_place(text, root)
    return f"{error} at {place}" if place else error


def why_unread(error: Exception, root: Path) -> str:
    """Return the last words of a file of the project that Python could not read; empty where the error is another's."""
    text = "".join(traceback.format_exception(error))
    return last_words(text, root) if own_place(text, root) else ""


def own_place(text: str, root: Path) -> str:
    """Return ``file:line`` of the last line of ``root`` that what was printed names; empty for none."""
    places = [(root / (a or c), b or d) for a, b, c, d in _PLACE.findall(text)]
    own = [
        (file.relative_to(root), line)
        for file, line in places
        if file.is_relative_to(root) and not _FOREIGN.intersection(file.parts)
    ]
    return f"{own[-1][0].as_posix()}:{own[-1][1]}" if own else ""
