"""The portal: log in once, see the apps that are yours, go to one, log out of all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.responses import FileResponse
from starlette.routing import Route

from hub.addresses import local_path
from hub.pages import asset_answer, error_answer, page_answer
from hub.sdk import bearer_of
from hub.services import services_of
from hub.serving.answers import COMMON_HEADERS, json_answer, redirect, refusal
from hub.serving.forms import read_form
from hub.serving.tiles import group_tiles, make_tile
from hub.signing_in.identity import PORTAL_CLIENT, SESSION_COOKIE, check_password, routes
from hub.signing_in.sessions import SESSION_SECONDS
from hub.signing_in.sign_in import SignIn
from hub.signing_in.tokens import InvalidToken

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from hub.catalogue import App
    from hub.services import Services
    from hub.signing_in.tokens import Person

_ICON_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'; sandbox"


def build_portal(services: Services) -> ASGIApp:
    """Return the application of the portal's host."""
    app = Starlette(
        routes=[
            Route("/", handle_hub),
            Route("/login", handle_login_page),
            Route("/login", handle_login, methods=["POST"]),
            Route("/logout", handle_logout, methods=["POST"]),
            Route("/health", handle_health),
            Route("/api/apps", handle_apps),
            Route("/icons/{slug}", handle_icon),
            Route("/.hub/{name}", handle_own),
            *(routes() if services.has_own_identity else []),
        ],
        exception_handlers={HTTPException: _refuse},
    )
    app.router.redirect_slashes = False
    app.state.services = services
    return _CommonHeaders(app)


class _CommonHeaders:
    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def add_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *COMMON_HEADERS.items()]
            await send(message)

        await self._app(scope, receive, add_headers)


async def handle_hub(request: Request) -> Response:
    """Show the apps of whoever is logged in."""
    person = _person(request)
    if person is None:
        return redirect("/login")
    tiles = [make_tile(app, services_of(request).addresses) for app in _apps_of(request, person)]
    groups = group_tiles(tiles)
    return page_answer("hub.html", person=person, groups=groups, count=len(tiles), tiles=tiles)


async def handle_login_page(request: Request) -> Response:
    """Ask for login and password, or send the browser to the identity provider that is configured."""
    services = services_of(request)
    target = local_path(request.query_params.get("next", "/"))
    if _person(request) is not None:
        return redirect(target)
    if not services.has_own_identity:
        return await _external_sign_in(services).begin(target)
    return page_answer("login.html", target=target, login="", problem="")


async def handle_login(request: Request) -> Response:
    """Log somebody in; a wrong password and an unknown name get the same answer."""
    services = services_of(request)
    if not _is_own(request) or not services.has_own_identity:
        return error_answer(403, "This login was sent by another site.")
    form = await read_form(request)
    login, password = form.get("login", ""), form.get("password", "")
    target = local_path(form.get("next", "/"))
    user, wait = await check_password(request, login, password)
    if wait:
        problem = f"Too many tries. Wait {wait} seconds."
        return _ask_again(429, target, login, problem, retry_after=str(wait))
    if user is None:
        return _ask_again(401, target, login, "Name or password is wrong.")
    return _logged_in(services, user.as_person(), target)


def _ask_again(status: int, target: str, login: str, problem: str, **headers: str) -> Response:
    answer = page_answer("login.html", status, target=target, login=login[:200], problem=problem)
    answer.headers.update({name.replace("_", "-"): value for name, value in headers.items()})
    return answer


def _logged_in(services: Services, person: Person, target: str) -> Response:
    answer = redirect(target)
    answer.set_cookie(
        SESSION_COOKIE,
        services.sessions.begin(person),
        max_age=int(SESSION_SECONDS),
        secure=services.addresses.is_secure,
        httponly=True,
        samesite="lax",
    )
    return answer


async def handle_logout(request: Request) -> Response:
    """Log out, of every app too."""
    if not _is_own(request):
        return error_answer(403, "This was asked for by another site.")
    services_of(request).sessions.end(request.cookies.get(SESSION_COOKIE, ""))
    answer = redirect("/login")
    answer.delete_cookie(SESSION_COOKIE)
    return answer


async def handle_health(request: Request) -> Response:
    """Say that the hub works, and how many apps cannot be used."""
    catalogue = services_of(request).directory.current()
    return json_answer(
        {"status": "ok", "apps": len(catalogue.served), "broken": len(catalogue.broken)}
    )


async def handle_apps(request: Request) -> Response:
    """List the apps of whoever asks: by the portal's session, or by a token for the portal."""
    services = services_of(request)
    person = _person(request) or _bearer(request)
    if person is None:
        return refusal(401, "unauthorised", "Log in at the portal.", www_authenticate="Bearer")
    listed = [
        {
            "slug": app.slug,
            "name": app.manifest.name,
            "description": app.manifest.description,
            "category": app.manifest.hub.category,
            "url": services.addresses.app(app.manifest.routing.subdomain),
        }
        for app in _apps_of(request, person)
    ]
    return json_answer({"apps": listed})


async def handle_icon(request: Request) -> Response:
    """Send an app's own icon to whoever may see the app."""
    person = _person(request)
    apps = _apps_of(request, person) if person else ()
    slug = request.path_params["slug"]
    file = next((app.icon_file for app in apps if app.slug == slug), None)
    if file is None or not file.is_file():
        return refusal(404, "not_found", "There is no such icon.")
    return FileResponse(file, headers={"content-security-policy": _ICON_POLICY})


async def handle_own(request: Request) -> Response:
    """Send an asset, or take part in a sign-in at an external provider."""
    services, name = services_of(request), request.path_params["name"]
    if asset := asset_answer(name):
        return asset
    if name == "portal":
        return redirect("/")
    if services.has_own_identity:
        return refusal(404, "not_found", "The hub has nothing at this address.")
    return await _external_sign_in(services).answer(name, request.scope, request.receive)


class _PortalSignIn(SignIn):
    """The portal's own sign-in at an external provider, which begins a session here."""

    def keep(self, answer: Response, token: str, person: Person) -> None:  # noqa: ARG002 - a session is enough
        """Begin a session."""
        begun = _logged_in(self._services, person, "/")
        answer.headers.append("set-cookie", begun.headers["set-cookie"])


def _external_sign_in(services: Services) -> SignIn:
    return _PortalSignIn(PORTAL_CLIENT, services.addresses.portal, services)


def _person(request: Request) -> Person | None:
    return services_of(request).sessions.find(request.cookies.get(SESSION_COOKIE, ""))


def _bearer(request: Request) -> Person | None:
    try:
        return services_of(request).verifier.verify(bearer_of(request), PORTAL_CLIENT)
    except InvalidToken:
        return None


def _apps_of(request: Request, person: Person) -> Sequence[App]:
    return services_of(request).directory.current().shown_to(person.groups)


def _is_own(request: Request) -> bool:
    """Whether a form was sent by one of the portal's own pages."""
    # A browser names the origin of every form; what names none is no browser, and has no cookies to abuse.
    return request.headers.get("origin") in {None, services_of(request).addresses.portal}


async def _refuse(_: Request, problem: Exception) -> Response:
    assert isinstance(problem, HTTPException)  # noqa: S101 - it is registered for nothing else
    is_lost = problem.status_code == 404
    return error_answer(
        problem.status_code, "There is nothing at this address." if is_lost else problem.detail
    )
