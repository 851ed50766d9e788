"""What an app is given: its context, who is signed in, and JSON in and out.

``backend.py`` of an app defines ``build_app(hub: AppContext) -> ASGIApp``; see the template.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeVar

import msgspec
from starlette.applications import Starlette
from starlette.exceptions import HTTPException

from hub.serving.answers import json_answer, refusal
from hub.signing_in.tokens import InvalidToken, Person

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from starlette.requests import HTTPConnection, Request
    from starlette.responses import Response
    from starlette.routing import BaseRoute
    from starlette.types import ASGIApp

    from hub.hosting.child_process import Children
    from hub.manifest import Manifest
    from hub.signing_in.tokens import Verifier

__all__ = ["AppContext", "Person", "json_answer", "read_json", "signed_in"]

TOKEN_COOKIE: Final = "hub_token"  # noqa: S105 - the name of a cookie
MAX_BODY: Final = 262_144  # bytes
_SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class AppContext:
    """The hub as one app sees it.

    Attributes:
        manifest: The app's own.
        folder: Where it lives; nothing is written there.
        data: A folder of its own for what it stores; made by `data_folder`.
        verifier: Tells whose a token is.
        origin: The app's address in browsers.
        children: The processes that apps have started.
    """

    manifest: Manifest
    folder: Path
    data: Path
    verifier: Verifier
    origin: str
    children: Children

    def application(self, routes: Sequence[BaseRoute]) -> Starlette:
        """Return an application of these routes, which knows its context and refuses in JSON."""
        app = Starlette(routes=list(routes), exception_handlers={HTTPException: _refuse})
        app.router.redirect_slashes = False
        app.state.hub = self
        return app

    def data_folder(self) -> Path:
        """Return the folder for what the app stores, made if need be."""
        self.data.mkdir(mode=0o700, parents=True, exist_ok=True)
        return self.data

    def process(self, command: Sequence[str], environment: Mapping[str, str]) -> ASGIApp:
        """Start a server of the app's own and return an application that passes requests on to it.

        Args:
            command: The server; it prints its address at the end of a line when it is ready, and ends
                when its standard input does.
            environment: Variables besides the hub's own.

        Raises:
            AppUnusable: It dies, or does not get ready in time.
        """
        return self.children.start(self.manifest.slug, command, environment)


def signed_in(request: Request) -> Person:
    """Return who sends a request.

    Raises:
        HTTPException: 401, nobody whose token is for this app and good; 403, somebody who is not in
            the groups that the manifest requires, or a change that another site has asked for.
    """
    hub: AppContext = request.app.state.hub
    token = bearer_of(request)
    if not token:
        token = request.cookies.get(TOKEN_COOKIE, "")
        if token:
            _refuse_foreign(request)
    try:
        person = hub.verifier.verify(token, audience=hub.manifest.slug)
    except InvalidToken as error:
        # A token that was sent on purpose and is no good is worth a word; none at all is not.
        detail = "This needs a sign-in." if not token else "This token opens nothing here."
        raise HTTPException(401, detail, {"www-authenticate": "Bearer"}) from error
    missing = set(hub.manifest.auth.required_groups) - set(person.groups)
    if missing:
        raise HTTPException(403, f"This is for members of {', '.join(sorted(missing))}.")
    return person


def token_of(request: HTTPConnection) -> str:
    """Return the token that comes with a request, in its header or its cookie, or nothing."""
    return bearer_of(request) or request.cookies.get(TOKEN_COOKIE, "")


def bearer_of(request: HTTPConnection) -> str:
    """Return the token in the Authorization header (RFC 6750), or nothing."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def _refuse_foreign(request: Request) -> None:
    """Cookies come with what other sites ask for too, and a neighbour below the same domain is one."""
    if request.method in _SAFE_METHODS:
        return
    hub: AppContext = request.app.state.hub
    if request.headers.get("origin") != hub.origin:
        raise HTTPException(403, "This change was asked for by another site.")


async def read_json(request: Request, kind: type[_T]) -> _T:
    """Return the body of a request, checked.

    Args:
        request: Whose body it is.
        kind: What it must be.

    Raises:
        HTTPException: 413, it is too long; 400, it is something else.
    """
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY:
            raise HTTPException(413, f"A body may hold at most {MAX_BODY} bytes.")
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.MsgspecError as error:
        raise HTTPException(400, str(error)) from error


_ERRORS: Final = {
    400: "bad_request",
    401: "unauthorised",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    409: "conflict",
    413: "payload_too_large",
}


async def _refuse(_: Request, problem: Exception) -> Response:
    assert isinstance(problem, HTTPException)  # noqa: S101 - it is registered for nothing else
    headers: dict[str, Any] = dict(problem.headers or {})
    key = _ERRORS.get(problem.status_code, "refused")
    return refusal(problem.status_code, key, problem.detail, **headers)
