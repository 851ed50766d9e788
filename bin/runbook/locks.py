"""The locks: one ``requirements/<name>.txt`` an environment, compiled by uv, hash-pinned, without a host.

Whether a lock still fits ``pyproject.toml`` is told offline, by a digest of what it was compiled from
that stands in its first line.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from runbook.errors import EnvironmentNotReady, UsageError
from runbook.nearest import nearest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FOLDER = "requirements"
_MARK = "# inputs: sha256:"
_COMMAND = "bin/invoke lock"


@dataclass(frozen=True, slots=True)
class Lock:
    """One lock: the group that it pins, and how.

    Attributes:
        name: The stem of its file.
        group: The dependency group in ``pyproject.toml``.
        resolution: uv's ``--resolution``: highest, or lowest-direct for the oldest supported.
    """

    name: str
    group: str
    resolution: str = "highest"


def read_locks(pyproject: dict[str, Any]) -> tuple[Lock, ...]:
    """Return the locks that ``[tool.runbook.locks]`` names, by ``name = {group, resolution}``.

    Raises:
        UsageError: One of them has another option.
    """
    table = pyproject.get("tool", {}).get("runbook", {}).get("locks", {})
    for name, options in table.items():
        if unknown := options.keys() - {"group", "resolution"}:
            names = ", ".join(sorted(unknown))
            where = f"[tool.runbook.locks] {name}"
            raise UsageError(f"{where} takes group and resolution, not {names}")
    return tuple(Lock(name, **{"group": name, **options}) for name, options in table.items())


def requirements_of(pyproject: dict[str, Any], group: str) -> list[str]:
    """Return the requirements of a dependency group, included groups too, sorted.

    Raises:
        UsageError: The group, or one that it includes, does not exist or is malformed.
    """
    return sorted(set(_expand(pyproject.get("dependency-groups", {}), group)))


def _expand(
    groups: dict[str, list[Any]], group: str, within: tuple[str, ...] = ()
) -> Iterator[str]:
    if group in within:
        raise UsageError(f"pyproject.toml: the dependency group {group!r} includes itself")
    if group not in groups:
        raise UsageError(f"pyproject.toml has no dependency group {group!r}")
    for entry in groups[group]:
        if isinstance(entry, str):
            yield entry
        elif entry.keys() == {"include-group"}:
            yield from _expand(groups, entry["include-group"], (*within, group))
        else:
            what = "neither a requirement nor an include-group"
            raise UsageError(f"pyproject.toml: {group!r} has an entry that is {what}")


def digest(pyproject: dict[str, Any], lock: Lock) -> str:
    """Return a digest of all that decides the content of a lock, but for the day."""
    inputs = {
        "requirements": requirements_of(pyproject, lock.group),
        "python": pyproject["project"]["requires-python"],
        "resolution": lock.resolution,
    }
    return hashlib.sha256(json.dumps(inputs, sort_keys=True).encode()).hexdigest()


def stale_locks(root: Path) -> list[str]:
    """Return a line for each lock that is missing, left over, or no longer fits ``pyproject.toml``."""
    pyproject = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    locks = read_locks(pyproject)
    if not locks:
        return []  # what stands in the folder is the project's own
    stale = [text for lock in locks if (text := _staleness(root, pyproject, lock))]
    known = {f"{lock.name}.txt" for lock in locks}
    unknown = [path for path in sorted((root / FOLDER).glob("*.txt")) if path.name not in known]
    return stale + [
        f"{FOLDER}/{path.name} belongs to no lock in [tool.runbook.locks]" for path in unknown
    ]


def _staleness(root: Path, pyproject: dict[str, Any], lock: Lock) -> str:
    file = root / FOLDER / f"{lock.name}.txt"
    if not file.is_file():
        return f"{FOLDER}/{lock.name}.txt is missing"
    with file.open(encoding="utf-8") as lines:
        first = lines.readline().rstrip("\n")
    is_current = first == _MARK + digest(pyproject, lock)
    return "" if is_current else f"{FOLDER}/{lock.name}.txt no longer fits pyproject.toml"


def compile_locks(root: Path, *, upgrade: bool = False, only: str = "") -> list[str]:
    """Compile the locks with uv; without ``upgrade`` whatever still fits keeps its version.

    Args:
        root: The project's root.
        upgrade: Whether to move everything to the newest that is allowed.
        only: The name of one lock, or empty for all.

    Returns:
        The names of the locks that changed.

    Raises:
        UsageError: No lock is called ``only``.
        EnvironmentNotReady: uv is not there, or could not resolve.
    """
    pyproject = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    locks = {lock.name: lock for lock in read_locks(pyproject)}
    if only and only not in locks:
        close = ", ".join(nearest(only, locks))
        raise UsageError(f"no lock is called {only!r}; the nearest: {close}")
    chosen = [locks[only]] if only else locks.values()
    return [lock.name for lock in chosen if _compile(root, pyproject, lock, upgrade=upgrade)]


def _compile(root: Path, pyproject: dict[str, Any], lock: Lock, *, upgrade: bool) -> bool:
    file = root / FOLDER / f"{lock.name}.txt"
    before = file.read_text(encoding="utf-8") if file.exists() else ""
    command = [
        find_uv(), "pip", "compile", "--quiet", "--universal", "--generate-hashes", "--no-emit-index-url",
        "--no-emit-find-links", "--custom-compile-command", _COMMAND, "--resolution", lock.resolution,
        "--python-version", pyproject["project"]["requires-python"].removeprefix(">="),
        "--group", lock.group, "--output-file", str(file), *(["--upgrade"] if upgrade else []),
    ]  # fmt: skip
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    if done.returncode:
        raise EnvironmentNotReady(f"uv could not resolve {lock.group}:\n{done.stderr.strip()}")
    body = "".join(
        line
        for line in file.read_text(encoding="utf-8").splitlines(keepends=True)
        if not line.startswith(_MARK)
    )
    file.write_text(f"{_MARK}{digest(pyproject, lock)}\n{body}", encoding="utf-8")
    return file.read_text(encoding="utf-8") != before


def find_uv() -> str:
    """Return the uv of this environment, or the first on PATH.

    Raises:
        EnvironmentNotReady: There is none.
    """
    beside = shutil.which("uv", path=str(sys.prefix + "/bin")) or shutil.which("uv")
    if beside is None:
        raise EnvironmentNotReady("uv is not installed", next_step="run this through bin/invoke")
    return beside
