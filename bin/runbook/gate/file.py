"""The gate's file: what it says, and how it changes so that it is always in the old state or the new.

An open gate is signed with a key of its own, in a file beside it. Closing removes the key, so that no copy of an
open gate, from an hour ago or from another machine, opens it again. The server of the app reads the same
files by rules of its own (docs/architecture/gate.md); here they are read for people, and changed.

A key is known by its inode's time too: a folder that is put back from a copy has its bytes, and opens nothing.
"""

from __future__ import annotations

import fcntl
import hashlib
import hmac
import json
import os
import re
import secrets
import stat
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from runbook.atomic import sync_folder, write_atomically

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

VERSION = 2
MAX_BYTES = 16 * 1024  # as the server reads it
CLOCK_SKEW_S = 60.0  # how far ahead the clock of whoever opened it may be
_PRIVATE = 0o600
_KEY_NAME = re.compile(r"[0-9a-f]{16}")
OPEN_KEYS = frozenset({
    "version", "state", "build", "commit", "tree", "opened_at", "by", "proof", "key", "key_ctime_ns", "mac",
})  # fmt: skip
_NAMES = ("build", "commit", "tree", "by", "key", "mac")
CLOSED_KEYS = frozenset({"version", "state", "reason", "by", "closed_at"})


class Position(StrEnum):
    """Where the gate stands. Only ``open`` lets the public in."""

    OPEN = "open"
    CLOSED = "closed"
    NEVER = "never opened"
    DOUBT = "in doubt"


@dataclass(frozen=True, slots=True)
class GateState:
    """What the gate's file says.

    Attributes:
        position: Where the gate stands.
        why: One line for a person: the reason of a closure, or of the doubt.
        by: Who brought it there; empty where unknown.
        at: Since when, in Unix seconds; 0 where unknown.
        record: The whole record of an open gate.
        content: The bytes of the file, to see whether it has changed since.
        is_hidden: Whether this user may not read it, while its server may.
    """

    position: Position
    why: str = ""
    by: str = ""
    at: float = 0.0
    record: Mapping[str, Any] = field(default_factory=dict)
    content: bytes = b""
    is_hidden: bool = False

    @property
    def may_be_open(self) -> bool:
        """Whether the file says open, be it believed or not; or may say so, as far as this user can see."""
        says_open = self.position is Position.OPEN or self.record.get("state") == Position.OPEN
        return says_open or self.is_hidden


class GateChanged(Exception):
    """Somebody changed the gate meanwhile; ``state`` is what it says now."""

    def __init__(self, state: GateState) -> None:
        super().__init__(state.why)
        self.state = state


class GateFile:
    """The gate's file with what stands beside it: keys, a lock, the history.

    Args:
        path: The file; its folder need not exist yet.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.history = path.with_suffix(".log")  # gate.log

    def read(self, now: float) -> GateState:
        """Read it; whatever cannot be believed is in doubt, and nothing is raised.

        Args:
            now: Unix seconds.
        """
        content = b""
        try:
            content = _read_plain(self.path)
            return self._understand(_decode(content), content, now)
        except FileNotFoundError:
            return GateState(Position.NEVER, "it was never opened")
        except (OSError, ValueError, TypeError, RecursionError) as error:
            is_hidden = isinstance(error, PermissionError)
            why = f"its file is in doubt: {error}"
            return GateState(Position.DOUBT, why, content=content, is_hidden=is_hidden)

    def _understand(self, record: dict[str, Any], content: bytes, now: float) -> GateState:
        if record.get("version") != VERSION:
            raise ValueError(f"its version is not {VERSION}")
        if record.get("state") == Position.CLOSED and record.keys() == CLOSED_KEYS:
            return GateState(
                Position.CLOSED,
                str(record["reason"]),
                str(record["by"]),
                float(record["closed_at"]),
                content=content,
            )
        is_open = record.get("state") == Position.OPEN and record.keys() == OPEN_KEYS
        if not is_open or not all(isinstance(record[name], str) for name in _NAMES):
            raise ValueError("it is neither open nor closed")
        doubt = self._doubt(record, now)
        position = Position.DOUBT if doubt else Position.OPEN
        why = doubt or f"opened for commit {record['commit']}"
        return GateState(
            position, why, str(record["by"]), float(record["opened_at"]), record, content
        )

    def _doubt(self, record: Mapping[str, Any], now: float) -> str:
        """Why an open gate is not believed, or nothing."""
        try:
            key = self._key(str(record["key"]))
            expected = _mac(_read_plain(key), record)
            is_same = _ctime_ns(key) == record["key_ctime_ns"]
        except (OSError, ValueError):
            return "its file says open, but the key that signed it is gone"
        if not is_same:
            return "its file says open, but the key beside it was put there later"
        if not hmac.compare_digest(expected, str(record["mac"])):
            return "its file says open, but its signature is wrong"
        if float(record["opened_at"]) > now + CLOCK_SKEW_S:
            return "it was opened in the future"
        return ""

    def open(self, facts: Mapping[str, Any], *, by: str, now: float, since: GateState) -> None:
        """Open it, unless it is no longer as it was.

        Args:
            facts: build, commit, tree and proof.
            by: Who opens it.
            now: Unix seconds.
            since: What it said when the proof began.

        Raises:
            GateChanged: It says something else by now.
            OSError: It could not be stored; it is as it was.
        """
        self._make_folder()
        with self._locked():
            state = self.read(now)
            if state.content != since.content:
                raise GateChanged(state)
            key = self._make_key()
            try:
                record = {"version": VERSION, "state": Position.OPEN, **facts, "by": by}
                record |= {"opened_at": now, "key": key.stem.rpartition("-")[2]}
                record["key_ctime_ns"] = _ctime_ns(key)
                record["mac"] = _mac(_read_plain(key), record)
                write_atomically(self.path, _encode(record), mode=_PRIVATE)
            except BaseException:
                key.unlink()
                raise
            self._remove_keys(but=key)
            self._remember(Position.OPEN, by=by, at=now, commit=facts["commit"])

    def close(self, reason: str, *, by: str, now: float) -> None:
        """Close it, whatever it said and whatever is in its place.

        Without its key an open gate opens nothing, so a full disk cannot keep it open.

        Args:
            reason: Why, for a person.
            by: Who closes it.
            now: Unix seconds.

        Raises:
            OSError: It could not be stored who closed it and why. It is closed all the same, unless its file
                could not be removed either.
        """
        with suppress(OSError):
            self._make_folder()
        with self._locked():
            record = {"version": VERSION, "state": Position.CLOSED, "reason": reason}
            try:
                data = _encode({**record, "by": by, "closed_at": now})
                write_atomically(self.path, data, mode=_PRIVATE)
            except OSError:
                self.path.unlink(missing_ok=True)
                raise
            finally:
                self._remove_keys()
            self._remember(Position.CLOSED, by=by, at=now, reason=reason)

    def _make_folder(self) -> None:
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Hold the lock of the folder; where it has no place for one, go on without."""
        try:
            lock = os.open(self.path.with_suffix(".lock"), os.O_RDWR | os.O_CREAT, _PRIVATE)
        except OSError:
            yield
            return
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        finally:
            os.close(lock)

    def _key(self, name: str) -> Path:
        if not _KEY_NAME.fullmatch(name):
            raise ValueError("that is no name of a key")
        return self.path.with_name(f"{self.path.stem}-{name}.key")

    def _make_key(self) -> Path:
        file = self._key(secrets.token_hex(8))
        write_atomically(file, secrets.token_hex(32).encode(), mode=_PRIVATE)
        return file

    def _remove_keys(self, *, but: Path | None = None) -> None:
        for file in self.path.parent.glob(f"{self.path.stem}-*.key"):
            if file != but:
                file.unlink(missing_ok=True)
        with suppress(OSError):
            sync_folder(self.path.parent)

    def _remember(self, state: Position, **facts: object) -> None:
        """Add a line to the history. It decides nothing, so that a disk without room for it stops nothing."""
        line = json.dumps({"state": state, **facts}) + "\n"
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW
        with suppress(OSError):
            descriptor = os.open(self.history, flags, _PRIVATE)
            try:
                os.write(descriptor, line.encode())
            finally:
                os.close(descriptor)


def _read_plain(file: Path) -> bytes:
    """Read a plain file of bounded size, without following a link or waiting on a pipe."""
    descriptor = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(descriptor, "rb") as opened:
        is_plain = stat.S_ISREG(os.fstat(descriptor).st_mode)
        data = opened.read(MAX_BYTES + 1) if is_plain else b""
    if not is_plain or len(data) > MAX_BYTES:
        raise ValueError("it is no plain file of its size")
    return data


def _ctime_ns(file: Path) -> int:
    """When a file's inode was last changed: the one time of a file that nobody can set, so that a copy has another."""
    return file.lstat().st_ctime_ns


def _decode(content: bytes) -> dict[str, Any]:
    record = json.loads(content.decode(), object_pairs_hook=_unique, parse_constant=_refuse)
    if not isinstance(record, dict):
        raise ValueError("it is no object")  # noqa: TRY004 - a file that says something else is a doubt
    return record


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("it has a key twice")
    return found


def _refuse(constant: str) -> None:
    raise ValueError(f"it holds {constant}")


def _encode(record: Mapping[str, Any]) -> bytes:
    return json.dumps(record, indent=2).encode() + b"\n"


def _mac(key: bytes, record: Mapping[str, Any]) -> str:
    """HMAC-SHA256 over all but itself: keys sorted, no blanks, ASCII, so that two programs agree on the bytes."""
    signed = {name: value for name, value in record.items() if name != "mac"}
    text = json.dumps(signed, sort_keys=True, separators=(",", ":"))
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
