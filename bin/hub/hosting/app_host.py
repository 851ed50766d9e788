"""One app at its own host name: its backend, its front end, and the hub's own part below ``/.hub/``."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Final

from starlette.exceptions import HTTPException

from hub.errors import AppUnusable, HubError
from hub.hosting.backend import Backend
from hub.hosting.frontend import Frontend
from hub.manifest import FILE_NAME, as_json
from hub.pages import asset_answer, error_answer
from hub.sdk import AppContext
from hub.serving.answers import APP_POLICY, COMMON_HEADERS, json_answer, refusal
from hub.signing_in.sign_in import SignIn

if TYPE_CHECKING:
    from pathlib import Path

    from starlette.responses import Response
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from hub.catalogue import App, BrokenApp
    from hub.services import Services

OWN: Final = "/.hub/"
_log = logging.getLogger(__name__)


class AppHost:
    """Serves one app; whatever breaks in it becomes an answer with the reason.

    Args:
        app: The app.
        services: What the hub has for all of them.
    """

    def __init__(self, app: App, services: Services) -> None:
        self.app = app
        self._services = services
        origin = services.addresses.app(app.manifest.routing.subdomain)
        context = AppContext(
            manifest=app.manifest,
            folder=app.folder,
            data=services.settings.data / "apps" / app.slug,
            verifier=services.verifier,
            origin=origin,
            children=services.children,
        )
        self.backend = Backend(context, services.settings.ready_seconds)
        self._sign_in = SignIn(app.slug, origin, services)
        self._frontend = _frontend(app)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        send = _with_headers(send)
        path: str = scope["path"]
        if path.startswith(OWN):
            answer = await self._answer_own(scope, receive)
            await answer(scope, receive, send)
        elif self._frontend is not None and not self._is_for_backend(path):
            await self._serve_page(self._frontend, scope, receive, send)
        else:
            await self._serve_backend(scope, receive, send)

    def _is_for_backend(self, path: str) -> bool:
        return path.startswith("/api/") or path == self.app.manifest.routing.health_path

    async def _serve_page(
        self, frontend: ASGIApp, scope: Scope, receive: Receive, send: Send
    ) -> None:
        try:
            await frontend(scope, receive, send)
        except HTTPException as error:
            answer = error_answer(error.status_code, "There is nothing at this address.")
            await answer(scope, receive, send)
        except OSError as error:
            await bad_gateway(f"{self.app.slug}/frontend: {error.strerror}", scope, receive, send)

    async def _serve_backend(self, scope: Scope, receive: Receive, send: Send) -> None:
        board, answer = self._services.board, _Answer(send)
        try:
            self._refuse_blamed()
            with board.serving(self.app.slug):
                backend = await self.backend.application()
                work = _call(backend, scope, receive, answer.take)
                await board.running_of(self.app.slug, work)
            await answer.let_go()
        except AppUnusable as error:
            reason = error.what
        except BaseException as error:  # whatever breaks in an app ends here
            if isinstance(error, asyncio.CancelledError) and _is_cancelled():
                raise
            _log.exception("%s crashed at %s", self.app.slug, scope["path"])
            reason = f"{self.app.slug} crashed: {type(error).__name__}: {error}"
        else:
            if answer.has_started:
                return
            reason = f"{self.app.slug} gave no answer"
        if answer.has_started:
            return  # what was sent cannot be taken back; the client sees that the rest is missing
        await bad_gateway(reason, scope, receive, send)

    def _refuse_blamed(self) -> None:
        """Do not run an app that has ended the hub's process, until something in its folder changes."""
        blame = self._services.blamed.get(self.app.slug)
        if blame is not None and newest_change(self.app.folder) < blame.at:
            raise AppUnusable(f"{blame.reason}; it is tried again when a file of it has changed")

    async def problem(self) -> str:
        """Load the app; return why it does not work, nothing where it does."""
        try:
            self._refuse_blamed()
            await self.backend.application()
        except AppUnusable as error:
            return error.what
        return ""

    async def _answer_own(self, scope: Scope, receive: Receive) -> Response:
        name = scope["path"].removeprefix(OWN)
        if name == "manifest":
            return self._manifest()
        if scope["method"] in {"GET", "HEAD"} and (asset := asset_answer(name)):
            return asset
        return await self._sign_in.answer(name, scope, receive)

    def _manifest(self) -> Response:
        """What the manifest says, so that a smoke from outside can hold it against its schema."""
        try:
            return json_answer(as_json((self.app.folder / FILE_NAME).read_text(encoding="utf-8")))
        except (HubError, OSError, UnicodeDecodeError) as error:
            return refusal(500, "manifest_invalid", f"{self.app.slug}/{FILE_NAME}: {error}")


class BrokenHost:
    """Stands in for an app whose manifest cannot be used: says why.

    Args:
        app: The app.
    """

    def __init__(self, app: BrokenApp) -> None:
        self.app = app

    async def problem(self) -> str:
        """Return why it does not work."""
        return self.app.reason

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        await bad_gateway(self.app.reason, scope, receive, _with_headers(send))


class _Answer:
    """What an app sends. A failure is held back until it is known whether the app has crashed.

    Starlette answers 500 for an app that crashes, and raises its error again; the reason is in the error.

    Args:
        send: Whither it goes.
    """

    def __init__(self, send: Send) -> None:
        self._send = send
        self._held: list[Message] = []
        self.has_started = False

    async def take(self, message: Message) -> None:
        """Pass on a message of the app, or hold it back."""
        is_failure = message["type"] == "http.response.start" and message["status"] == 500
        if self._held or is_failure:
            self._held.append(message)
        else:
            self.has_started = True
            await self._send(message)

    async def let_go(self) -> None:
        """Pass on what was held back: the app has meant it."""
        for message in self._held:
            self.has_started = True
            await self._send(message)


async def _call(backend: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    await backend(scope, receive, send)


def _is_cancelled() -> bool:
    """Whether the hub itself wants this request to end; an app may raise what it likes."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


def newest_change(folder: Path) -> float:
    """Return when something in a folder changed last, in Unix seconds."""
    times = [folder.stat().st_mtime]
    times += [each.stat().st_mtime for each in folder.rglob("*") if "__pycache__" not in each.parts]
    return max(times)


async def bad_gateway(reason: str, scope: Scope, receive: Receive, send: Send) -> None:
    """Answer 502 with the reason: a page for whoever looks for one, else JSON."""
    wants_page = any(
        name == b"accept" and b"text/html" in value for name, value in scope["headers"]
    )
    message = f"This app does not work at the moment. {reason}"
    answer = error_answer(502, message) if wants_page else refusal(502, "bad_gateway", reason)
    await answer(scope, receive, send)


def _frontend(app: App) -> ASGIApp | None:
    folder = app.folder / "frontend"
    return Frontend(folder) if folder.is_dir() else None


def _with_headers(send: Send) -> Send:
    """Add to every answer the headers of the hub that it does not have."""

    async def add_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = list(message["headers"])
            present = {name.lower(): value for name, value in headers}
            wanted = dict(COMMON_HEADERS)
            if present.get(b"content-type", b"").startswith(b"text/html"):
                wanted[b"content-security-policy"] = APP_POLICY.encode()
            if b"cache-control" not in present:
                wanted[b"cache-control"] = b"no-cache"
            headers += [pair for pair in wanted.items() if pair[0] not in present]
            message["headers"] = headers
        await send(message)

    return add_headers
