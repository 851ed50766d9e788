"""Bytecode that is checked against the source itself, so that a fast loop can rely on it.

Python takes a cached module for fresh by the time, in whole seconds, and the size of its source. Who edits,
smokes and edits again within a second can be shown the edit before. Files made here hold a hash of the
source instead (PEP 552, checked): Python itself looks, when it imports one, whether the source is still that,
and compiles it anew where it is not. pytest keeps the tests that it has rewritten under the weak rule; those are
dropped here when their source is not what it was in the run before.

All of it is done before pytest starts: it reads no more than it must.
"""

from __future__ import annotations

import importlib.util
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_CHECKED = importlib.util.MAGIC_NUMBER + (0b11).to_bytes(4, "little")  # by the source's hash
_REWRITTEN = "-pytest-"  # in the names of what pytest keeps


def refresh(folders: Iterable[Path]) -> int:
    """Compile every module below ``folders`` whose bytecode Python would take by the time of its source.

    A module that does not compile is left alone: whoever imports it is told why.

    Returns:
        How many were compiled.
    """
    return sum(
        _compile(source, cached)
        for folder in folders
        for source, cached in _modules(folder)
        if _header(cached) != _CHECKED
    )


def drop_stale_rewrites(folders: Iterable[Path], record: Path) -> None:
    """Remove what pytest has kept of each test below ``folders`` that has changed since the last call.

    Args:
        folders: Where the tests are.
        record: The file that remembers, between calls, what they were: those that pytest has kept or, by
            their names, may keep in the run to come. What it does not remember is removed.
    """
    kept = [(source, rewrites) for folder in folders for source, rewrites in _rewritten(folder)]
    now = {source: _hash(source) for source, _ in kept}
    before = _read_record(record)
    for source, rewrites in kept:
        if before.get(source) != now[source]:
            for rewrite in rewrites:
                Path(rewrite).unlink(missing_ok=True)
    if now != before:
        record.parent.mkdir(parents=True, exist_ok=True)
        record.write_text(json.dumps(now), encoding="utf-8")


def _read_record(record: Path) -> dict[str, str]:
    try:
        return dict(json.loads(record.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return {}


def _walk(folder: Path) -> Iterator[tuple[str, list[str]]]:
    """Yield each folder that may hold modules, with the names of its files that are modules."""
    for path, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if name != "__pycache__"]
        yield path, [name for name in files if name.endswith(".py")]


def _modules(folder: Path) -> Iterator[tuple[str, str]]:
    """Yield each module with the file that Python keeps its bytecode in."""
    for path, names in _walk(folder):
        # Python's own rule takes longer than reading the file; it treats all modules of a folder alike.
        head, tail = importlib.util.cache_from_source(os.path.join(path, "\0.py")).split("\0")  # noqa: PTH118 - a text is asked for
        yield from ((f"{path}/{name}", f"{head}{name[:-3]}{tail}") for name in names)


def _rewritten(folder: Path) -> Iterator[tuple[str, list[str]]]:
    """Yield each module that pytest has rewritten, or may, with what it has kept of it."""
    for path, names in _walk(folder):
        kept: dict[str, list[str]] = {name: [] for name in names if _is_test(name)}
        for file in _listed(f"{path}/__pycache__"):
            if _REWRITTEN in file and (name := f"{file.partition('.')[0]}.py") in names:
                kept.setdefault(name, []).append(f"{path}/__pycache__/{file}")
        yield from ((f"{path}/{name}", rewrites) for name, rewrites in kept.items())


def _is_test(name: str) -> bool:
    return name.startswith("test_") or name.endswith("_test.py") or name == "conftest.py"


def _listed(folder: str) -> list[str]:
    try:
        return os.listdir(folder)  # noqa: PTH208 - their names, of which there are many
    except OSError:
        return []


def _compile(source: str, cached: str) -> bool:
    import py_compile  # noqa: PLC0415 - hardly ever, and pytest waits for it

    mode = py_compile.PycInvalidationMode.CHECKED_HASH
    try:
        return bool(py_compile.compile(source, cached, doraise=True, invalidation_mode=mode))
    except (py_compile.PyCompileError, OSError):
        return False


def _header(cached: str) -> bytes:
    try:
        file = os.open(cached, os.O_RDONLY)
    except OSError:
        return b""
    try:
        return os.read(file, len(_CHECKED))
    finally:
        os.close(file)


def _hash(source: str) -> str:
    return importlib.util.source_hash(Path(source).read_bytes()).hex()
