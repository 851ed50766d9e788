"""Who is logged in at the portal, and the one-time codes that carry a login to an app."""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import secrets
import tempfile
import time
from collections import OrderedDict
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Final, Generic, TypeVar

import msgspec
from msgspec import Struct

from hub.signing_in.tokens import Person  # noqa: TC001 - the records read their annotations

if TYPE_CHECKING:
    from collections.abc import Callable

SESSION_SECONDS: Final = 12 * 3600.0
CODE_SECONDS: Final = 60.0
_MAX_KEPT: Final = 10_000

_T = TypeVar("_T")


class _Keeper(Generic[_T]):
    """Things under names that cannot be guessed, each for a limited time; only names' digests are kept."""

    def __init__(self, seconds: float, now: Callable[[], float]) -> None:
        self._seconds = seconds
        self._now = now
        self._kept: OrderedDict[str, tuple[float, _T]] = OrderedDict()

    def put(self, thing: _T) -> str:
        name = secrets.token_urlsafe(32)
        self._kept[_digest(name)] = self._now() + self._seconds, thing
        if len(self._kept) > _MAX_KEPT:
            self._kept.popitem(last=False)
        return name

    def until(self, digest: str) -> float:
        """When the time of a thing is over."""
        return self._kept[digest][0]

    def restore(self, digest: str, until: float, thing: _T) -> None:
        """Keep a thing that was kept elsewhere.

        Args:
            digest: What it is found by.
            until: When its time is over, by the clock of this one, in seconds.
            thing: What is kept.
        """
        self._kept[digest] = until, thing

    def get(self, digest: str) -> _T | None:
        until, thing = self._kept.get(digest, (0.0, None))
        return thing if self._now() < until else None

    def pop(self, digest: str) -> _T | None:
        thing = self.get(digest)
        self._kept.pop(digest, None)
        return thing


class _Begun(Struct, frozen=True, tag=True):
    id: str
    until: float
    person: Person


class _Ended(Struct, frozen=True, tag=True):
    id: str


class Journal:
    """Lines that outlive the process that notes them, and not the last one that can read them.

    They are in a file without a name: it goes with the processes, and nobody else can open it.
    """

    def __init__(self) -> None:
        self._file: IO[bytes] = tempfile.TemporaryFile("ab+", buffering=0)  # noqa: SIM115 - lives as long

    def note(self, record: Struct) -> None:
        """Add a line."""
        self._file.write(msgspec.json.encode(record) + b"\n")

    def lines(self) -> list[bytes]:
        """Return all of them."""
        size = os.fstat(self._file.fileno()).st_size
        return os.pread(self._file.fileno(), size, 0).splitlines()


def _digest(name: str) -> str:
    return hashlib.sha256(name.encode("utf-8", "replace")).hexdigest()


class Sessions:
    """The portal's sessions, in memory.

    Args:
        now: A monotonic time in seconds.
        journal: By which a copy of this process that takes over knows them too.
    """

    def __init__(
        self, now: Callable[[], float] = time.monotonic, journal: Journal | None = None
    ) -> None:
        self._kept = _Keeper["Person"](SESSION_SECONDS, now)
        self._journal = journal

    def recall(self) -> None:
        """Learn of what a process noted that has died since."""
        for line in self._journal.lines() if self._journal else []:
            begun = msgspec.json.decode(line, type=_Begun | _Ended)
            if isinstance(begun, _Begun):
                self._kept.restore(begun.id, begun.until, begun.person)
            else:
                self._kept.pop(begun.id)

    def begin(self, person: Person) -> str:
        """Log somebody in; return what their browser keeps."""
        cookie = self._kept.put(person)
        digest = _digest(cookie)
        self._note(_Begun(digest, self._kept.until(digest), person))
        return cookie

    def find(self, cookie: str) -> Person | None:
        """Who is logged in with this."""
        return self._kept.get(_digest(cookie)) if cookie else None

    def end(self, cookie: str) -> None:
        """Log them out, of every app too."""
        digest = _digest(cookie)
        if self._kept.pop(digest) is not None:
            self._note(_Ended(digest))

    def _note(self, record: Struct) -> None:
        if self._journal is not None:
            self._journal.note(record)

    @staticmethod
    def id_of(cookie: str) -> str:
        """The name of a session in tokens: of no use to log in with."""
        return _digest(cookie)

    def is_live(self, session: str) -> bool:
        """Whether the session of this id lasts."""
        return self._kept.get(session) is not None


@dataclass(frozen=True, slots=True)
class Grant:
    """What a code stands for.

    Attributes:
        audience: The app that may redeem it.
        redirect_uri: Where it was sent.
        challenge: The SHA-256 of the verifier that redeems it (RFC 7636).
        session: The cookie of the session that it came from.
    """

    audience: str
    redirect_uri: str
    challenge: str
    session: str


class Codes:
    """Authorization codes (RFC 6749, section 4.1), each good once and for a minute.

    Args:
        now: A monotonic time in seconds.
    """

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._kept = _Keeper[Grant](CODE_SECONDS, now)

    def issue(self, grant: Grant) -> str:
        """Return a new code."""
        return self._kept.put(grant)

    def redeem(self, code: str, *, audience: str, redirect_uri: str, verifier: str) -> Grant | None:
        """Return what a code stands for, if whoever sends it is whoever asked for it."""
        grant = self._kept.pop(_digest(code))
        if grant is None or (grant.audience, grant.redirect_uri) != (audience, redirect_uri):
            return None
        return grant if hmac.compare_digest(grant.challenge, challenge_of(verifier)) else None


def challenge_of(verifier: str) -> str:
    """The S256 code challenge of a verifier (RFC 7636, section 4.2)."""
    digest = hashlib.sha256(verifier.encode("utf-8", "replace")).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")
