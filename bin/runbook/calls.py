"""How a person starts what a line tells them to: as this project starts its tasks, its sessions, and the engine.

``[tool.runbook]`` may say how: ``invoke`` for the tasks and ``nox`` for the sessions. A project that says nothing, as
most do that have installed the engine, has the engine's own commands, and Nox where it has a ``noxfile.py``. The
project is the one around the folder in which this runs: that is where the lines are read and typed.
"""

from __future__ import annotations

import os
import shlex
import shutil
import site
import sys
import tomllib
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from runbook.settings_file import find_settings

if TYPE_CHECKING:
    from collections.abc import Iterable

# What must be on the path of a Python that is to find the engine.
_HOME = Path(__file__).parent.parent


class _Launchers(NamedTuple):
    """How a project says that its tasks and its sessions are started; empty where it does not."""

    invoke: str = ""
    nox: str = ""


def call(words: str) -> str:
    """Return a command of the engine as it can be typed here: ``explain test_one`` with what goes before it."""
    return f"{_launchers().invoke or f'{_engine_path()}{_python()} -m runbook'} {words}"


def has_tasks() -> bool:
    """Return whether the project here has tasks of its own over the engine."""
    return bool(_launchers().invoke)


def call_session(session: str, *words: str, module: str = "") -> str:
    """Return a command that runs a Nox session; where the project has none, the module that such a session runs."""
    if module and not has_sessions():
        return call_module(module, *words)
    arguments = ["--", *words] if words else []
    return f"{_launchers().nox or _nox()} {typed(['-s', session, *arguments])}"


def before_options(session: str, *, module: str) -> str:
    """Return what stands before the options that a Nox session, or else its module, is called with."""
    return call_session(session) + " --" if has_sessions() else call_module(module)


def call_session_list() -> str:
    """Return a command that lists the Nox sessions."""
    return f"{_launchers().nox or _nox()} -l"


def call_module(name: str, *words: str) -> str:
    """Return a command that runs a module of the engine from whatever folder it is typed in."""
    return _engine_path() + typed([sys.executable, "-m", name, *words])


def call_install(package: str) -> str:
    """Return a command that adds a package to the Python which runs the engine."""
    from importlib.util import find_spec  # noqa: PLC0415 - hardly ever

    python = _python()
    if find_spec("pip"):
        return f"{python} -m pip install {package}"
    # Of an environment that uv has made, and that pip is not in.
    beside = Path(sys.executable).with_name("uv")
    uv = _short(beside) if beside.is_file() else "uv"
    if shutil.which(uv):
        return f"{shlex.quote(uv)} pip install --python {python} {package}"
    return f"{python} -m ensurepip && {python} -m pip install {package}"


def has_sessions() -> bool:
    """Return whether the project here has Nox sessions."""
    file = find_settings(Path.cwd())
    return bool(_launchers().nox) or (file is not None and (file.parent / "noxfile.py").is_file())


def _launchers() -> _Launchers:
    file = find_settings(Path.cwd())
    return _read_launchers(file, file.stat().st_mtime_ns) if file else _Launchers()


@cache
def _read_launchers(file: Path, _changed: int) -> _Launchers:
    """Read what a project says; what is wrong with its settings is told by whoever needs all of them."""
    try:
        said = tomllib.loads(file.read_text(encoding="utf-8"))["tool"]["runbook"]
        return _Launchers(said.get("invoke", ""), said.get("nox", ""))
    except (OSError, ValueError, LookupError, AttributeError, TypeError):
        return _Launchers()


def _nox() -> str:
    return "nox" if shutil.which("nox") else f"{_python()} -m nox"


def _python() -> str:
    """Return the Python that runs this, as briefly as it can be typed in this folder."""
    running = Path(sys.executable)
    return "python" if shutil.which("python") == str(running) else shlex.quote(_short(running))


def _short(program: Path) -> str:
    here = Path.cwd()
    return str(program.relative_to(here) if program.is_relative_to(here) else program)


def _engine_path() -> str:
    """Return what goes before a Python that would not find the engine by itself; empty where it is installed."""
    return "" if _HOME in _installed() else f"PYTHONPATH={shlex.quote(str(_HOME))} "


@cache
def _installed() -> set[Path]:
    """The folders that this Python looks into whoever starts it; an editable install is a folder named in a file."""
    folders = [Path(each) for each in (*site.getsitepackages(), site.getusersitepackages())]
    lists = [file for folder in folders if folder.is_dir() for file in folder.glob("*.pth")]
    named = {line for file in lists for line in file.read_text(errors="replace").splitlines()}
    return {*folders, *map(Path, named)}


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
