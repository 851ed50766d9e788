"""How a person calls this engine: from a checkout of it, or from a project that has installed it."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

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
    return where + typed([sys.executable, "-m", name, *words])


def typed(words: Iterable[str]) -> str:
    """Return a command as it can be typed, on one line whatever its words hold.

    What does not print is left to printf, which every shell has: a command of several lines, or a file whose name has
    a line's end, would else write lines of its own into a report.
    """
    return " ".join(shlex.quote(word) if word.isprintable() else _escaped(word) for word in words)


def _escaped(word: str) -> str:
    plain = "".join(
        _octal(each) if each in "\\'%" or not each.isprintable() else each for each in word
    )
    if plain.startswith("-"):  # no option of printf's
        plain = _octal("-") + plain[1:]
    # What is substituted loses the ends of lines that it ends with; not every shell knows the other way.
    return f"$'{plain}'" if word.endswith("\n") else f"\"$(printf '{plain}')\""


def _octal(character: str) -> str:
    return "".join(f"\\{byte:03o}" for byte in os.fsencode(character))


def call_install(package: str) -> str:
    """Return a command that adds a package to the Python which runs the engine."""
    if IS_CHECKOUT:
        return f".venv/bin/uv pip install --python .venv/bin/python {package}"
    return shlex.join([sys.executable, "-m", "pip", "install", package])
