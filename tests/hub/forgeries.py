"""Tokens that must open nothing, each but one step away from one that is good."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from tests.hub.client import decoded

if TYPE_CHECKING:
    from pathlib import Path

    from hub.keys import SigningKey

UNSIGNED, EXPIRED, EARLY, CONFUSED = "unsigned", "expired", "not yet valid", "signed in public"
FOREIGN, SHARED = "another issuer's", "for other apps too"
PLAIN, ENDLESS, UNDATED = "of no algorithm", "good for ever", "of no time"
ENDED = "of a session that has ended"
KINDS: Final = (UNSIGNED, PLAIN, EXPIRED, EARLY, ENDLESS, UNDATED, ENDED, CONFUSED, FOREIGN, SHARED)
_MINUTES: Final = 300  # seconds: longer than any leeway for clocks that differ


def forge(kind: str, token: str, key_file: Path) -> str:
    """Return a forgery that is one of `KINDS`; what is no token stays what it is.

    Args:
        kind: What is wrong with it.
        token: A good one.
        key_file: What signs the good ones, so that of some forgeries nothing is wrong but the times.
    """
    parts = token.split(".")
    if len(parts) != 3:
        return token
    head, body, _ = parts
    if kind == UNSIGNED:
        return f"{head}.{body}."
    if kind == PLAIN:
        return f"{_written(json.dumps({'alg': 'none', 'typ': 'JWT'}).encode())}.{body}."
    key = _key_in(key_file)
    if kind == CONFUSED:
        return _signed_in_public(body, key)
    claims = decoded(body)
    changed = claims | _changed(kind, claims)
    said = {name: value for name, value in changed.items() if value is not None}
    return _signed(decoded(head), said, key)


def _changed(kind: str, claims: dict[str, Any]) -> dict[str, Any]:
    """Return the claims of a forgery that the good token has otherwise; None for one that is left out."""
    if kind == ENDLESS:
        return {"exp": None}
    if kind == UNDATED:
        return {"iat": None}
    if kind == ENDED:
        return {"sid": "ended"}
    if kind == FOREIGN:
        return {"iss": "https://identity.example"}
    if kind == SHARED:
        return {"aud": [claims["aud"], "another-app"]}
    lifetime: int = claims["exp"] - claims["iat"]
    later = _MINUTES if kind == EARLY else -lifetime - _MINUTES
    return {name: claims[name] + later for name in ("iat", "nbf", "exp")}


def _signed(header: dict[str, Any], claims: dict[str, Any], key: SigningKey) -> str:
    from joserfc import jwt

    assert key.private.kid == header["kid"], (
        "the hub signs with another key than the one that it keeps"
    )
    return jwt.encode(header, claims, key.private)


def _signed_in_public(body: str, key: SigningKey) -> str:
    """Sign with the public key as if it were a shared secret: it takes in whoever believes the header's algorithm."""
    header = {"alg": "HS256", "kid": key.private.kid, "typ": "JWT"}
    signed = f"{_written(json.dumps(header).encode())}.{body}"
    secret = key.private.as_pem(private=False)
    return f"{signed}.{_written(hmac.digest(secret, signed.encode(), hashlib.sha256))}"


@cache
def _key_in(file: Path) -> SigningKey:
    from hub.keys import SigningKey

    return SigningKey.load_or_create(file)


def _written(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")
