"""The gate of the public grid: open only while its file says so beyond any doubt.

An open gate is signed with a key in a file beside it, which goes when the gate is closed: a copy of an open gate
opens nothing later. `invoke gate.open` writes these files, and nothing here does; docs/architecture/gate.md has the
format.
"""

from __future__ import annotations

import functools
import hashlib
import hmac
import json
import os
from typing import TYPE_CHECKING, Annotated, Any, Literal

import msgspec
from msgspec import Meta

from dashgen.storage.atomic_file import UnfitFileError, read_regular
from dashgen.strict_json import decode_strictly

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

MAX_BYTES = 16 * 1024
# How far ahead the clock of whoever opened the gate may be.
CLOCK_SKEW_S = 60.0

_Name = Annotated[str, Meta(min_length=1, max_length=200)]
_KeyName = Annotated[str, Meta(pattern="^[0-9a-f]{16}$")]
_Reason = Annotated[str, Meta(max_length=2000)]
_Signature = tuple[int, int, int, int]


class GateState(msgspec.Struct, frozen=True, kw_only=True):
    """Whether visitors may see the grid, and why.

    Attributes:
        is_open: Whether they may.
        reason: One line for a person.
        since: When it was opened or closed in Unix seconds, if that is known.
        closed_by: Who closed it, if somebody did.
        build: The build that the gate was opened for, if it was.
    """

    is_open: bool
    reason: str
    since: float | None = None
    closed_by: str | None = None
    build: str | None = None


class _OpenFile(msgspec.Struct, tag_field="state", tag="open", forbid_unknown_fields=True):
    version: Literal[2]
    build: _Name
    commit: _Name
    tree: _Name
    opened_at: Annotated[float, Meta(ge=0)]
    by: _Name
    proof: dict[str, Any]
    key: _KeyName
    key_ctime_ns: int
    mac: _Name


class _ClosedFile(msgspec.Struct, tag_field="state", tag="closed", forbid_unknown_fields=True):
    version: Literal[2]
    reason: _Reason
    by: _Name
    closed_at: Annotated[float, Meta(ge=0)]


_GateFile = _OpenFile | _ClosedFile


class FeatureGate:
    """The gate as one server sees it."""

    def __init__(self, path: Path, build: str | Callable[[], str]) -> None:
        """Args: path: the gate's file. build: what this server serves, or how to look it up."""
        self._path = path
        self._build = build if callable(build) else lambda: build
        self._read: tuple[_Signature, _GateFile] | None = None

    def read(self, now: float) -> GateState:
        """Read the gate; every doubt is a closed gate. It never raises.

        Args:
            now: Unix seconds.
        """
        try:
            record = self._record()
            if isinstance(record, _OpenFile):
                _refuse_other_key(_key_path(self._path, record.key), record)
        except FileNotFoundError:
            return _closed("the gate was never opened, or its key is gone")
        except (OSError, UnfitFileError, ValueError) as error:
            return _closed(f"the gate's file is in doubt: {error}")
        if isinstance(record, _ClosedFile):
            return _closed(record.reason, since=record.closed_at, closed_by=record.by)
        if record.build != self._build():
            return _closed("the gate was opened for another build")
        if record.opened_at > now + CLOCK_SKEW_S:
            return _closed("the gate was opened in the future")
        return GateState(
            is_open=True,
            reason=f"opened for commit {record.commit}",
            since=record.opened_at,
            build=record.build,
        )

    def _record(self) -> _GateFile:
        """What the file says, decoded again only when the file changed."""
        if self._read is not None and self._read[0] == _signature(os.lstat(self._path)):
            return self._read[1]
        data, status = read_regular(self._path, MAX_BYTES)
        # To the type checker two types are no type, to msgspec they are.
        record: _GateFile = decode_strictly(data, _GateFile)  # type: ignore[arg-type]
        if isinstance(record, _OpenFile):
            self._verify(record, data)
        self._read = (_signature(status), record)
        return record

    def _verify(self, record: _OpenFile, data: bytes) -> None:
        key, _ = read_regular(_key_path(self._path, record.key), MAX_BYTES)
        if not hmac.compare_digest(_mac(key, json.loads(data)), record.mac):
            raise ValueError("its signature is wrong")


@functools.lru_cache(8)
def _key_path(path: Path, name: str) -> Path:
    return path.with_name(f"{path.stem}-{name}.key")


def _refuse_other_key(path: Path, record: _OpenFile) -> None:
    """A key that was put back from a copy has the same bytes, and another time."""
    if _ctime_ns(path) != record.key_ctime_ns:
        raise ValueError("its key was put there later")


def _ctime_ns(path: Path) -> int:
    """When a file's inode was last changed: the one time of a file that nobody can set."""
    return os.lstat(path).st_ctime_ns  # pathlib takes twice as long, and every visitor waits for it


def _mac(key: bytes, record: dict[str, Any]) -> str:
    """HMAC-SHA256 over all but itself: keys sorted, no blanks, ASCII."""
    signed = {name: value for name, value in record.items() if name != "mac"}
    text = json.dumps(signed, sort_keys=True, separators=(",", ":"))
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()


def _closed(reason: str, *, since: float | None = None, closed_by: str | None = None) -> GateState:
    return GateState(is_open=False, reason=reason, since=since, closed_by=closed_by)


def _signature(status: os.stat_result) -> _Signature:
    return (status.st_ino, status.st_mtime_ns, status.st_ctime_ns, status.st_size)
