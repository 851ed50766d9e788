"""Who is logged in at the portal, and the one-time codes that carry a login to an app."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import time
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

    from hub.tokens import Person

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

    def get(self, digest: str) -> _T | None:
        until, thing = self._kept.get(digest, (0.0, None))
        return thing if self._now() < until else None

    def pop(self, digest: str) -> _T | None:
        thing = self.get(digest)
        self._kept.pop(digest, None)
        return thing


def _digest(name: str) -> str:
    return hashlib.sha256(name.encode("utf-8", "replace")).hexdigest()


class Sessions:
    """The portal's sessions, in the memory of one process.

    Args:
        now: A monotonic time in seconds.
    """

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._kept = _Keeper["Person"](SESSION_SECONDS, now)

    def begin(self, person: Person) -> str:
        """Log somebody in; return what their browser keeps."""
        return self._kept.put(person)

    def find(self, cookie: str) -> Person | None:
        """Who is logged in with this."""
        return self._kept.get(_digest(cookie)) if cookie else None

    def end(self, cookie: str) -> None:
        """Log them out, of every app too."""
        self._kept.pop(_digest(cookie))

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
