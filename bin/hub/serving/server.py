"""Starts the hub: one process, one port, a line for the portal and one for each app when it is ready."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import sys
import threading
from typing import TYPE_CHECKING, Final

import uvicorn

from hub.addresses import Addresses
from hub.errors import EXIT_GREEN, EnvironmentNotReady, UsageError
from hub.services import make_services
from hub.serving.connection import JoiningProtocol
from hub.serving.gateway import Gateway
from hub.watching.supervisor import Supervisor

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from hub.services import Services, Settings

EXIT_WITH_PARENT: Final = "HUB_EXIT_WITH_PARENT"
_BACKLOG: Final = 2048
_GRACE_SECONDS: Final = 3


def serve(
    settings: Settings,
    host: str,
    ports: Sequence[int],
    public_url: str = "",
    *,
    eager: bool = False,
) -> int:
    """Serve until a signal comes.

    Args:
        settings: What was chosen.
        host: The address to listen on.
        ports: The ports; 0 lets the system choose. The first one is in the addresses.
        public_url: The portal's address in browsers, where a proxy stands between.
        eager: Load every app at once, and say which are broken.

    Returns:
        0 after SIGTERM, 130 after Ctrl-C.

    Raises:
        EnvironmentNotReady: A port is taken, or a file cannot be read.
        UsageError: There is no app of the wanted name.
    """
    listeners = [_listen(host, port) for port in ports]
    port = listeners[0].getsockname()[1]
    addresses = Addresses.parse(public_url or f"http://localhost:{port}")
    services = make_services(settings, addresses)
    _check_only(settings, services)
    gateway = Gateway(services)
    config = _config_of(gateway)
    ends_with_stdin = os.environ.get(EXIT_WITH_PARENT) == "1"
    supervisor = Supervisor(services.board, settings.hang_seconds, ends_with_stdin=ends_with_stdin)

    def serve_in_child(lifeline: int, is_first: bool, /) -> int:  # noqa: FBT001 - as the supervisor calls it
        services.blamed.update(supervisor.blamed)
        services.sessions.recall()
        server = _Server(config, gateway, services, is_first=is_first, eager=eager)
        threading.Thread(target=_watch, args=[server, lifeline], daemon=True).start()
        try:
            server.run(sockets=listeners)
        finally:
            services.children.stop()
        return EXIT_GREEN

    return supervisor.run(serve_in_child)


def _config_of(gateway: Gateway) -> uvicorn.Config:
    """How uvicorn serves the gateway, which knows no socket of the web and answers for its own headers."""
    return uvicorn.Config(
        gateway,
        loop="asyncio",
        http=JoiningProtocol,
        ws="none",
        lifespan="off",
        interface="asgi3",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=_GRACE_SECONDS,
    )


def _check_only(settings: Settings, services: Services) -> None:
    found = services.directory.current()
    if settings.only and not found.served and not found.broken:
        raise UsageError(f"no app is called {settings.only!r}", next_step=f"ls {settings.apps}")


def _listen(host: str, port: int) -> socket.socket:
    try:
        listener = socket.create_server((host, port), backlog=_BACKLOG)
    except (OSError, OverflowError) as error:
        raise EnvironmentNotReady(
            f"cannot listen on {host} port {port}: {getattr(error, 'strerror', None) or error}",
            next_step="bin/invoke up --port 0",
        ) from error
    # Connections inherit this; asyncio sets it on none that such a socket accepts.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


def _watch(server: uvicorn.Server, lifeline: int) -> None:
    """End the server when the lifeline ends: the supervisor has let go of it, or has died."""
    os.read(lifeline, 1)
    server.should_exit = True


class _Server(uvicorn.Server):
    """uvicorn's server, which says where everything is when it is ready."""

    def __init__(
        self,
        config: uvicorn.Config,
        gateway: Gateway,
        services: Services,
        *,
        is_first: bool,
        eager: bool,
    ) -> None:
        super().__init__(config)
        self._gateway = gateway
        self._services = services
        self._is_first = is_first
        self._eager = eager
        self._warming: asyncio.Task[None] | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self._is_first:
            self._say_where(sockets or [])
        if self._eager:
            self._warming = asyncio.create_task(self._warm_up())

    async def on_tick(self, counter: int) -> bool:
        """What uvicorn does ten times a second."""
        self._services.board.beat()
        return await super().on_tick(counter)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """The supervisor hears the signals."""
        yield

    def _say_where(self, sockets: Sequence[socket.socket]) -> None:
        lines = [f"app {slug} {url}" for slug, url in self._apps()]
        ports = " ".join(str(each.getsockname()[1]) for each in sockets)
        lines.append(f"ports {ports}")
        lines.append(f"hub listening on {self._services.addresses.portal}")
        sys.stdout.write("".join(f"{line}\n" for line in lines))
        sys.stdout.flush()

    def _apps(self) -> list[tuple[str, str]]:
        hosts = self._gateway.hosts()
        where = self._services.addresses
        return sorted((host.app.slug, where.app(name)) for name, host in hosts.items())

    async def _warm_up(self) -> None:
        for host in self._gateway.hosts().values():
            with self._services.board.serving(host.app.slug):
                reason = await host.problem()
            if reason:
                sys.stderr.write(f"broken: {reason}\n")
