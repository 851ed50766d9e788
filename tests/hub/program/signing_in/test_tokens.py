"""Tokens: what is minted is believed by the app that it is for, and nothing else is by anybody."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey, RSAKey

from hub.keys import SigningKey
from hub.signing_in.tokens import LIFETIME, InvalidToken, Minter, Person, Verifier, key_id_of

if TYPE_CHECKING:
    from joserfc.jwk import KeySet

NOW = 1_800_000_000
ISSUER = "https://hub.example.org"
KEY = SigningKey.generate()
PERSON = Person("u1", "Ada", "ada@example.test", ("users",))


class Keys:
    """The public half of the key."""

    def keys(self) -> KeySet:
        return KEY.public_keys()


def mint(**changes: Any) -> str:
    """Return a token that is good but for what is changed; None takes a claim out."""
    claims = {"iss": ISSUER, "sub": "u1", "aud": "notes", "iat": NOW, "exp": NOW + 60}
    kept = {name: value for name, value in (claims | changes).items() if value is not None}
    return jwt.encode({"alg": "ES256", "kid": KEY.private.kid}, kept, KEY.private)


def verifier(now: float = NOW, is_live: bool = True) -> Verifier:  # noqa: FBT001, FBT002 - a fact and no switch
    return Verifier(ISSUER, Keys(), is_live=lambda _: is_live, now=lambda: now)


@given(
    st.builds(
        Person,
        st.text(min_size=1),
        st.text(min_size=1),
        st.text(),
        st.lists(st.text()).map(tuple),
        st.text(),
    )
)
def test_what_is_minted_is_believed(person: Person) -> None:
    token = Minter(ISSUER, KEY, now=lambda: NOW).mint(person, "notes")

    assert person == verifier().verify(token, "notes")


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": "other"},
        {"aud": ["notes", "other"]},
        {"aud": []},
        {"aud": None},
        {"aud": "Notes"},
        {"iss": "https://evil.example.org"},
        {"iss": ISSUER + "/"},
        {"iss": None},
        {"exp": NOW - 1},
        {"exp": None},
        {"exp": "later"},
        {"nbf": NOW + 60},
        {"iat": NOW + 60},
        {"iat": None},
        {"sub": None},
    ],
    ids=str,
)
def test_a_claim_that_is_wrong_makes_it_worthless(changes: dict[str, Any]) -> None:
    with pytest.raises(InvalidToken):
        verifier().verify(mint(**changes), "notes")


def test_a_token_ends() -> None:
    token = Minter(ISSUER, KEY, now=lambda: NOW).mint(PERSON, "notes")

    assert "u1" == verifier(NOW + LIFETIME - 1).verify(token, "notes").sub
    with pytest.raises(InvalidToken):
        verifier(NOW + LIFETIME + 1).verify(token, "notes")


def test_a_token_ends_with_its_session() -> None:
    with pytest.raises(InvalidToken, match="session has ended"):
        verifier(is_live=False).verify(mint(sid="s"), "notes")


def _part(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


CLAIMS = {"iss": ISSUER, "sub": "u1", "aud": "notes", "iat": NOW, "exp": NOW + 60}


@pytest.mark.parametrize(
    "token",
    [
        "",
        "x",
        "a.b.c",
        "x" * 100_000,
        f"{_part({'alg': 'none'})}.{_part(CLAIMS)}.",
        f"{_part({'alg': 'None', 'kid': KEY.private.kid})}.{_part(CLAIMS)}.",
        jwt.encode({"alg": "HS256", "kid": KEY.private.kid}, CLAIMS, OctKey.import_key("x" * 32)),
        jwt.encode({"alg": "ES256"}, CLAIMS, ECKey.generate_key("P-256")),
        jwt.encode({"alg": "ES256", "kid": KEY.private.kid}, CLAIMS, ECKey.generate_key("P-256")),
        jwt.encode({"alg": "RS256", "kid": KEY.private.kid}, CLAIMS, RSAKey.generate_key(2048)),
        mint()[:-4] + "AAAA",
        mint().rpartition(".")[0] + ".",
        f"{_part(['alg'])}.{_part(CLAIMS)}.x",
        f"{_part('alg')}.{_part(CLAIMS)}.x",
    ],
    ids=[
        "empty",
        "text",
        "parts",
        "long",
        "none",
        "None",
        "hmac",
        "stranger",
        "forged-kid",
        "rsa",
        "bent",
        "cut",
        "list",
        "word",
    ],
)
def test_what_the_issuer_did_not_sign_is_worthless(token: str) -> None:
    with pytest.raises(InvalidToken):
        verifier().verify(token, "notes")


@pytest.mark.parametrize(
    ("header", "key_id"),
    [
        ({"alg": "ES256", "kid": "k1"}, "k1"),
        ({"alg": "none", "kid": "k1"}, "k1"),
        ({"alg": "ES256"}, ""),
        ({"alg": "ES256", "kid": ["k1"]}, ""),
        ({"kid": "k1"}, ""),
        (["alg"], ""),
        ("alg", ""),
    ],
    ids=str,
)
def test_a_token_says_which_key_it_is_signed_with(header: object, key_id: str) -> None:
    assert key_id == key_id_of(f"{_part(header)}.{_part(CLAIMS)}.x")


def test_what_is_too_long_is_not_even_looked_at() -> None:
    head = _part({"alg": "ES256", "kid": "k1"})

    assert "" == key_id_of(f"{head}.{'x' * 8192}.x")
    with pytest.raises(InvalidToken, match="too long"):
        verifier().verify(mint(name="x" * 8192), "notes")


@pytest.mark.parametrize("groups", ["users", {"users": 1}, 7, None])
def test_groups_that_are_no_list_are_none(groups: object) -> None:
    assert () == verifier().verify(mint(groups=groups), "notes").groups


@given(st.text())
def test_no_text_is_a_token(text: str) -> None:
    assert "" == key_id_of(text)
    with pytest.raises(InvalidToken):
        verifier().verify(text, "notes")
