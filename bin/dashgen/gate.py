"""The gate of the public grid: open only while its file says so beyond any doubt."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import msgspec
from msgspec import Meta

from dashgen.atomic_file import UnfitFileError, ensure_directory, read_regular, write_atomically
from dashgen.strict_json import decode_strictly

if TYPE_CHECKING:
    import os
    from pathlib import Path

MAX_BYTES = 16 * 1024
# How far ahead the clock of whoever opened the gate may be.
CLOCK_SKEW_S = 60.0

_Name = Annotated[str, Meta(min_length=1, max_length=200)]
_Reason = Annotated[str, Meta(max_length=2000)]
_Signature = tuple[int, int, int, int]


class GateState(msgspec.Struct, frozen=True, kw_only=True):
    """Whether visitors may see the grid, and why.

    Attributes:
        is_open: whether they may.
        reason: one line for a person.
        since: when it was opened or closed in Unix seconds, if that is known.
        closed_by: who closed it, if somebody did.
        build: the build that the gate was opened for, if it was.
    """

    is_open: bool
    reason: str
    since: float | None = None
    closed_by: str | None = None
    build: str | None = None


class _OpenFile(msgspec.Struct, tag_field="state", tag="open", forbid_unknown_fields=True):
    version: Literal[1]
    build: _Name
    commit: _Name
    tree: _Name
    opened_at: Annotated[float, Meta(ge=0)]


class _ClosedFile(msgspec.Struct, tag_field="state", tag="closed", forbid_unknown_fields=True):
    version: Literal[1]
    reason: _Reason
    by: _Name
    closed_at: Annotated[float, Meta(ge=0)]


_GateFile = _OpenFile | _ClosedFile


class FeatureGate:
    """The gate as one server sees it."""

    def __init__(self, path: Path, build: str) -> None:
        """Args: path: the gate's file. build: what this server serves."""
        self._path = path
        self._build = build
        self._read: tuple[_Signature, _GateFile] | None = None

    def read(self, now: float) -> GateState:
        """Reads the gate; every doubt is a closed gate. It never raises.

        Args:
            now: Unix seconds.
        """
        try:
            record = self._record()
        except FileNotFoundError:
            return _closed("the gate was never opened")
        except (OSError, UnfitFileError, ValueError) as error:
            return _closed(f"the gate's file is in doubt: {error}")
        if isinstance(record, _ClosedFile):
            return _closed(record.reason, since=record.closed_at, closed_by=record.by)
        if record.build != self._build:
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
        if self._read is not None and self._read[0] == _signature(self._path.lstat()):
            return self._read[1]
        data, status = read_regular(self._path, MAX_BYTES)
        record: _GateFile = decode_strictly(data, _GateFile)  # type: ignore[arg-type]
        self._read = (_signature(status), record)
        return record


def write_open(path: Path, build: str, commit: str, tree: str, now: float) -> None:
    """Opens the gate for one build. Whoever calls this has seen that commit smoke green.

    Args:
        path: the gate's file.
        build: the build, as ``build_id.served_build`` gives it.
        commit: the commit that was smoked.
        tree: the tree of that commit.
        now: Unix seconds.

    Raises:
        OSError: it could not be stored, and the gate is as it was.
    """
    _write(path, _OpenFile(version=1, build=build, commit=commit, tree=tree, opened_at=now))


def write_closed(path: Path, reason: str, by: str, now: float) -> None:
    """Closes the gate.

    Args:
        path: the gate's file.
        reason: why, for a person.
        by: who closes it.
        now: Unix seconds.

    Raises:
        OSError: it could not be stored.
    """
    _write(path, _ClosedFile(version=1, reason=reason, by=by, closed_at=now))


def _write(path: Path, record: _GateFile) -> None:
    ensure_directory(path.parent)
    write_atomically(path, msgspec.json.encode(record))


def _closed(reason: str, *, since: float | None = None, closed_by: str | None = None) -> GateState:
    return GateState(is_open=False, reason=reason, since=since, closed_by=closed_by)


def _signature(status: os.stat_result) -> _Signature:
    return (status.st_ino, status.st_mtime_ns, status.st_ctime_ns, status.st_size)
