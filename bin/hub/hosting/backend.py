"""The backend of one app: its ``backend.py``, loaded at the first request, apart from all others."""

from __future__ import annotations

import asyncio
import contextlib
import importlib.util
import logging
import sys
import threading
from typing import TYPE_CHECKING, Final

from hub.errors import AppUnusable, HubError

if TYPE_CHECKING:
    from pathlib import Path
    from types import ModuleType

    from starlette.types import ASGIApp

    from hub.sdk import AppContext

FILE_NAME: Final = "backend.py"
_log = logging.getLogger(__name__)


class Backend:
    """An app's backend, which may be broken in every way without harm to another app.

    It is loaded in a thread of its own, so that one that never gets ready holds up nobody else.

    Args:
        context: What the app is given.
        ready_seconds: How long loading may take.
    """

    def __init__(self, context: AppContext, ready_seconds: float) -> None:
        self._context = context
        self._ready_seconds = ready_seconds
        self._loaded: asyncio.Future[ASGIApp] | None = None
        self._deadline = 0.0  # by the clock of the event loop

    async def application(self) -> ASGIApp:
        """Return the app's application, loaded once; one that was late is used when it is ready after all.

        Raises:
            AppUnusable: It cannot be loaded, or is not ready in time; with the reason.
        """
        loop = asyncio.get_running_loop()
        if self._loaded is None:
            self._loaded = self._begin_to_load(loop)
            self._deadline = loop.time() + self._ready_seconds
        try:
            left = max(0.0, self._deadline - loop.time())
            return await asyncio.wait_for(asyncio.shield(self._loaded), left)
        except TimeoutError:
            slug = self._context.manifest.slug
            late = f"{slug}/{FILE_NAME}: is not ready in {self._ready_seconds:g} s"
            raise AppUnusable(late) from None

    def _begin_to_load(self, loop: asyncio.AbstractEventLoop) -> asyncio.Future[ASGIApp]:
        loaded: asyncio.Future[ASGIApp] = loop.create_future()
        work = (loaded, self._context)
        name = f"load-{self._context.manifest.slug}"
        threading.Thread(target=_load_into, args=work, name=name, daemon=True).start()
        return loaded


def _load_into(loaded: asyncio.Future[ASGIApp], context: AppContext) -> None:
    outcome: ASGIApp | AppUnusable
    try:
        outcome = load(context)
    except AppUnusable as problem:
        outcome = problem
    with contextlib.suppress(RuntimeError):  # the hub has ended meanwhile
        loaded.get_loop().call_soon_threadsafe(_settle, loaded, outcome)


def _settle(loaded: asyncio.Future[ASGIApp], outcome: ASGIApp | AppUnusable) -> None:
    if isinstance(outcome, AppUnusable):
        loaded.set_exception(outcome)
    else:
        loaded.set_result(outcome)


def load(context: AppContext) -> ASGIApp:
    """Import an app's ``backend.py`` and build its application.

    Raises:
        AppUnusable: Any of it fails; with the reason.
    """
    slug = context.manifest.slug
    try:
        module = _import(context.folder, slug)
        application: ASGIApp = module.build_app(context)
    except HubError as error:
        raise AppUnusable(f"{slug}: {error.what}") from error
    except BaseException as error:
        _log.exception("%s cannot be loaded", slug)
        raise AppUnusable(f"{slug}/{FILE_NAME}: {type(error).__name__}: {error}") from error
    if not callable(application):
        raise AppUnusable(f"{slug}/{FILE_NAME}: build_app returns no application")
    return application


def _import(folder: Path, slug: str) -> ModuleType:
    """Import ``backend.py`` as a package of its own, whose other modules it imports by ``from . import``."""
    file = folder / FILE_NAME
    if not file.is_file():
        raise AppUnusable(f"there is no {FILE_NAME}")
    name = f"hub_app_{slug.replace('-', '_')}"
    for stale in [each for each in sys.modules if each == name or each.startswith(f"{name}.")]:
        del sys.modules[stale]
    spec = importlib.util.spec_from_file_location(
        name, file, submodule_search_locations=[str(folder)]
    )
    assert spec is not None and spec.loader is not None  # noqa: S101, PT018 - the file is there
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module
