"""A provider behind an issuer's address: what it publishes is taken as a whole, or not at all."""

from __future__ import annotations

import asyncio
import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest

from hub.errors import EnvironmentNotReady
from hub.keys import SigningKey
from hub.signing_in.provider import (
    AGAIN_SECONDS,
    KEPT_SECONDS,
    KEYS_SECONDS,
    ExternalProvider,
    SignInFailed,
)
from tests.runbook.support import Quiet, served

if TYPE_CHECKING:
    from collections.abc import Iterator

DISCOVERY, KEYS, TOKEN = "/.well-known/openid-configuration", "/keys", "/token"
KEY = SigningKey.generate()


class Issuer:
    """An issuer whose answers can be changed.

    Attributes:
        url: Where it is.
        answers: What it says, by path; JSON, or bytes as they are.
        asked: The paths that were asked for.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self.asked: list[str] = []
        self.answers: dict[str, Any] = {
            DISCOVERY: {
                "issuer": url,
                "authorization_endpoint": f"{url}/authorize",
                "token_endpoint": f"{url}{TOKEN}",
                "jwks_uri": f"{url}{KEYS}",
            },
            KEYS: KEY.public_keys().as_dict(),
            TOKEN: {"access_token": "a token"},
        }

    def answer(self, path: str) -> bytes:
        self.asked.append(path)
        said = self.answers[path]
        return said if isinstance(said, bytes) else json.dumps(said).encode()


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    """An issuer that runs, as it should be."""

    class Handler(Quiet, BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            body = made.answer(self.path)
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_GET  # noqa: N815 - the name is the library's

    with served(ThreadingHTTPServer(("127.0.0.1", 0), Handler)) as url:
        made = Issuer(url)
        yield made


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time, which stands still until a test moves it on."""
    now = [1000.0]
    monkeypatch.setattr("hub.signing_in.provider.time.monotonic", lambda: now[0])
    return now


def refreshed(issuer: Issuer) -> ExternalProvider:
    provider = ExternalProvider(issuer.url)
    asyncio.run(provider.refresh())
    return provider


def redeem(provider: ExternalProvider) -> str:
    return asyncio.run(provider.redeem("a code", "notes", "https://notes.test/cb", "a verifier"))


def test_its_keys_and_addresses_are_found_by_its_own_word(issuer: Issuer) -> None:
    provider = refreshed(issuer)
    to = urlsplit(provider.authorize_url("notes", "https://notes.test/cb", "s", "c"))

    assert [KEY.private.kid] == [key.kid for key in provider.keys().keys]
    assert f"{issuer.url}/authorize" == to._replace(query="").geturl()
    assert ["S256"] == parse_qs(to.query)["code_challenge_method"]
    assert "a token" == redeem(provider)


def test_it_is_asked_again_after_some_minutes_and_not_before(
    issuer: Issuer, clock: list[float]
) -> None:
    provider = refreshed(issuer)
    clock[0] += KEYS_SECONDS - 1
    asyncio.run(provider.refresh())
    assert [DISCOVERY, KEYS] == issuer.asked

    clock[0] += 1
    asyncio.run(provider.refresh())
    assert [DISCOVERY, KEYS] * 2 == issuer.asked


@pytest.mark.parametrize(
    "keys",
    [{}, {"keys": None}, {"keys": [{}]}, {"keys": [{"kty": "EC"}]}, {"keys": ["no key"]}, {"keys": 1}],
    ids=str,
)  # fmt: skip
def test_keys_that_cannot_be_read_are_a_trouble_of_the_issuer(issuer: Issuer, keys: Any) -> None:
    issuer.answers[KEYS] = keys

    with pytest.raises(EnvironmentNotReady, match=r"the keys of http://.* cannot be read"):
        refreshed(issuer)


@pytest.mark.parametrize("body", [b"", b"no JSON", b"[]", b"null", b"\xff"], ids=repr)
@pytest.mark.parametrize("path", [DISCOVERY, KEYS])
def test_what_is_no_object_is_a_trouble_of_the_issuer(
    issuer: Issuer, path: str, body: bytes
) -> None:
    issuer.answers[path] = body

    with pytest.raises(
        EnvironmentNotReady, match=r"the issuer does not answer|something else than"
    ):
        refreshed(issuer)


@pytest.mark.parametrize("name", ["authorization_endpoint", "token_endpoint", "jwks_uri"])
@pytest.mark.parametrize("said", [None, 7, ["https://a.test"]], ids=repr)
def test_an_issuer_without_an_address_is_a_trouble_of_the_issuer(
    issuer: Issuer, name: str, said: object
) -> None:
    issuer.answers[DISCOVERY][name] = said

    with pytest.raises(EnvironmentNotReady, match=f"says no {name}"):
        refreshed(issuer)


def test_an_issuer_that_calls_itself_otherwise_is_not_believed(issuer: Issuer) -> None:
    issuer.answers[DISCOVERY]["issuer"] = "https://elsewhere.test"

    with pytest.raises(EnvironmentNotReady, match=r"calls itself https://elsewhere\.test"):
        refreshed(issuer)


def test_a_refresh_that_fails_leaves_what_was_known(issuer: Issuer, clock: list[float]) -> None:
    provider = refreshed(issuer)
    clock[0] += KEYS_SECONDS
    issuer.answers[KEYS] = {"keys": None}

    with pytest.raises(EnvironmentNotReady):
        asyncio.run(provider.refresh())
    assert [KEY.private.kid] == [key.kid for key in provider.keys().keys]


async def settled() -> None:
    """Wait for what goes on behind whoever was answered."""
    others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    await asyncio.gather(*others, return_exceptions=True)


def known(provider: ExternalProvider, *key_ids: str | None) -> None:
    """Let tokens come, one after the other, each signed with a key."""

    async def come() -> None:
        for key_id in key_ids:
            await provider.know(key_id or "")
        await settled()

    asyncio.run(come())


def away(issuer: Issuer) -> None:
    """Let the issuer say nothing that is of use."""
    issuer.answers[DISCOVERY] = b"<h1>Bad gateway</h1>"


def test_while_an_issuer_is_away_its_keys_are_good_for_an_hour(
    issuer: Issuer, clock: list[float]
) -> None:
    provider = refreshed(issuer)
    away(issuer)
    clock[0] += KEPT_SECONDS - 1
    known(provider, KEY.private.kid, "", KEY.private.kid)
    assert [KEY.private.kid] == [key.kid for key in provider.keys().keys]
    with pytest.raises(EnvironmentNotReady, match="the issuer does not answer at"):
        asyncio.run(provider.refresh())  # nobody is sent there

    clock[0] += 1
    with pytest.raises(EnvironmentNotReady, match="the issuer does not answer at"):
        known(provider, KEY.private.kid)


def test_an_issuer_that_was_never_there_is_told(issuer: Issuer) -> None:
    away(issuer)
    provider = ExternalProvider(issuer.url)

    with pytest.raises(EnvironmentNotReady, match="the issuer does not answer at"):
        known(provider, KEY.private.kid)


def test_nobody_waits_whose_key_is_known(issuer: Issuer, clock: list[float]) -> None:
    """An issuer that hangs holds up those alone for whom it must be asked."""
    provider = refreshed(issuer)
    clock[0] += KEYS_SECONDS

    async def come() -> list[str]:
        await provider.know(KEY.private.kid or "")
        before = list(issuer.asked)
        await settled()
        return before

    assert [DISCOVERY, KEYS] == asyncio.run(come())
    assert [DISCOVERY, KEYS] * 2 == issuer.asked
    known(provider, KEY.private.kid)
    assert [DISCOVERY, KEYS] * 2 == issuer.asked


def test_a_key_that_is_not_known_is_asked_for_at_once_and_not_again_and_again(
    issuer: Issuer, clock: list[float]
) -> None:
    provider, new = refreshed(issuer), SigningKey.generate()
    issuer.answers[KEYS] = new.public_keys().as_dict()
    clock[0] += AGAIN_SECONDS
    known(provider, new.private.kid, "no key", "no key either")

    assert [new.private.kid] == [key.kid for key in provider.keys().keys]
    assert [DISCOVERY, KEYS] * 2 == issuer.asked

    away(issuer)
    clock[0] += AGAIN_SECONDS
    known(provider, "no key", new.private.kid, "no key")
    assert [new.private.kid] == [key.kid for key in provider.keys().keys]
    assert [DISCOVERY] == issuer.asked[4:]


def test_all_who_wait_wait_for_one_answer(issuer: Issuer) -> None:
    """Also where one of them goes away meanwhile."""
    provider = ExternalProvider(issuer.url)

    async def come() -> None:
        waiting = [asyncio.create_task(provider.know("")) for _ in range(5)]
        await asyncio.sleep(0)
        waiting[0].cancel()
        await asyncio.gather(*waiting[1:])

    asyncio.run(come())

    assert [DISCOVERY, KEYS] == issuer.asked
    assert [KEY.private.kid] == [key.kid for key in provider.keys().keys]


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:1", "http://127.0.0.1:port", "http://[", "no address"]
)
def test_an_issuer_that_is_not_there_is_told_by_its_address(url: str) -> None:
    with pytest.raises(EnvironmentNotReady, match="the issuer does not answer at"):
        asyncio.run(ExternalProvider(url).refresh())


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        ({"error": "invalid_grant"}, "the issuer says invalid_grant"),
        ({}, "the issuer says nothing"),
        ({"access_token": 7}, "the issuer says nothing"),
    ],
    ids=str,
)
def test_a_code_that_gets_no_token_says_why(issuer: Issuer, answer: object, why: str) -> None:
    provider = refreshed(issuer)
    issuer.answers[TOKEN] = answer

    with pytest.raises(SignInFailed, match=why):
        redeem(provider)
