"""The application: routes, and what happens around them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.routing import Route

from dashgen.errors import EnsembleError, NotFound
from dashgen.route_table import ROUTES
from dashgen.services import make_services
from dashgen.serving.answers import Refusal, error_body, json_answer
from dashgen.serving.kept_grid import KeptGrid
from dashgen.serving.middleware import (
    AnswerHeaders,
    ErrorShape,
    RequestLimits,
    RequestLog,
    common_headers,
    internal_error,
    json_headers,
)

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.requests import Request
    from starlette.responses import Response

    from dashgen.serving.middleware import Headers
    from dashgen.settings import Settings


def build_app(settings: Settings) -> Starlette:
    """Put the application together; its services are `app.state.services`."""
    services = make_services(settings)
    app = Starlette(
        routes=ROUTES,
        middleware=[
            Middleware(RequestLog, services.metrics),
            Middleware(KeptGrid, services, json_headers(settings.run_nonce)),
            Middleware(AnswerHeaders, common_headers(settings.run_nonce)),
            Middleware(ErrorShape),
            Middleware(RequestLimits, settings.max_body_bytes),
        ],
        exception_handlers={
            HTTPException: _refuse,
            Exception: _last_resort(json_headers(settings.run_nonce)),
        },
    )
    # A redirect would repeat the Host header to whoever sent it; an address is right or it is not.
    app.router.redirect_slashes = False
    app.state.services = services
    return app


def _last_resort(headers: Headers) -> Callable[[Request, Exception], Awaitable[Response]]:
    """What answers where our own middleware failed, headers and all; the server logs the trace."""
    decoded = {name.decode(): value.decode() for name, value in headers}

    async def answer(_: Request, __: Exception) -> Response:
        return json_answer(error_body(internal_error()), 500, decoded)

    return answer


async def _refuse(request: Request, problem: Exception) -> NoReturn:
    """Give the router's own refusals the shape of all others."""
    if not isinstance(problem, HTTPException):
        raise problem
    if problem.status_code == 405:
        raise Refusal(
            405,
            "method_not_allowed",
            "This address does not know that method.",
            headers={"allow": _allowed_methods(request)},
        ) from problem
    if problem.status_code == 404:
        raise NotFound("There is nothing at this address.") from problem
    raise EnsembleError(problem.status_code, "bad_request", problem.detail) from problem


def _allowed_methods(request: Request) -> str:
    """The methods of all routes of this address; the router names those of one alone."""
    path = request.url.path
    routes = [route for route in request.app.routes if isinstance(route, Route)]
    methods = [route.methods or set() for route in routes if route.path_regex.match(path)]
    return ", ".join(sorted(set().union(*methods)))
