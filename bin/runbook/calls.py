"""How a person calls this engine: from a checkout of it, or from a project that has installed it."""

from __future__ import annotations

from pathlib import Path
from typing import Final

_LAUNCHER = Path(__file__).parent.parent / "invoke"
TOOL: Final = "bin/invoke" if _LAUNCHER.is_file() else "python -m runbook"


def call(words: str) -> str:
    """Return a command of the engine as it can be typed here: ``explain test_one`` with what goes before it."""
    return f"{TOOL} {words}"
