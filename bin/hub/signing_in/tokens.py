"""Access tokens: JSON Web Tokens (RFC 7519), signed by the issuer, each for one app alone."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Final, Protocol

from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwt import JWTClaimsRegistry
from msgspec import Struct

from hub.keys import ALGORITHM

if TYPE_CHECKING:
    from collections.abc import Callable

    from joserfc.jwk import KeySet

    from hub.keys import SigningKey

LIFETIME: Final = 3600  # seconds
# What an issuer may sign with. Never a shared secret, and never "none".
ALGORITHMS: Final = [ALGORITHM, "RS256"]
_MAX_LENGTH: Final = 8192
# What comes of a token that is none; the last, of a header that is JSON and no object.
_UNREADABLE: Final = (JoseError, ValueError, TypeError, KeyError, AttributeError)


class InvalidToken(Exception):
    """A token that opens nothing; the text says why, for a log and not for whoever sent it."""


class Person(Struct, frozen=True):
    """Somebody as their token describes them; what ``/api/me`` answers.

    Attributes:
        sub: The stable name of the account.
        name: For people.
        email: Where to write to.
        groups: What they belong to.
        session: The portal session that the token came from, or empty.
    """

    sub: str
    name: str = ""
    email: str = ""
    groups: tuple[str, ...] = ()
    session: str = ""

    def as_json(self) -> dict[str, Any]:
        """The four keys that every app's ``/api/me`` answers with."""
        return {
            "sub": self.sub,
            "name": self.name,
            "email": self.email,
            "groups": list(self.groups),
        }


class KeySource(Protocol):
    """Where a verifier finds the issuer's public keys."""

    def keys(self) -> KeySet:
        """The keys as they are now."""


class Minter:
    """Signs tokens for the users of one issuer.

    Args:
        issuer: The issuer's address, the ``iss`` of its tokens.
        key: What signs.
        now: The time in Unix seconds.
    """

    def __init__(self, issuer: str, key: SigningKey, now: Callable[[], float] = time.time) -> None:
        self._issuer = issuer
        self._key = key
        self._now = now

    def mint(self, person: Person, audience: str) -> str:
        """Return a token with which somebody may use the app called ``audience``."""
        now = int(self._now())
        claims: dict[str, Any] = {
            "iss": self._issuer,
            "sub": person.sub,
            "aud": audience,
            "iat": now,
            "nbf": now,
            "exp": now + LIFETIME,
            "name": person.name,
            "email": person.email,
            "groups": list(person.groups),
        }
        header = {"alg": ALGORITHM, "kid": self._key.private.kid, "typ": "JWT"}
        if person.session:
            claims["sid"] = person.session
        return jwt.encode(header, claims, self._key.private)


class Verifier:
    """Tells whose a token is, if it is good.

    Args:
        issuer: The only issuer that is believed.
        source: Its public keys.
        is_live: Whether a portal session still lasts.
        now: The time in Unix seconds.
    """

    def __init__(
        self,
        issuer: str,
        source: KeySource,
        is_live: Callable[[str], bool] = lambda _: True,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._issuer = issuer
        self._source = source
        self._is_live = is_live
        self._now = now

    def verify(self, token: str, audience: str) -> Person:
        """Return whom a token for the app called ``audience`` stands for.

        Raises:
            InvalidToken: It is malformed, unsigned, signed otherwise than it should be, expired, not
                yet valid, of another issuer, for another app, or of a session that has ended.
        """
        if len(token) > _MAX_LENGTH:
            raise InvalidToken("it is too long")
        try:
            claims = jwt.decode(token, self._source.keys(), algorithms=ALGORITHMS).claims
            self._rules(audience).validate(claims)
        except _UNREADABLE as error:
            raise InvalidToken(f"{type(error).__name__}: {error}") from error
        if claims["aud"] not in (audience, [audience]):
            raise InvalidToken("it is for other apps too")
        person = _person(claims)
        if person.session and not self._is_live(person.session):
            raise InvalidToken("its session has ended")
        return person

    def _rules(self, audience: str) -> JWTClaimsRegistry:
        return JWTClaimsRegistry(
            now=int(self._now()),
            leeway=0,
            iss={"essential": True, "value": self._issuer},
            aud={"essential": True, "value": audience},
            exp={"essential": True},
            iat={"essential": True},
            sub={"essential": True},
        )


def key_id_of(token: str) -> str:
    """Return the id of the key that a token says it is signed with; empty where it says none, or is no token."""
    if len(token) > _MAX_LENGTH:
        return ""
    try:
        said = jws.extract_compact(token.encode()).headers().get("kid")
    except _UNREADABLE:
        return ""
    return said if isinstance(said, str) else ""


def _person(claims: dict[str, Any]) -> Person:
    groups = claims.get("groups", [])
    return Person(
        sub=str(claims["sub"]),
        name=str(claims.get("name") or claims.get("preferred_username") or claims["sub"]),
        email=str(claims.get("email", "")),
        groups=tuple(str(group) for group in groups) if isinstance(groups, list) else (),
        session=str(claims.get("sid", "")),
    )
