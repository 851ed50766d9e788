"""Logging in, getting tokens, signing in to an app, logging out: against a hub that runs."""

from __future__ import annotations

import json
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, quote, urlsplit

import pytest
from joserfc import jwt

from hub.keys import SigningKey
from hub.signing_in.sessions import challenge_of
from hub.users import User
from tests.hub.client import Client, Reply, bearer, password_grant
from tests.hub.hub_process import TEST_PASSWORD, TEST_USER, HubProcess
from tests.hub.program.conftest import BACKEND, write_app

if TYPE_CHECKING:
    from collections.abc import Iterator

MANY = 40
WRITES = BACKEND.replace(
    "def build_app(hub):\n    return hub.application([",
    "async def write(request):\n    return json_answer(signed_in(request).as_json(), 201)\n\n\n"
    'def build_app(hub):\n    return hub.application([Route("/api/write", write, methods=["POST"]), ',
)


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HubProcess]:
    """A hub with apps for everybody, for nobody, for testers and for others."""
    from hub.signing_in.passwords import hash_password

    apps = tmp_path_factory.mktemp("apps")
    write_app(apps, "notes", 1, groups=["users"], backend=WRITES)
    write_app(apps, "other", 2, groups=["users"])
    write_app(apps, "for-nobody", 3)
    write_app(apps, "for-staff", 4, groups=["staff"])
    write_app(apps, "for-testers", 5, groups=["users"], auth__required_groups=["testers"])
    write_app(apps, "hidden", 6, groups=["users"], hub__visible=False)
    users = tmp_path_factory.mktemp("users") / "users.json"
    ada = User(
        "u-ada", "ada", "Ada", "ada@example.test", hash_password("lovelace"), ("users", "staff")
    )
    users.write_text(json.dumps([{name: getattr(ada, name) for name in ada.__struct_fields__}]))
    with HubProcess(apps, "--users", str(users)) as started:
        yield started


def grant(client: Client, **changes: str) -> Reply:
    return client.form(f"{client.url}/identity/token", password_grant("notes") | changes)


def log_in(client: Client, login: str = TEST_USER, password: str = TEST_PASSWORD) -> Reply:
    return client.form(f"{client.url}/login", {"login": login, "password": password, "next": "/"})


def session_of(client: Client, *login: str) -> str:
    """Log in, and return the cookie of the session."""
    return cookie(log_in(client, *login), "hub_session")


def cookie(reply: Reply, name: str) -> str:
    return f"{name}={reply.cookies[name]}"


def sign_in(client: Client, app: str, session: str, to: str = "/") -> Reply:
    """Follow the way from an app's sign-in through the portal and back; return the last answer."""
    begun = client.get(f"{app}/.hub/sign-in?to={to}")
    agreed = client.get(begun.headers["location"], cookie=session)
    if not agreed.headers.get("location", "").startswith(f"{app}/.hub/callback"):
        return agreed
    return client.get(agreed.headers["location"], cookie=cookie(begun, "hub_state"))


def test_the_published_documents_fit_together(client: Client) -> None:
    found = client.get(f"{client.url}/.well-known/openid-configuration").json
    keys = client.get(found["jwks_uri"]).json["keys"]

    assert client.url == found["issuer"]
    assert {"alg", "crv", "kid", "kty", "use", "x", "y"} == set(keys[0]), (
        "the private half stays here"
    )


def test_the_password_grant_is_for_the_test_user_alone(client: Client) -> None:
    assert 200 == grant(client).status
    ada = grant(client, username="ada", password="lovelace")
    assert (400, "invalid_grant") == (ada.status, ada.json["error"])


@pytest.mark.parametrize(
    ("changes", "status", "error"),
    [
        ({"client_id": "nobody"}, 401, "invalid_client"),
        ({"client_id": ""}, 401, "invalid_client"),
        ({"client_id": "for-nobody"}, 403, "access_denied"),
        ({"client_id": "for-staff"}, 403, "access_denied"),
        ({"grant_type": "client_credentials"}, 400, "unsupported_grant_type"),
        ({"grant_type": "authorization_code", "code": "x"}, 400, "invalid_grant"),
    ],
)
def test_what_gets_no_token(
    client: Client, changes: dict[str, str], status: int, error: str
) -> None:
    reply = grant(client, **changes)

    assert (status, error) == (reply.status, reply.json["error"])


def test_a_form_that_is_none_is_refused(client: Client) -> None:
    url = f"{client.url}/identity/token"
    twice = client.request("POST", url, b"grant_type=password&grant_type=x", headers={})
    long = client.request("POST", url, b"a=" + b"x" * 20_000, headers={})
    unreadable = client.request("POST", url, b"grant_type=\xff", headers={})

    assert (400, 413, 400) == (twice.status, long.status, unreadable.status)


def forge(hub: HubProcess, **changes: Any) -> str:
    """Return a token that is signed with the hub's own key, and wrong in one way."""
    key = SigningKey.load_or_create(hub.data / "signing-key.json")
    now = int(time.time())
    claims = {
        "iss": hub.url,
        "sub": "test-user",
        "aud": "notes",
        "iat": now,
        "exp": now + 60,
    } | changes
    return jwt.encode({"alg": "ES256", "kid": key.private.kid}, claims, key.private)


def test_an_app_believes_no_token_but_its_own(hub: HubProcess, client: Client) -> None:
    url, now = f"{hub.app_urls['notes']}/api/me", int(time.time())

    assert 200 == client.get(url, **bearer(forge(hub))).status
    for changes in (
        {"aud": "other"},
        {"exp": now - 60},
        {"iat": now + 600, "nbf": now + 600},
        {"iss": "http://localhost:1"},
        {"sid": "a session that never was"},
    ):
        reply = client.get(url, **bearer(forge(hub, **changes)))
        assert (401, "unauthorised") == (reply.status, reply.json["error"]), changes
    assert 401 == client.get(url, **bearer(client.token("other"))).status


def test_required_groups_are_asked_for_by_the_app_too(hub: HubProcess, client: Client) -> None:
    url = f"{hub.app_urls['for-testers']}/api/me"
    outsider = forge(hub, aud="for-testers", groups=["users"])

    assert 200 == client.get(url, **bearer(client.token("for-testers"))).status
    assert 403 == client.get(url, **bearer(outsider)).status


def test_a_login_leads_to_the_apps_that_are_ones_own(client: Client) -> None:
    session = session_of(client, "ada", "lovelace")
    page = client.get(f"{client.url}/", cookie=session)
    shown = [
        app["slug"] for app in client.get(f"{client.url}/api/apps", cookie=session).json["apps"]
    ]

    assert ["for-staff", "notes", "other"] == shown
    assert all(f"http://{slug}.localhost" in page.text for slug in shown)
    assert "hidden.localhost" not in page.text
    assert "for-testers" not in page.text


def test_wrong_password_and_unknown_name_get_the_same_answer(client: Client) -> None:
    wrong, unknown = log_in(client, "somebody"), log_in(client, "ada", "x")

    assert 401 == wrong.status == unknown.status
    assert wrong.text.replace("somebody", "ada").split("nonce")[0] == unknown.text.split("nonce")[0]
    assert "Name or password is wrong." in wrong.text
    assert "hub_session" not in wrong.cookies


def test_guessing_is_slowed_down_for_one_name_and_not_for_others(client: Client) -> None:
    statuses: list[int] = []
    while 429 not in statuses and len(statuses) < MANY:  # each guess takes as long as argon2 does
        statuses.append(log_in(client, "mallory", f"guess {len(statuses)}").status)
    late = log_in(client, "mallory", "guess")

    assert [401] * 10 == statuses[:10]
    assert (429, "slow_down") == (statuses[-1], grant(client, username="mallory").json["error"])
    assert int(late.headers["retry-after"]) > 0
    assert 303 == log_in(client, "ada", "lovelace").status


@pytest.mark.parametrize(
    "target", ["//evil.example.org", "https://evil.example.org", "/\\evil", "javascript:x", ""]
)
def test_a_login_ends_at_the_portal_and_nowhere_else(client: Client, target: str) -> None:
    fields = {"login": TEST_USER, "password": TEST_PASSWORD, "next": target}

    assert "/" == client.form(f"{client.url}/login", fields).headers["location"]


def test_forms_of_other_sites_are_refused(client: Client) -> None:
    fields = {"login": TEST_USER, "password": TEST_PASSWORD}
    for origin in (
        "https://evil.example.org",
        "null",
        client.url.replace("localhost", "notes.localhost"),
    ):
        assert 403 == client.form(f"{client.url}/login", fields, origin=origin).status
        assert 403 == client.form(f"{client.url}/logout", {}, origin=origin).status
    assert 303 == client.form(f"{client.url}/login", fields, origin=client.url).status


def test_the_whole_way_to_an_app_and_out_again(hub: HubProcess, client: Client) -> None:
    app = hub.app_urls["notes"]
    session = session_of(client)

    arrived = sign_in(client, app, session, to="/page%3Fx=1")
    token = cookie(arrived, "hub_token")
    before = client.get(f"{app}/api/me", cookie=token)
    client.form(f"{hub.url}/logout", {}, cookie=session)
    after = client.get(f"{app}/api/me", cookie=token)

    assert (303, "/page?x=1") == (arrived.status, arrived.headers["location"])
    assert "HttpOnly" in str(arrived.headers.get_all("set-cookie"))
    assert (200, "test-user") == (before.status, before.json["sub"])
    assert 401 == after.status, "the app's token outlives the session"
    assert "/login" == client.get(f"{hub.url}/", cookie=session).headers["location"]


def test_whoever_is_not_logged_in_does_so_on_the_way(hub: HubProcess, client: Client) -> None:
    asked = client.get(f"{hub.app_urls['notes']}/.hub/sign-in")
    sent = client.get(asked.headers["location"])
    fields = {"login": TEST_USER, "password": TEST_PASSWORD}
    target = parse_qs(urlsplit(sent.headers["location"]).query)["next"][0]

    back = client.form(f"{hub.url}/login", fields | {"next": target}).headers["location"]

    assert back.startswith("/identity/authorize?")


def test_somebody_who_may_not_use_an_app_is_told(hub: HubProcess, client: Client) -> None:
    refused = sign_in(client, hub.app_urls["for-staff"], session_of(client))

    assert 403 == refused.status
    assert "may not use For staff" in refused.text


@pytest.mark.parametrize(
    "uri", ["https://evil.example.org/.hub/callback", "", "OTHER/.hub/callback", "APP/"]
)
def test_a_code_is_sent_to_the_app_alone(hub: HubProcess, client: Client, uri: str) -> None:
    uri = uri.replace("APP", hub.app_urls["notes"]).replace("OTHER", hub.app_urls["other"])
    query = f"client_id=notes&redirect_uri={uri}&response_type=code&code_challenge=x&code_challenge_method=S256"

    reply = client.get(f"{hub.url}/identity/authorize?{query}", cookie=session_of(client))

    assert 400 == reply.status
    assert "location" not in reply.headers


def test_a_code_works_once_for_its_app_and_its_verifier(hub: HubProcess, client: Client) -> None:
    uri, verifier = f"{hub.app_urls['notes']}/.hub/callback", "v" * 43
    session = session_of(client)

    fields = {"client_id": "notes", "redirect_uri": uri, "code_verifier": verifier}

    def redeem(**changes: str) -> int:
        query = (
            f"client_id=notes&redirect_uri={uri}&response_type=code&state=s"
            f"&code_challenge={challenge_of(verifier)}&code_challenge_method=S256"
        )
        sent = client.get(f"{hub.url}/identity/authorize?{query}", cookie=session)
        code = parse_qs(urlsplit(sent.headers["location"]).query)["code"][0]
        form = {"grant_type": "authorization_code", "code": code} | fields
        first, again = (
            client.form(f"{hub.url}/identity/token", form | said).status for said in (changes, {})
        )
        assert 400 == again, "a code was good twice"
        return first

    assert 200 == redeem()
    assert 400 == redeem(code_verifier="w" * 43)
    assert 400 == redeem(client_id="other")
    assert 400 == redeem(redirect_uri=f"{uri}/x")


def test_a_sign_in_that_was_not_begun_here_is_refused(hub: HubProcess, client: Client) -> None:
    app = hub.app_urls["notes"]
    begun = client.get(f"{app}/.hub/sign-in")
    agreed = client.get(begun.headers["location"], cookie=session_of(client))

    assert 400 == client.get(agreed.headers["location"]).status
    assert 400 == client.get(agreed.headers["location"], cookie="hub_state=x.y.z").status
    code = parse_qs(urlsplit(agreed.headers["location"]).query)["code"][0]
    assert 400 == client.get(f"{app}/.hub/callback?code={code}").status, "no state is no state"


def test_a_sign_in_ends_on_a_page_of_the_app(hub: HubProcess, client: Client) -> None:
    app, session = hub.app_urls["notes"], session_of(client)
    elsewhere = "//evil.example.org/"

    begun = client.get(f"{app}/.hub/sign-in?to={elsewhere}")
    state, verifier, to = begun.cookies["hub_state"].split(".")
    agreed = client.get(begun.headers["location"], cookie=session)
    forged = f"hub_state={state}.{verifier}.{quote(elsewhere, safe='')}"
    arrived = client.get(agreed.headers["location"], cookie=forged)

    assert quote("/", safe="") == to
    assert (303, "/") == (arrived.status, arrived.headers["location"])
    assert "" == arrived.cookies["hub_state"], "one sign-in, once"


def test_a_change_by_cookie_must_come_from_the_apps_own_page(
    hub: HubProcess, client: Client
) -> None:
    app = hub.app_urls["notes"]
    token = cookie(sign_in(client, app, session_of(client)), "hub_token")

    def write(**headers: str) -> int:
        return client.request(
            "POST", f"{app}/api/write", b"", headers={"cookie": token} | headers
        ).status

    assert 201 == write(origin=app)
    assert 403 == write(origin=hub.app_urls["other"])
    assert 403 == write()
    assert 201 == client.form(f"{app}/api/write", {}, **bearer(client.token("notes"))).status


def test_signing_out_of_one_app_needs_its_own_page(hub: HubProcess, client: Client) -> None:
    app = hub.app_urls["notes"]

    assert 403 == client.form(f"{app}/.hub/sign-out", {}).status
    assert "" == client.form(f"{app}/.hub/sign-out", {}, origin=app).cookies["hub_token"]


def test_a_restart_keeps_the_key(hub: HubProcess) -> None:
    key = hub.data / "signing-key.json"

    assert 0o600 == key.stat().st_mode & 0o777
    assert SigningKey.load_or_create(key).private.kid == SigningKey.load_or_create(key).private.kid


@contextmanager
def away_from(issuer: str, hub: HubProcess) -> Iterator[Client]:
    """Somebody who talks to the notes of a hub as they are served elsewhere, with the keys of an issuer."""
    options = ("--app", "notes", "--issuer", issuer, "--public-url", hub.url)
    with HubProcess(hub.apps, *options) as alone:
        assert hub.url == alone.url
        with Client(hub.url, at=f"http://127.0.0.1:{alone.port}") as made:
            yield made


def test_another_hub_can_be_the_identity_provider(hub: HubProcess, client: Client) -> None:
    """The app's process is told the portal's address, as behind a proxy, and trusts its tokens."""
    app = hub.app_urls["notes"]
    with away_from(hub.url, hub) as behind:
        me = behind.get(f"{app}/api/me", **bearer(client.token("notes")))
        stranger = behind.get(f"{app}/api/me", **bearer(client.token("other")))
        begun = behind.get(f"{app}/.hub/sign-in")
        agreed = client.get(begun.headers["location"], cookie=session_of(client))
        arrived = behind.get(agreed.headers["location"], cookie=cookie(begun, "hub_state"))
        by_cookie = behind.get(f"{app}/api/me", cookie=cookie(arrived, "hub_token"))

    assert (200, 401, 200) == (me.status, stranger.status, by_cookie.status)


def test_an_issuer_that_is_away_signs_nobody_out(hub: HubProcess) -> None:
    """Nor does it keep from anybody what needs no sign-in."""
    app, issuer = hub.app_urls["notes"], HubProcess(hub.apps)
    with issuer, Client(issuer.url) as portal, away_from(issuer.url, hub) as client:
        token = portal.token("notes")
        assert 200 == client.get(f"{app}/api/me", **bearer(portal.token("notes"))).status
        issuer.stop()

        assert 200 == client.get(f"{app}/api/me", **bearer(token)).status
        assert 200 == client.get(f"{app}/health").status
        assert 401 == client.get(f"{app}/api/me").status

    with away_from(issuer.url, hub) as client:
        assert 503 == client.get(f"{app}/api/me", **bearer(token)).status
        assert 200 == client.get(f"{app}/health").status
        assert 401 == client.get(f"{app}/api/me").status
        assert 503 == client.get(f"{app}/.hub/sign-in").status
