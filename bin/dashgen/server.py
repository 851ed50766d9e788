"""Starts the control panel: one process, one port, one line on standard output when it is ready."""

from __future__ import annotations

import argparse
import asyncio
import errno
import faulthandler
import logging
import os
import signal
import socket
import sys
import threading
from typing import TYPE_CHECKING, Final

import uvicorn

from dashgen.app import build_app
from dashgen.command_line import Parser, complain
from dashgen.errors import StorageFailed
from dashgen.page_handlers import warm_up
from dashgen.serving import json_log
from dashgen.serving.kept_connection import protocol_with
from dashgen.serving.kept_grid import GridAnswers
from dashgen.serving.listener import PatientListener, allow_many_connections, tell_fault
from dashgen.serving.middleware import json_headers
from dashgen.settings import Settings, SettingsError
from dashgen.stores import CannotOpenError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path
    from types import FrameType

    from starlette.applications import Starlette

    from dashgen.services import Services

EXIT_OK: Final = 0
EXIT_ENVIRONMENT: Final = 4
EXIT_INTERRUPTED: Final = 130

_BACKLOG: Final = 2048
_GRACE_SECONDS: Final = 10.0
# A thread that warms up or writes lets a request in after this many seconds; Python's own 5 ms are long for it.
_SWITCH_SECONDS: Final = 0.0005
# Whoever waits for an answer waits longer, and finds the place in the log.
_STILL_SECONDS: Final = 8.0
# A connection is accepted, made, watched and read in one round of the event loop each.
_ROUNDS_OF_READING: Final = 5
_PRIVATE_FOLDER: Final = 0o700
_NOBODYS_FAULT: Final = frozenset({errno.EROFS, errno.ENOSPC, errno.EDQUOT})

_log = logging.getLogger(__name__)


class CannotStartError(Exception):
    """The environment does not let the server start.

    Args:
        problem: What is wrong, in one sentence.
        remedy: The command that helps.
    """

    def __init__(self, problem: str, remedy: str) -> None:
        super().__init__(problem)
        self.remedy = remedy


def main(argv: Sequence[str] | None = None) -> int:
    """Serve until a signal comes.

    Args:
        argv: The command line without the program's name; that of the process by default.

    Returns:
        0 after SIGTERM, 130 after Ctrl-C, 4 when the environment does not let it start. Threads may still be at
        work: whoever calls this ends the process with it.
    """
    options = _parse(argv)
    try:
        settings = Settings.from_environment(os.environ)
        json_log.configure(settings.log_level)
        for folder in (settings.orch_data, settings.plugin_data, settings.data_root):
            make_private_folder(folder)
        allow_many_connections()
        listener = listen(options.host, options.port)
        app = build_app(settings)
    except SettingsError as problem:
        return _cannot_start(str(problem), f"unset {problem.variable}")
    except (CannotStartError, CannotOpenError) as problem:
        return _cannot_start(str(problem), problem.remedy)
    return _serve(app, settings, options.host, listener)


def _parse(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = Parser(
        "python bin/control-panel-server.py",
        description="Serve Ensemble on this machine.",
        epilog="Data roots: ORCH_DATA, CLAUDE_PLUGIN_DATA, ENSEMBLE_DATA_ROOT. "
        "All other settings are variables too: see bin/dashgen/settings.py.",
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (%(default)s)")
    parser.add_argument(
        "--port", type=_port, default=8080, help="port (%(default)s); 0 lets the system choose"
    )
    return parser.parse_args(argv)


def _port(text: str) -> int:
    number = int(text)
    if not 0 <= number <= 65_535:
        raise argparse.ArgumentTypeError("a port is a number from 0 to 65535")
    return number


def _cannot_start(problem: str, remedy: str) -> int:
    complain(problem, remedy)
    return EXIT_ENVIRONMENT


def make_private_folder(folder: Path) -> None:
    """Make a data root that nobody else can read, and see that it can be written.

    One on a file system that is read-only or full is served as it is: whoever reads can be helped,
    and whoever writes is told.

    Raises:
        CannotStartError: It cannot be made or written, or it belongs to somebody else.
    """
    try:
        folder.mkdir(mode=_PRIVATE_FOLDER, parents=True, exist_ok=True)
        owner = folder.stat().st_uid
        _probe(folder)
    except OSError as problem:
        raise CannotStartError(
            f"the data root {folder} cannot be written: {problem.strerror}",
            f"ls -ld {folder}",
        ) from problem
    # The default root has a well-known name in a folder where everybody may make files.
    if owner != os.geteuid():
        raise CannotStartError(
            f"the data root {folder} belongs to another user", "export ENSEMBLE_DATA_ROOT=FOLDER"
        )


def _probe(folder: Path) -> None:
    """See that a file can be made in a folder, as far as its owner is to blame."""
    probe = folder / f".probe-{os.getpid()}"
    try:
        probe.touch()
        probe.unlink()
    except OSError as problem:
        if problem.errno not in _NOBODYS_FAULT:
            raise
        _log.warning("%s cannot be written: %s", folder, problem.strerror)


def listen(host: str, port: int) -> socket.socket:
    """Take the port before anything slow is done.

    Raises:
        CannotStartError: It is taken, or the address is not one of this machine.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        made = socket.create_server((host, port), family=family, backlog=_BACKLOG)
    except OSError as problem:
        raise CannotStartError(
            f"cannot listen on {host} port {port}: {problem.strerror or problem}",
            "python bin/control-panel-server.py --port 0",
        ) from problem
    listener = PatientListener(family, socket.SOCK_STREAM, fileno=made.detach())
    # Connections inherit this. asyncio would set it on none of them, since a socket that is made
    # like this one does not say that it speaks TCP; each kept connection would wait 40 ms a time.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


def _serve(app: Starlette, settings: Settings, host: str, listener: socket.socket) -> int:
    sys.setswitchinterval(_SWITCH_SECONDS)

    def when_ready() -> None:
        _announce(host, listener)
        _start_background_work(app.state.services)

    server = ControlPanelServer(config_of(app, settings), when_ready)
    if settings.exit_with_parent:
        _start_thread("parent-watch", lambda: _watch_parent(server))
    # uvicorn takes SIGTERM while it runs, then raises it once more under the handler from before;
    # an end in order is no failure, and a second SIGTERM on the way out changes nothing.
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    status = EXIT_OK
    try:
        server.run(sockets=[listener])
    except KeyboardInterrupt:
        status = EXIT_INTERRUPTED
    if server.cut_off:
        # A store that stands still may never answer them, nor let itself be closed. What they have not
        # acknowledged they may lose, as with the power.
        _log.warning("%d requests were cut off: the store did not answer in time", server.cut_off)
    else:
        app.state.services.close_stores()
    return status


def config_of(app: Starlette, settings: Settings) -> uvicorn.Config:
    """How uvicorn serves the app, which knows no socket of the web, and neither logs nor names itself in headers."""
    headers = json_headers(settings.run_nonce)
    answers = GridAnswers(app.state.services, headers)
    return uvicorn.Config(
        app,
        http=protocol_with(settings.request_seconds, headers, answers),
        loop="asyncio",
        ws="none",
        lifespan="off",
        interface="asgi3",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
    )


def _announce(host: str, listener: socket.socket) -> None:
    port = listener.getsockname()[1]
    shown = f"[{host}]" if ":" in host else host
    sys.stdout.write(f"control-panel listening on http://{shown}:{port}\n")
    sys.stdout.flush()


def _start_background_work(services: Services) -> None:
    """Do after readiness what the first request need not wait for."""
    _start_thread("page-warm-up", warm_up)
    _start_thread("store-sweep", lambda: _sweep(services))


def _sweep(services: Services) -> None:
    """Set aside what is broken or foreign in the store; each file gets its line in the log."""
    try:
        services.canvases.sweep()
    except (OSError, StorageFailed) as problem:
        _log.warning("the store could not be swept: %r", str(problem))


def _watch_parent(server: ControlPanelServer) -> None:
    """End the server when standard input ends: the parent has closed it, or has died."""
    while os.read(sys.stdin.fileno(), 4096):
        pass
    server.stop()


def _start_thread(name: str, work: Callable[[], object]) -> None:
    threading.Thread(target=work, name=name, daemon=True).start()


class ControlPanelServer(uvicorn.Server):
    """uvicorn's server, which says when it is ready and ends at once when nothing is under way.

    Attributes:
        cut_off: How many requests were still under way when the grace was over.

    Args:
        config: uvicorn's configuration.
        when_ready: Called once, when connections are accepted.
    """

    def __init__(self, config: uvicorn.Config, when_ready: Callable[[], None]) -> None:
        super().__init__(config)
        self.cut_off = 0
        self._when_ready = when_ready
        self._wake = asyncio.Event()
        self._running_loop: asyncio.AbstractEventLoop | None = None

    def stop(self) -> None:
        """Ask for a graceful end, from any thread."""
        self.should_exit = True
        if self._running_loop is not None:
            self._running_loop.call_soon_threadsafe(self._wake.set)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """End gracefully at the first signal."""
        super().handle_exit(sig, frame)
        self.stop()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Accept connections, then say so."""
        self._running_loop = asyncio.get_running_loop()
        self._running_loop.set_exception_handler(tell_fault)
        await super().startup(sockets)
        self._when_ready()

    async def main_loop(self) -> None:
        """Keep the Date header right, once a second, until the end is asked for.

        Where a request lets nothing else go on, each thread's place is written to standard error: nobody else
        could say where the server stands still.
        """
        while not await self.on_tick(0):
            if sys.__stderr__ is not None:
                faulthandler.dump_traceback_later(_STILL_SECONDS, file=sys.__stderr__)
            try:
                await asyncio.wait_for(self._wake.wait(), timeout=1)
            except TimeoutError:
                continue
        faulthandler.cancel_dump_traceback_later()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Finish what has begun, within the grace, without uvicorn's pauses."""
        # Connections and requests that the system has taken for us have begun, too.
        for _ in range(_ROUNDS_OF_READING):
            await asyncio.sleep(0)
        await self._take_no_more()
        for server in self.servers:
            server.close()
        for listener in sockets or []:
            listener.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        loop = asyncio.get_running_loop()
        deadline = loop.time() + _GRACE_SECONDS
        state = self.server_state
        # uvicorn tells nobody when the last one is done.
        while (state.connections or state.tasks) and loop.time() < deadline:  # noqa: ASYNC110 - uvicorn tells of no end
            await asyncio.sleep(0.01)
        self.cut_off = len(state.tasks)

    async def _take_no_more(self) -> None:
        """Ask the system for no further connection, and make one of each that it has given already.

        asyncio needs a round for that; one that is closed in between keeps the client waiting for nothing.
        """
        loop = asyncio.get_running_loop()
        for server in self.servers:
            for listener in server.sockets:
                loop.remove_reader(listener.fileno())
        for _ in range(_ROUNDS_OF_READING):
            await asyncio.sleep(0)
