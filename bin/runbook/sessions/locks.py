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
from bisect import bisect_left
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from runbook.atomic import write_atomically
from runbook.calls import call, call_install
from runbook.errors import EnvironmentNotReady, UsageError
from runbook.nearest import nearest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

FOLDER = "requirements"
_MARK = "# inputs: sha256:"


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


def unlocked(root: Path) -> list[str]:
    """Return the dependency groups that no lock pins, not even as a part of another group."""
    pyproject = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    groups: dict[str, list[Any]] = pyproject.get("dependency-groups", {})
    entries = (entry for group in groups.values() for entry in group)
    included = {entry.get("include-group") for entry in entries if isinstance(entry, dict)}
    pinned = {lock.group for lock in read_locks(pyproject)}
    return [group for group in groups if group not in included | pinned]


def _staleness(root: Path, pyproject: dict[str, Any], lock: Lock) -> str:
    file = root / FOLDER / f"{lock.name}.txt"
    if not file.is_file():
        return f"{FOLDER}/{lock.name}.txt is missing"
    with file.open(encoding="utf-8") as lines:
        first = lines.readline().rstrip("\n")
    is_current = first == _MARK + digest(pyproject, lock)
    return "" if is_current else f"{FOLDER}/{lock.name}.txt no longer fits pyproject.toml"


@dataclass(frozen=True, slots=True)
class Compiled:
    """One lock as it was compiled.

    Attributes:
        name: The stem of its file.
        has_changed: Whether it is another than before.
        as_of: The moment whose newest releases it pins, RFC 3339; empty where nobody asked for one.
    """

    name: str
    has_changed: bool
    as_of: str = ""


def compile_locks(
    root: Path, *, upgrade: bool = False, only: str = "", as_of: str = "", dry_run: bool = False
) -> list[Compiled]:
    """Compile the locks with uv; whatever still fits keeps its version, unless it is asked to move.

    Args:
        root: The project's root.
        upgrade: Whether to move everything to the newest that is allowed.
        only: The name of one lock, or empty for all.
        as_of: Set everything to what was newest then, RFC 3339; a lock that nothing that old fits becomes as old as
            can be.
        dry_run: Whether to write nothing.

    Raises:
        UsageError: No lock is called ``only``.
        EnvironmentNotReady: uv is not there, or could not resolve.
    """
    pyproject = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    locks = {lock.name: lock for lock in read_locks(pyproject)}
    if only and only not in locks:
        close = nearest(only, locks)
        raise UsageError(
            f"no lock is called {only!r}; the nearest: {', '.join(close) or 'none'}",
            next_step=call(f"lock --only {close[0]}")
            if close
            else "add it to [tool.runbook.locks]",
        )
    chosen = [locks[only]] if only else locks.values()
    is_moved = upgrade or bool(as_of)
    return [
        _compile(_Compiler(root, pyproject, lock, is_moved), as_of, dry_run=dry_run)
        for lock in chosen
    ]


def _compile(compiler: _Compiler, as_of: str, *, dry_run: bool) -> Compiled:
    file = compiler.file
    before = file.read_text(encoding="utf-8") if file.exists() else ""
    then, text = _oldest(compiler.compile, as_of) if as_of else ("", compiler.compile())
    if text != before and not dry_run:
        write_atomically(file, text.encode())
    return Compiled(compiler.lock.name, text != before, then)


def _oldest(compile_as_of: Callable[[str], str], as_of: str) -> tuple[str, str]:
    """Return the first day from ``as_of`` on that has a resolution, and that resolution.

    What a requirement needs may not have been there on the day that was asked for; once it was, it stayed.
    """
    first = datetime.fromisoformat(as_of)
    days = max(0, (datetime.now(UTC) - first).days + 1)
    found: dict[int, str] = {}

    def moment(day: int) -> str:
        return f"{first + timedelta(days=day):%Y-%m-%dT%H:%M:%SZ}"

    def resolves(day: int) -> bool:
        try:
            found[day] = compile_as_of(moment(day))
        except EnvironmentNotReady:
            return False
        return True

    if not resolves(0):
        found[days] = compile_as_of(moment(days))  # says why, where it is not for the day
        bisect_left(range(1, days), x=True, key=resolves)
    oldest = min(found)
    return moment(oldest), found[oldest]


@dataclass(frozen=True, slots=True)
class _Compiler:
    """Compiles one lock.

    Attributes:
        root: The project's root.
        pyproject: What its ``pyproject.toml`` says.
        lock: Which.
        is_moved: Whether it is compiled without regard to what it pins now.
    """

    root: Path
    pyproject: dict[str, Any]
    lock: Lock
    is_moved: bool

    @property
    def file(self) -> Path:
        """Where it stands."""
        return self.root / FOLDER / f"{self.lock.name}.txt"

    def compile(self, as_of: str = "") -> str:
        """Return the text of the lock; no later release than ``as_of`` is seen.

        Raises:
            EnvironmentNotReady: uv is not there, or could not resolve.
        """
        with TemporaryDirectory() as folder:
            output = Path(folder) / "lock.txt"
            if self.file.exists():
                shutil.copyfile(self.file, output)
            done = subprocess.run(
                self._command(output, as_of), cwd=self.root, capture_output=True, text=True, check=False
            )  # fmt: skip
            if done.returncode:
                raise EnvironmentNotReady(
                    f"uv could not resolve {self.lock.group}:\n{done.stderr.strip()}"
                )
            return f"{_MARK}{digest(self.pyproject, self.lock)}\n{_unmarked(output)}"

    def _command(self, output: Path, as_of: str) -> list[str]:
        return [
            find_uv(), "pip", "compile", "--quiet", "--universal", "--generate-hashes", "--no-emit-index-url",
            "--no-emit-find-links", "--custom-compile-command", call("lock"), "--resolution", self.lock.resolution,
            "--python-version", self.pyproject["project"]["requires-python"].removeprefix(">="),
            "--group", self.lock.group, "--output-file", str(output),
            *(["--upgrade"] if self.is_moved else []), *(["--exclude-newer", as_of] if as_of else []),
        ]  # fmt: skip


def _unmarked(file: Path) -> str:
    lines = file.read_text(encoding="utf-8").splitlines(keepends=True)
    return "".join(line for line in lines if not line.startswith(_MARK))


def find_uv() -> str:
    """Return the uv of this environment, or the first on PATH.

    Raises:
        EnvironmentNotReady: There is none.
    """
    beside = shutil.which("uv", path=str(sys.prefix + "/bin")) or shutil.which("uv")
    if beside is None:
        raise EnvironmentNotReady("uv is not installed", next_step=call_install("uv"))
    return beside
