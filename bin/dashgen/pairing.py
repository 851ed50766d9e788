"""Pairing: tokens that let a browser act as a user. Only a token's digest is ever stored."""

from __future__ import annotations

import hashlib
import hmac
import logging
import os
import re
import secrets
from typing import TYPE_CHECKING, Annotated, Literal

import msgspec
from msgspec import Meta

from dashgen.canvas_schema import Owner
from dashgen.errors import HandleTaken, SchemaError
from dashgen.ids import is_user_id
from dashgen.storage.atomic_file import (
    UnfitFileError,
    ensure_directory,
    locked,
    read_regular,
    write_atomically,
)
from dashgen.strict_json import decode_strictly

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LIFETIME_S = 90 * 24 * 3600.0
# How far ahead another machine's clock may be before its record is not believed.
CLOCK_SKEW_S = 300.0
# A handle: 1 to 32 letters, digits, _ and -, the first of them a letter or a digit.
HANDLE_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9_-]{0,31}\Z"

_log = logging.getLogger(__name__)
_MAX_BYTES = 16 * 1024
_MAX_TOKEN = 256
_FILE_NAME = re.compile(r"[0-9a-f]{64}\.json", re.ASCII)


class PairingRecord(msgspec.Struct, kw_only=True):
    """The file of one pairing. Times in Unix seconds.

    Attributes:
        replaces: The digest of the token that ends when this one is first used.
    """

    version: Literal[1] = 1
    user_id: str
    handle: Annotated[str, Meta(pattern=HANDLE_PATTERN)]
    token_sha256: str
    created_at: float
    expires_at: float
    revoked_at: float | None = None
    replaces: Annotated[str, Meta(pattern=r"^[0-9a-f]{64}\Z")] | None = None

    def is_live(self, now: float) -> bool:
        """Whether the pairing lets its user in at that time."""
        return (
            self.revoked_at is None
            and self.created_at <= now + CLOCK_SKEW_S
            and not self.is_over(now)
        )

    def is_over(self, now: float) -> bool:
        """Whether the pairing has run out."""
        return now >= self.ends_at

    @property
    def ends_at(self) -> float:
        """When the pairing runs out; a record cannot grant itself more than 90 days."""
        return min(self.expires_at, self.created_at + LIFETIME_S)


class PairingStore:
    """One file a token, ``<sha256 of the token>.json``, read at each request."""

    def __init__(self, root: Path) -> None:
        """Args: root: the folder of the pairing files; it need not exist yet."""
        self._root = root
        self._handles: dict[str, Owner] = {}

    def issue(self, user_id: str, handle: str, now: float, *, replaces: str | None = None) -> str:
        """Pair a user and give the token, which cannot be had again.

        Args:
            user_id: Who is paired.
            handle: The user's handle, 1 to 32 letters, digits, ``_`` and ``-``.
            now: Unix seconds.
            replaces: A token of the user's that ends when the new one is first used, and not before: the answer
                that brings the new one may be lost.

        Raises:
            SchemaError: A handle or user id that is not one.
            HandleTaken: Somebody else has the handle.
            OSError: It could not be stored.
        """
        if not is_user_id(user_id):
            raise SchemaError("user_id", "is not a user id")
        if not re.match(HANDLE_PATTERN, handle):
            raise SchemaError("handle", "must be 1 to 32 letters, digits, _ and -")
        token = secrets.token_urlsafe(32)
        record = PairingRecord(
            user_id=user_id,
            handle=handle,
            token_sha256=_digest(token),
            created_at=now,
            expires_at=now + LIFETIME_S,
            replaces=replaces and _digest(replaces),
        )
        ensure_directory(self._root)
        with locked(self._root / ".lock"):
            if any(user_id != holder for holder in self._holders(handle)):
                raise HandleTaken
            self._write(record)
        return token

    def resolve(self, token: str | None, now: float) -> Owner | None:
        """Who a token stands for at that time, or None.

        An expired token is revoked when it is met, so that no turning back of the clock brings
        it to life again.
        """
        record = self._find(token)
        if record is None:
            return None
        if record.revoked_at is None and record.is_over(now):
            self._retire(record, now)
            return None
        if not record.is_live(now) or not is_user_id(record.user_id):
            return None
        old = self._read_of(record.replaces) if record.replaces else None
        if old is not None and old.revoked_at is None:
            self._retire(old, now)
        return Owner(id=record.user_id, handle=record.handle)

    def revoke(self, token: str, now: float) -> None:
        """End a pairing for good. An unknown token is no error.

        Raises:
            OSError: It could not be stored, and the token still works.
        """
        record = self._find(token)
        if record is not None and record.revoked_at is None:
            self._revoke(record, now)

    def ends_at(self, token: str) -> float | None:
        """When a token that lets its user in ends, in Unix seconds; None of an unknown one."""
        record = self._find(token)
        return None if record is None else record.ends_at

    def count(self) -> int:
        """How many pairings were ever issued."""
        return sum(1 for _ in self._file_names())

    def _holders(self, handle: str) -> Iterator[str]:
        """User ids of those with that handle, in whatever case; each file is read once: its owner never changes."""
        wanted = handle.casefold()
        for name in self._file_names():
            if name not in self._handles:
                record = self._read(self._root / name)
                if record is None:
                    continue
                self._handles[name] = Owner(id=record.user_id, handle=record.handle)
            if self._handles[name].handle.casefold() == wanted:
                yield self._handles[name].id

    def _file_names(self) -> Iterator[str]:
        try:
            names = os.listdir(self._root)  # noqa: PTH208 - names are all that is needed
        except FileNotFoundError:
            return
        yield from (name for name in names if _FILE_NAME.fullmatch(name))

    def _find(self, token: str | None) -> PairingRecord | None:
        if not token or len(token) > _MAX_TOKEN or not token.isascii():
            return None
        return self._read_of(_digest(token))

    def _read_of(self, digest: str) -> PairingRecord | None:
        record = self._read(self._root / f"{digest}.json")
        if record is None or not hmac.compare_digest(record.token_sha256.encode(), digest.encode()):
            return None
        return record

    def _read(self, path: Path) -> PairingRecord | None:
        try:
            data, _ = read_regular(path, _MAX_BYTES)
            return decode_strictly(data, PairingRecord)
        except FileNotFoundError:
            return None
        except (OSError, UnfitFileError, ValueError) as error:
            _log.warning("pairing %s is refused: %r", path.name[:12], str(error))
            return None

    def _retire(self, record: PairingRecord, now: float) -> None:
        try:
            self._revoke(record, now)
        except OSError as error:
            _log.warning("a pairing that is over could not be revoked: %r", str(error))

    def _revoke(self, record: PairingRecord, now: float) -> None:
        with locked(self._root / ".lock"):
            self._write(msgspec.structs.replace(record, revoked_at=now))

    def _write(self, record: PairingRecord) -> None:
        path = self._root / f"{record.token_sha256}.json"
        write_atomically(path, msgspec.json.encode(record))


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
