"""Bytecode that is checked against the source itself, so that a fast loop can rely on it.

Python takes a cached module for fresh by the time, in whole seconds, and the size of its source. Who edits,
smokes and edits again within a second can be shown the edit before. Files made here hold a hash of the
source instead (PEP 552, checked). pytest keeps the tests that it has rewritten under the same weak rule;
those are dropped here when their source is not what it was in the run before.
"""

from __future__ import annotations

import importlib.util
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_HASHED_AND_CHECKED = (0b11).to_bytes(4, "little")


def refresh(folders: Iterable[Path]) -> int:
    """Compile every module below ``folders`` whose bytecode does not carry its source's hash.

    A module that does not compile is left alone: whoever imports it is told why.

    Returns:
        How many were compiled.
    """
    return sum(_compile(source) for folder in folders for source in _sources(folder))


def drop_stale_rewrites(folders: Iterable[Path], record: Path) -> None:
    """Remove what pytest has kept of each test below ``folders`` that has changed since the last call.

    Args:
        folders: Where the tests are.
        record: The file that remembers, between calls, what the tests were.
    """
    sources = [source for folder in folders for source in _sources(folder)]
    now = {source: _hash(source).hex() for source in sources}
    before = _read_record(record)
    for source, digest in now.items():
        if before.get(source) != digest:
            kept = Path(source).parent / "__pycache__"
            for rewrite in kept.glob(f"{Path(source).stem}.*-pytest-*.pyc"):
                rewrite.unlink(missing_ok=True)
    if now != before:
        record.parent.mkdir(parents=True, exist_ok=True)
        record.write_text(json.dumps(now), encoding="utf-8")


def _read_record(record: Path) -> dict[str, str]:
    try:
        return dict(json.loads(record.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return {}


def _sources(folder: Path) -> Iterator[str]:
    for path, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if name != "__pycache__"]
        yield from (os.path.join(path, name) for name in files if name.endswith(".py"))  # noqa: PTH118 - per run


def _compile(source: str) -> bool:
    cached = importlib.util.cache_from_source(source)
    if _header(cached) == importlib.util.MAGIC_NUMBER + _HASHED_AND_CHECKED + _hash(source):
        return False
    import py_compile  # noqa: PLC0415 - hardly ever, and pytest waits for it

    mode = py_compile.PycInvalidationMode.CHECKED_HASH
    try:
        return bool(py_compile.compile(source, cached, doraise=True, invalidation_mode=mode))
    except (py_compile.PyCompileError, OSError):
        return False


def _header(cached: str) -> bytes:
    try:
        with Path(cached).open("rb") as file:
            return file.read(16)
    except OSError:
        return b""


def _hash(source: str) -> bytes:
    return importlib.util.source_hash(Path(source).read_bytes())
