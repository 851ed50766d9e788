"""Signing in to one app: the client's side of the authorization code flow with PKCE.

``/.hub/sign-in`` sends the browser to the identity provider, which sends it back to ``/.hub/callback``
with a code; the token for the code goes into a cookie that scripts cannot read.
"""

from __future__ import annotations

import hmac
import secrets
from typing import TYPE_CHECKING, Final
from urllib.parse import quote, unquote

from starlette.requests import Request

from hub.addresses import local_path
from hub.errors import EnvironmentNotReady
from hub.pages import error_answer
from hub.sdk import TOKEN_COOKIE
from hub.serving.answers import json_answer, redirect, refusal
from hub.signing_in.provider import SignInFailed
from hub.signing_in.sessions import challenge_of
from hub.signing_in.tokens import LIFETIME, InvalidToken, key_id_of

if TYPE_CHECKING:
    from starlette.responses import Response
    from starlette.types import Receive, Scope

    from hub.services import Services
    from hub.signing_in.tokens import Person

CALLBACK: Final = "/.hub/callback"
_STATE_COOKIE: Final = "hub_state"
_STATE_SECONDS: Final = 600


class SignIn:
    """The sign-in of one app, or of the portal where the identity provider is elsewhere.

    Args:
        client: The name at the provider, the audience of the tokens.
        origin: Where the app is in browsers.
        services: What the hub has for all apps.
    """

    def __init__(self, client: str, origin: str, services: Services) -> None:
        self._client = client
        self._origin = origin
        self._services = services

    async def answer(self, name: str, scope: Scope, receive: Receive) -> Response:
        """Answer a request for ``/.hub/<name>``."""
        request = Request(scope, receive)
        if request.method == "GET" and name == "sign-in":
            return await self._begin(request)
        if request.method == "GET" and name == "callback":
            return await self._finish(request)
        if request.method == "GET" and name == "portal":
            return redirect(f"{self._services.addresses.portal}/")
        if request.method == "POST" and name == "sign-out":
            return self._sign_out(request)
        return refusal(404, "not_found", "The hub has nothing at this address.")

    async def begin(self, to: str) -> Response:
        """Send the browser to the provider; afterwards it comes to the page ``to``."""
        provider = self._services.provider
        try:
            await provider.refresh()
        except EnvironmentNotReady as error:
            return error_answer(503, f"Nobody can sign in at the moment: {error.what}")
        state, verifier = secrets.token_urlsafe(24), secrets.token_urlsafe(48)
        uri = self._origin + CALLBACK
        answer = redirect(provider.authorize_url(self._client, uri, state, challenge_of(verifier)))
        kept = f"{state}.{verifier}.{quote(to, safe='')}"
        self._set_cookie(answer, _STATE_COOKIE, kept, _STATE_SECONDS, path="/.hub/")
        return answer

    async def _begin(self, request: Request) -> Response:
        return await self.begin(local_path(request.query_params.get("to", "/")))

    async def _finish(self, request: Request) -> Response:
        kept, _, rest = request.cookies.get(_STATE_COOKIE, "").partition(".")
        verifier, _, to = rest.partition(".")
        state = request.query_params.get("state", "")
        if not kept or not hmac.compare_digest(kept.encode(), state.encode()):
            return error_answer(400, "This sign-in was not begun here, or too long ago. Try again.")
        try:
            token, person = await self._redeem(request, verifier)
        except (SignInFailed, InvalidToken, EnvironmentNotReady) as error:
            return error_answer(403, f"The sign-in did not work: {error}.")
        answer = redirect(local_path(unquote(to)))
        answer.delete_cookie(_STATE_COOKIE, path="/.hub/")
        self.keep(answer, token, person)
        return answer

    async def _redeem(self, request: Request, verifier: str) -> tuple[str, Person]:
        if error := request.query_params.get("error"):
            raise SignInFailed(f"the identity provider says {error[:80]!r}")
        code = request.query_params.get("code", "")
        provider = self._services.provider
        await provider.refresh()
        token = await provider.redeem(code, self._client, self._origin + CALLBACK, verifier)
        await provider.know(key_id_of(token))
        return token, self._services.verifier.verify(token, self._client)

    def keep(self, answer: Response, token: str, person: Person) -> None:  # noqa: ARG002 - the portal needs the person
        """Let the browser remember who it is."""
        self._set_cookie(answer, TOKEN_COOKIE, token, LIFETIME)

    def _sign_out(self, request: Request) -> Response:
        if request.headers.get("origin") != self._origin:
            return refusal(403, "forbidden", "This was asked for by another site.")
        answer = json_answer({"signed_out": True})
        answer.delete_cookie(TOKEN_COOKIE, path="/")
        return answer

    def _set_cookie(
        self, answer: Response, name: str, value: str, seconds: int, path: str = "/"
    ) -> None:
        answer.set_cookie(
            name,
            value,
            max_age=seconds,
            path=path,
            secure=self._services.addresses.is_secure,
            httponly=True,
            samesite="lax",
        )
