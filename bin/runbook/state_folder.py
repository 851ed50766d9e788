"""The folder of all that the engine writes, ``.runbook/`` by default, in which git sees nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def make_in(state: Path, name: str = "") -> Path:
    """Return a folder in ``state``, made where it is missing.

    No project has to ignore what is there, and nothing that is kept there makes its tree dirty.

    Raises:
        OSError: It cannot be made.
    """
    folder = state / name
    folder.mkdir(parents=True, exist_ok=True)
    (state / ".gitignore").write_text("*\n", encoding="utf-8")
    return folder
