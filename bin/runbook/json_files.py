"""JSON as the engine keeps it, and as it hands it out to whoever asked for it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from runbook.errors import lacking
from runbook.processes.standard_streams import say


def write_json(file: Path, value: object) -> None:
    """Write a value for programs, and for people who look at the file."""
    file.write_text(json.dumps(value, indent=2) + "\n", encoding="utf-8")


def read_object(file: Path) -> dict[str, Any]:
    """Read an object; empty where there is none, such as in a file that is torn."""
    try:
        found = json.loads(file.read_bytes())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def read_lines(file: Path) -> list[dict[str, Any]]:
    """Read a file of an object a line; a torn one, of a process that was killed, is left out.

    Raises:
        OSError: The file is there, and cannot be read.
    """
    try:
        lines = file.read_bytes().split(b"\n")
    except FileNotFoundError:
        return []
    return [entry for line in lines if (entry := _entry(line)) is not None]


def _entry(line: bytes) -> dict[str, Any] | None:
    try:
        entry = json.loads(line)
    except ValueError:
        return None
    return entry if isinstance(entry, dict) else None


def hand_out(result: object, place: str) -> None:
    """Hand a result out as JSON.

    Args:
        result: What `json` writes.
        place: A file; ``-`` is standard output, empty is nowhere.

    Raises:
        EnvironmentNotReady: It cannot be written.
    """
    try:
        if place == "-":
            say(json.dumps(result, indent=2))
        elif place:
            write_json(Path(place), result)
    except OSError as error:
        raise lacking(error) from error


def say_or_write(text: str, result: object, place: str) -> None:
    """Say a result as text, and hand it out as JSON besides; on standard output in the place of the text."""
    hand_out(result, place)
    if place != "-":
        say(text)
