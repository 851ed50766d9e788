"""The built-in identity provider: discovery, keys, the authorization code flow, and one password grant.

It stands in for a real OpenID provider, with the parts of OAuth 2.0 (RFC 6749), PKCE (RFC 7636) and
OpenID Connect Discovery that the hub uses. The password grant is for the test user alone: it is how a
smoke without a browser gets a token.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode

from starlette.concurrency import run_in_threadpool
from starlette.routing import Route

from hub.keys import ALGORITHM
from hub.pages import error_answer
from hub.services import services_of
from hub.serving.answers import json_answer, redirect
from hub.serving.forms import read_form
from hub.signing_in.provider import SignInFailed
from hub.signing_in.sessions import Grant
from hub.signing_in.sign_in import CALLBACK
from hub.signing_in.tokens import LIFETIME

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from hub.catalogue import App
    from hub.services import Services
    from hub.users import User

SESSION_COOKIE: Final = "hub_session"
PORTAL_CLIENT: Final = "portal"  # what the portal is called by an identity provider
_GRANTS: Final = ("authorization_code", "password")


def routes() -> list[Route]:
    """The identity provider's addresses, all on the portal's host."""
    return [
        Route("/.well-known/openid-configuration", handle_discovery),
        Route("/identity/jwks.json", handle_jwks),
        Route("/identity/authorize", handle_authorize),
        Route("/identity/token", handle_token, methods=["POST"]),
    ]


async def handle_discovery(request: Request) -> Response:
    """Say where everything is (OpenID Connect Discovery 1.0)."""
    issuer = services_of(request).addresses.portal
    return json_answer(
        {
            "issuer": issuer,
            "authorization_endpoint": f"{issuer}/identity/authorize",
            "token_endpoint": f"{issuer}/identity/token",
            "jwks_uri": f"{issuer}/identity/jwks.json",
            "response_types_supported": ["code"],
            "grant_types_supported": list(_GRANTS),
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": [ALGORITHM],
            "code_challenge_methods_supported": ["S256"],
            "token_endpoint_auth_methods_supported": ["none"],
            "scopes_supported": ["openid", "profile", "email", "groups"],
        }
    )


async def handle_jwks(request: Request) -> Response:
    """Publish the keys that verify the tokens."""
    return json_answer(services_of(request).key.as_jwks())


async def handle_authorize(request: Request) -> Response:
    """Give an app a code for whoever is logged in; whoever is not logs in first."""
    services, query = services_of(request), request.query_params
    app = _client(services, query.get("client_id", ""))
    if app is None:
        return error_answer(400, "No app of this name can ask for a sign-in.")
    uri = services.addresses.app(app.manifest.routing.subdomain) + CALLBACK
    if query.get("redirect_uri") != uri:  # nothing is ever sent to an address that is not the app's
        return error_answer(
            400, "The app wants the sign-in sent to an address that is not its own."
        )
    challenge = query.get("code_challenge", "")
    is_proper = (
        query.get("response_type") == "code" and query.get("code_challenge_method") == "S256"
    )
    if not is_proper or not challenge:
        return _back(uri, query.get("state", ""), error="invalid_request")
    cookie = request.cookies.get(SESSION_COOKIE, "")
    person = services.sessions.find(cookie)
    if person is None:
        target = f"{request.url.path}?{request.url.query}"
        return redirect(f"/login?{urlencode({'next': target})}")
    if not app.admits(person.groups):
        return error_answer(403, f"Your account may not use {app.manifest.name}.")
    code = services.codes.issue(Grant(app.slug, uri, challenge, cookie))
    return _back(uri, query.get("state", ""), code=code)


def _client(services: Services, slug: str) -> App | None:
    directory = services.directory
    return directory.recent().find(slug) or directory.current().find(slug)


def _back(uri: str, state: str, **what: str) -> Response:
    return redirect(f"{uri}?{urlencode({**what, 'state': state})}")


async def handle_token(request: Request) -> Response:
    """Give a token for a code, or for the test user's password."""
    fields = await read_form(request)
    grant = fields.get("grant_type")
    if grant not in _GRANTS:
        return _token_error("unsupported_grant_type")
    client = fields.get("client_id", "")
    app = _client(services_of(request), client)
    if grant == "password" and (app or client == PORTAL_CLIENT):
        return await _grant_by_password(request, app, fields)
    if app is None:
        return _token_error("invalid_client", 401)
    return await _grant_by_code(request, app, fields)


async def _grant_by_code(request: Request, app: App, fields: dict[str, str]) -> Response:
    names = ("code", "redirect_uri", "code_verifier")
    code, uri, verifier = (fields.get(name, "") for name in names)
    try:
        token = await services_of(request).provider.redeem(code, app.slug, uri, verifier)
    except SignInFailed:
        return _token_error("invalid_grant")
    return _token_answer(token)


async def _grant_by_password(request: Request, app: App | None, fields: dict[str, str]) -> Response:
    login, password = fields.get("username", ""), fields.get("password", "")
    user, wait = await check_password(request, login, password)
    if wait:
        return _token_error("slow_down", 429, retry_after=str(wait))
    if user is None or not user.is_test_user:
        return _token_error("invalid_grant")
    if app is not None and not app.admits(user.groups):
        return _token_error("access_denied", 403)
    audience = app.slug if app else PORTAL_CLIENT
    minter = services_of(request).minter
    return _token_answer(minter.mint(user.as_person(), audience))


async def check_password(request: Request, login: str, password: str) -> tuple[User | None, int]:
    """Tell who somebody is, in a thread: argon2 takes its time, and others want to be served meanwhile.

    Returns:
        The user, or None, which counts as a failure of this name and this address; and the seconds to
        wait before the next try, where there were too many: nothing was looked at then.
    """
    services = services_of(request)
    guesses = ((services.by_name, login.casefold()[:200]), (services.by_address, _address(request)))
    async with services.login_turn:
        if wait := max(limit.wait(key, time.monotonic()) for limit, key in guesses):
            return None, int(wait) + 1
        user = services.passwords.recall(login, password) or await run_in_threadpool(
            services.passwords.check, login, password
        )
        if user is None:
            for limit, key in guesses:
                limit.fail(key, time.monotonic())
    return user, 0


def _address(request: Request) -> str:
    return request.client.host if request.client else ""


def _token_answer(token: str) -> Response:
    return json_answer({"access_token": token, "token_type": "Bearer", "expires_in": LIFETIME})


def _token_error(error: str, status: int = 400, **headers: str) -> Response:
    return json_answer({"error": error}, status, **headers)
