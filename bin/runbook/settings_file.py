"""Where a project's settings stand."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def find_settings(start: Path) -> Path | None:
    """Return the nearest ``pyproject.toml`` from ``start`` upwards, or None."""
    start = start.resolve()
    files = (folder / "pyproject.toml" for folder in (start, *start.parents))
    return next((file for file in files if file.is_file()), None)
