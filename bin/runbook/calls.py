"""How a person calls this engine: from a checkout of it, or from a project that has installed it."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import Final

_HOME = Path(__file__).parent.parent
_LAUNCHER = _HOME / "invoke"
TOOL: Final = "bin/invoke" if _LAUNCHER.is_file() else "python -m runbook"


def call(words: str) -> str:
    """Return a command of the engine as it can be typed here: ``explain test_one`` with what goes before it."""
    return f"{TOOL} {words}"


def call_module(name: str, *words: str) -> str:
    """Return a command that runs a module of the engine from whatever folder it is typed in."""
    where = f"PYTHONPATH={shlex.quote(str(_HOME))} " if _LAUNCHER.is_file() else ""
    return where + shlex.join([sys.executable, "-m", name, *words])


def call_install(package: str) -> str:
    """Return a command that adds a package to the Python which runs the engine."""
    if _LAUNCHER.is_file():
        return f".venv/bin/uv pip install --python .venv/bin/python {package}"
    return shlex.join([sys.executable, "-m", "pip", "install", package])
