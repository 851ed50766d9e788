"""The interpreters of this machine: those that uv finds, and those of pyenv, whose stand-ins on PATH it cannot ask."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

from runbook.errors import EnvironmentNotReady
from runbook.upgrades.core.versions import key, release
from runbook.upgrades.environments.uv import UvFailed

if TYPE_CHECKING:
    from runbook.upgrades.environments.uv import Uv

_PLAIN = re.compile(r"3(?:\.\d+){1,2}")
_OLDEST = (3, 8)


def find_python(uv: Uv, tree: Path, wanted: str) -> Path:
    """Return the interpreter for a project.

    Raises:
        EnvironmentNotReady: There is none.
    """
    try:
        found = uv.run("python", "find", "--system", *([wanted] if wanted else []), cwd=tree)
    except UvFailed as error:
        if _PLAIN.fullmatch(wanted) and (python := _of_pyenv(wanted)):
            return python
        what = f"Python {wanted}" if wanted else "a Python that the project allows"
        raise EnvironmentNotReady(
            f"{what} is not there: {error.what}", next_step="install it, or pass --python V"
        ) from error
    return Path(found.strip())


def older_pythons(uv: Uv, tree: Path, today: str) -> list[tuple[Path, str]]:
    """Return the interpreters that are older than today's by a minor version, the newest first, one each."""
    found: dict[tuple[int, ...], tuple[Path, str]] = {}
    for version, path in [*_known_to_uv(uv, tree), *_versions_of_pyenv()]:
        numbers = release(version)[:2]
        if _OLDEST <= numbers < release(today)[:2]:
            found.setdefault(numbers, (path, version))
    return [found[numbers] for numbers in sorted(found, reverse=True)]


def _known_to_uv(uv: Uv, tree: Path) -> list[tuple[str, Path]]:
    try:
        said = uv.run("python", "list", "--only-installed", "--output-format", "json", cwd=tree)
        return [
            (each["version"], Path(each["path"])) for each in json.loads(said) if each.get("path")
        ]
    except (UvFailed, ValueError):
        return []


def _of_pyenv(wanted: str) -> Path | None:
    """Return the newest interpreter of a version such as 3.12 or 3.12.1."""
    fits = [
        (key(version), path) for version, path in _versions_of_pyenv()
        if f"{version}.".startswith(f"{wanted}.")
    ]  # fmt: skip
    return max(fits)[1] if fits else None


def _versions_of_pyenv() -> list[tuple[str, Path]]:
    root = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    pythons = sorted(root.glob("versions/3.*/bin/python"))
    return [(path.parts[-3], path) for path in pythons if _PLAIN.fullmatch(path.parts[-3])]
