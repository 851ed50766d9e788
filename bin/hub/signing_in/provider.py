"""The identity provider as apps and portal see it: the built-in one, or one behind an issuer's address."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, Protocol
from urllib.parse import urlencode

import msgspec
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from hub.errors import EnvironmentNotReady

if TYPE_CHECKING:
    from hub.keys import SigningKey
    from hub.signing_in.sessions import Codes, Sessions
    from hub.signing_in.tokens import Minter

KEYS_SECONDS: Final = 300.0  # until what an external issuer has published is asked for again
KEPT_SECONDS: Final = 3600.0  # for which it is good all the same, where the issuer does not answer
AGAIN_SECONDS: Final = 10.0  # between two tries, where there is something kept
_PATIENCE: Final = 10.0
# What an issuer must publish of itself for anybody to sign in.
_ADDRESSES: Final = ("authorization_endpoint", "token_endpoint", "jwks_uri")


class SignInFailed(Exception):
    """A code that gets no token; the text says why."""


class Provider(Protocol):
    """An OpenID provider, as far as the hub needs one."""

    issuer: str

    def authorize_url(self, client: str, redirect_uri: str, state: str, challenge: str) -> str:
        """Where a browser goes to get a code for ``client``."""

    async def redeem(self, code: str, client: str, redirect_uri: str, verifier: str) -> str:
        """Return the token for a code.

        Raises:
            SignInFailed: The code gets none.
        """

    async def refresh(self) -> None:
        """See that the provider was there a moment ago, for somebody who is to be sent to it.

        Raises:
            EnvironmentNotReady: It does not answer as it should.
        """

    async def know(self, key_id: str) -> None:
        """See that `keys` can tell whether a token is good, wherever the provider is by now.

        Args:
            key_id: Of the key that the token says it is signed with; perhaps empty.

        Raises:
            EnvironmentNotReady: They cannot be had, and none are kept.
        """

    def keys(self) -> KeySet:
        """The public keys that verify its tokens."""


def _authorize_url(
    endpoint: str, client: str, redirect_uri: str, state: str, challenge: str
) -> str:
    query = {
        "response_type": "code",
        "client_id": client,
        "redirect_uri": redirect_uri,
        "scope": "openid profile email",
        "state": state,
        "code_challenge": challenge,
        "code_challenge_method": "S256",
    }
    return f"{endpoint}?{urlencode(query)}"


class BuiltInProvider:
    """The identity provider of the same process.

    Args:
        issuer: The portal's origin.
        key: What signs the tokens.
        minter: Makes them.
        codes: The codes that were issued.
        sessions: Who is logged in.
    """

    def __init__(
        self, issuer: str, key: SigningKey, minter: Minter, codes: Codes, sessions: Sessions
    ) -> None:
        self.issuer = issuer
        self._keys = key.public_keys()
        self._minter = minter
        self._codes = codes
        self._sessions = sessions

    def authorize_url(self, client: str, redirect_uri: str, state: str, challenge: str) -> str:
        """Where a browser goes to get a code for ``client``."""
        endpoint = f"{self.issuer}/identity/authorize"
        return _authorize_url(endpoint, client, redirect_uri, state, challenge)

    async def redeem(self, code: str, client: str, redirect_uri: str, verifier: str) -> str:
        """Return the token for a code; see `Provider.redeem`."""
        grant = self._codes.redeem(
            code, audience=client, redirect_uri=redirect_uri, verifier=verifier
        )
        person = self._sessions.find(grant.session) if grant else None
        if grant is None or person is None:
            raise SignInFailed("the code is unknown, used, too old, or somebody else's")
        # A token that knows its session ends with it.
        named = msgspec.structs.replace(person, session=self._sessions.id_of(grant.session))
        return self._minter.mint(named, client)

    async def refresh(self) -> None:
        """There is nothing to fetch."""

    async def know(self, key_id: str) -> None:
        """There is nothing to fetch."""

    def keys(self) -> KeySet:
        """The public half of the key."""
        return self._keys


class ExternalProvider:
    """A provider behind its issuer's address, found by OpenID Connect Discovery.

    Args:
        issuer: The ``iss`` of its tokens.
    """

    def __init__(self, issuer: str) -> None:
        self.issuer = issuer
        self._endpoints: dict[str, Any] = {}
        self._keys = KeySet([])
        self._fetched_at = self._tried_at = float("-inf")
        self._fetching: asyncio.Task[None] | None = None

    def authorize_url(self, client: str, redirect_uri: str, state: str, challenge: str) -> str:
        """Where a browser goes to get a code for ``client``."""
        endpoint = self._endpoints["authorization_endpoint"]
        return _authorize_url(endpoint, client, redirect_uri, state, challenge)

    async def redeem(self, code: str, client: str, redirect_uri: str, verifier: str) -> str:
        """Return the access token for a code; see `Provider.redeem`."""
        form = {
            "grant_type": "authorization_code",
            "client_id": client,
            "code": code,
            "redirect_uri": redirect_uri,
            "code_verifier": verifier,
        }
        answer = await self._call("POST", self._endpoints["token_endpoint"], form)
        if not isinstance(token := answer.get("access_token"), str):
            raise SignInFailed(f"the issuer says {answer.get('error', 'nothing')}")
        return token

    async def refresh(self) -> None:
        """Fetch what the issuer publishes, unless that was done in the last minutes."""
        if self._age() >= KEYS_SECONDS:
            await asyncio.shield(self._begin())

    async def know(self, key_id: str) -> None:
        """Have the keys; see `Provider.know`."""
        is_known = not key_id or any(key.kid == key_id for key in self._keys.keys)
        if self._age() >= KEPT_SECONDS:
            await self.refresh()
        elif (self._age() < KEYS_SECONDS and is_known) or self._has_just_tried():
            return
        elif is_known:
            self._begin()
        else:  # the issuer may have begun to sign with another one
            with suppress(EnvironmentNotReady):
                await asyncio.shield(self._begin())

    def _age(self) -> float:
        return time.monotonic() - self._fetched_at

    def _has_just_tried(self) -> bool:
        return time.monotonic() - self._tried_at < AGAIN_SECONDS

    def _begin(self) -> asyncio.Task[None]:
        """Begin to fetch, or join whoever has begun; one that goes away ends it for nobody."""
        if self._fetching is None or self._fetching.done():
            self._tried_at = time.monotonic()
            self._fetching = asyncio.create_task(self._fetch())
            self._fetching.add_done_callback(_look_at)
        return self._fetching

    async def _fetch(self) -> None:
        base = self.issuer.rstrip("/")
        endpoints = await self._call("GET", f"{base}/.well-known/openid-configuration")
        if endpoints.get("issuer") != self.issuer:
            raise EnvironmentNotReady(f"{self.issuer} calls itself {endpoints.get('issuer')}")
        for name in _ADDRESSES:
            if not isinstance(endpoints.get(name), str):
                raise EnvironmentNotReady(f"{self.issuer} says no {name}")
        published = await self._call("GET", endpoints["jwks_uri"])
        try:
            self._keys = KeySet.import_key_set(published)  # type: ignore[arg-type]
        except (JoseError, KeyError, TypeError, ValueError) as error:
            raise EnvironmentNotReady(
                f"the keys of {self.issuer} cannot be read: {error}"
            ) from error
        self._endpoints = endpoints
        self._fetched_at = time.monotonic()

    def keys(self) -> KeySet:
        """The keys that were fetched last."""
        return self._keys

    async def _call(
        self, method: str, url: str, form: dict[str, str] | None = None
    ) -> dict[str, Any]:
        import httpx  # noqa: PLC0415 - a hub with its own provider needs none

        try:
            async with httpx.AsyncClient(timeout=_PATIENCE, trust_env=False) as client:
                answer = await client.request(method, url, data=form)
            body = answer.json()
        except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
            raise EnvironmentNotReady(f"the issuer does not answer at {url}: {error}") from error
        if not isinstance(body, dict):
            raise EnvironmentNotReady(f"{url} answers with something else than an object")
        return body


def _look_at(task: asyncio.Task[None]) -> None:
    """See how it ended, or asyncio would complain where nobody has waited for it."""
    if not task.cancelled():
        task.exception()
