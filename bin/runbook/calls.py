"""How a person calls this engine: from a checkout of it, or from a project that has installed it."""

from __future__ import annotations

import shlex
import shutil
import sys
from pathlib import Path
from typing import Final

_HOME = Path(__file__).parent.parent
IS_CHECKOUT: Final = (_HOME / "invoke").is_file()  # of the engine itself, with its sessions


def call(words: str) -> str:
    """Return a command of the engine as it can be typed here: ``explain test_one`` with what goes before it."""
    return f"bin/invoke {words}" if IS_CHECKOUT else f"{_python()} -m runbook {words}"


def _python() -> str:
    """Return the Python that runs this, as briefly as it can be typed in this folder."""
    running = Path(sys.executable)
    if shutil.which("python") == str(running):
        return "python"
    here = Path.cwd()
    short = running.relative_to(here) if running.is_relative_to(here) else running
    return shlex.quote(str(short))


def call_module(name: str, *words: str) -> str:
    """Return a command that runs a module of the engine from whatever folder it is typed in."""
    where = f"PYTHONPATH={shlex.quote(str(_HOME))} " if IS_CHECKOUT else ""
    return where + shlex.join([sys.executable, "-m", name, *words])


def call_install(package: str) -> str:
    """Return a command that adds a package to the Python which runs the engine."""
    if IS_CHECKOUT:
        return f".venv/bin/uv pip install --python .venv/bin/python {package}"
    return shlex.join([sys.executable, "-m", "pip", "install", package])
