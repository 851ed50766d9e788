"""Who is asking: an operator by the dashboard token, a creator by a pairing token.

The two never stand in for each other: the dashboard token opens operator routes only, a pairing
token only what its creator owns.
"""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING, Final

from dashgen.errors import EnsembleError, Unauthorised
from dashgen.services import now, services_of
from dashgen.serving.answers import Refusal
from dashgen.serving.rate_limit import client_of

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from dashgen.canvas_schema import Owner
    from dashgen.serving.rate_limit import RateLimit

PAIRING_COOKIE: Final = "pairing_token"

_SAFE_METHODS: Final = frozenset({"GET", "HEAD"})
_NOT_AN_OPERATOR: Final = "This needs the dashboard token."
# Nobody guesses a token of so many characters, however often they may try; a pairing token has 43. Whoever
# has one is let in even where others, behind the same address, have sent too many wrong ones.
_BEYOND_GUESSING: Final = 32


def check_auth(request: Request) -> None:
    """Let an operator pass; everybody is refused where no dashboard token is configured.

    Raises:
        Unauthorised: The request does not carry the dashboard token.
    """
    if not is_operator(request):
        raise Unauthorised(_NOT_AN_OPERATOR)


def is_operator(request: Request) -> bool:
    """Whether the request carries the dashboard token.

    Raises:
        Refusal: 429, too many wrong tokens have come from this client.
    """
    token = bearer_token(request)
    return token is not None and is_dashboard_token(request, token)


def is_dashboard_token(request: Request, token: str) -> bool:
    """Whether `token` is the dashboard token; wrong ones are counted against the client.

    Raises:
        Refusal: 429, too many wrong tokens have come from this client.
    """
    services = services_of(request)
    if len(token) < _BEYOND_GUESSING:
        refuse_when_exhausted(request)
    if services.operator_token.matches(token):
        return True
    count_call(request, services.token_checks)
    return False


def require_creator(request: Request) -> Owner:
    """The paired user who sent this request.

    Raises:
        Unauthorised: No pairing token, or one that is unknown, expired or revoked.
        EnsembleError: 403, another site used this browser's cookie.
        Refusal: 429, too many wrong tokens have come from this client.
    """
    owner = _resolve_paired_user(request)
    if owner is None and presented_token(request):
        count_call(request, services_of(request).token_checks)
    if owner is None:
        raise Unauthorised
    return owner


def reader_of(request: Request) -> Owner | None:
    """The paired user who reads, or None for a visitor; nobody is kept out for a wrong token."""
    owner = _resolve_paired_user(request)
    if owner is None and presented_token(request):
        services_of(request).token_checks.take(_client_address(request), time.monotonic())
    return owner


def _resolve_paired_user(request: Request) -> Owner | None:
    """Look up the pairing token of a request: of its header if there is one, else of its cookie.

    Raises:
        EnsembleError: 403, a write by cookie came from another site.
    """
    token, pairings = presented_token(request), services_of(request).pairings
    owner = pairings.resolve(token, now())
    is_by_cookie = "authorization" not in request.headers
    if owner is not None and is_by_cookie and request.method not in _SAFE_METHODS:
        _check_same_origin(request)
    return owner


def presented_token(request: Request) -> str:
    """The token that speaks for a creator: the header's if there is a header, else the cookie's."""
    token = bearer_token(request)
    return _cookie_token(request) if token is None else token


def _cookie_token(request: Request) -> str:
    """The token of the cookie; of two, one was planted by whoever has a neighbouring name, so none counts."""
    cookies = ";".join(request.headers.getlist("cookie")).split(";")
    pairs = (cookie.partition("=") for cookie in cookies)
    tokens = [value.strip() for name, _, value in pairs if name.strip() == PAIRING_COOKIE]
    return tokens[0] if len(tokens) == 1 else ""


def bearer_token(request: Request) -> str | None:
    """The token of the Authorization header.

    Returns:
        None when there is no such header; "", which is never right, when there are several or
        it is not a bearer token.
    """
    headers = request.headers.getlist("authorization")
    if not headers:
        return None
    scheme, _, token = headers[0].partition(" ")
    return token.strip() if len(headers) == 1 and scheme.lower() == "bearer" else ""


def set_pairing_cookie(request: Request, answer: Response, token: str, max_age: int) -> None:
    """Let the browser keep a pairing token where no script can read it, unless another site's page asked.

    Args:
        request: What is being answered; over TLS the cookie stays on TLS.
        answer: The answer that sets the cookie.
        token: The pairing token.
        max_age: Seconds until the browser forgets it.
    """
    if request.headers.getlist("origin") and not _is_from_own_page(request):
        return
    answer.set_cookie(
        PAIRING_COOKIE,
        token,
        max_age=max_age,
        path="/",
        secure=_own_origin(request).startswith("https:"),
        httponly=True,
        samesite="strict",
    )


def forget_pairing_cookie(answer: Response) -> None:
    """Let the browser forget its pairing token."""
    answer.delete_cookie(PAIRING_COOKIE, path="/", httponly=True, samesite="strict")


def _client_address(request: Request) -> str:
    """Whose calls are counted together, as far as this process can tell: no header has a say in it."""
    return client_of(request.client.host) if request.client else ""


def refuse_when_exhausted(request: Request) -> None:
    """Refuse a client from which too many wrong tokens have come, before one more is looked at.

    Raises:
        Refusal: 429 with Retry-After.
    """
    checks = services_of(request).token_checks
    _refuse_after(checks.wait(_client_address(request), time.monotonic()))


def count_call(request: Request, limit: RateLimit) -> None:
    """Count one call against the client.

    Raises:
        Refusal: 429 with Retry-After, it has used up its calls.
    """
    _refuse_after(limit.take(_client_address(request), time.monotonic()))


def _refuse_after(wait: float) -> None:
    if wait > 0:
        raise Refusal(
            429,
            "rate_limited",
            "Too many requests from this address.",
            headers={"retry-after": str(math.ceil(wait))},
        )


def _check_same_origin(request: Request) -> None:
    """A browser names the page that writes; only our own pages may use the cookie."""
    if not _is_from_own_page(request):
        raise EnsembleError(403, "cross_origin", "Only this site's own pages may do this.")


def _is_from_own_page(request: Request) -> bool:
    # No browser sends two; whoever does hopes that we and somebody before us look at different ones.
    said = [each.lower() for each in request.headers.getlist("origin")]
    site = request.headers.getlist("sec-fetch-site")
    return said == [_own_origin(request).lower()] and site in ([], ["same-origin"])


def _own_origin(request: Request) -> str:
    configured = services_of(request).settings.public_origin
    return configured or f"{request.scope['scheme']}://{request.headers.get('host', '')}"
