"""Ensemble under smoke: a real server process, on roots of its own, that cannot outlive this one.

`start` is called before pytest is imported (``before`` in ``[tool.runbook.tiers.fast]``), so that the
server boots meanwhile. Hence no import here that the start does not need.
"""

from __future__ import annotations

import functools
import os
import re
import select
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from runbook.errors import EnvironmentNotReady
from runbook.keeper import fork_keeper

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dashgen.pairing import PairingStore
    from dashgen.stores import Stores

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = ROOT / "bin" / "control-panel-server.py"
DASHBOARD_TOKEN = "e2e-test-dashboard-token"
BOOT_SECONDS = 30.0  # only a hang takes as long; a death is noticed at once
_LAST_LINES = 8  # of the server's log that a message shows
_IN_MEMORY = Path("/dev/shm")  # noqa: S108 - the smoke is of no use after a loss of power


class ServerUnusable(Exception):
    """The server is dead, deaf, or not the one that this run started."""


class Roots:
    """The data roots of one run, all below one temporary folder.

    Attributes:
        top: The folder that goes when the run ends.
        orch: ``$ORCH_DATA``: pairings, tokens, gate, projects.
        plugin: ``$CLAUDE_PLUGIN_DATA``: runtime state.
        data: ``$ENSEMBLE_DATA_ROOT``: canvases and subscriptions, where they are files.
        incidents: ``$ENSEMBLE_INCIDENTS``: so that no incident of this project is shown; not made.
        database_url: ``$ENSEMBLE_DATABASE_URL`` of the server; "" for files, whatever the caller's
            own says, so that no smoke ever meets a real database.
        log: What the server says on standard error.
    """

    def __init__(self) -> None:
        self.top = temporary_folder() / f"ensemble-smoke-{os.urandom(8).hex()}"
        self.orch, self.plugin, self.data = (self.top / name for name in ("orch", "plugin", "data"))
        self.incidents = self.top / "incidents"
        self.database_url = {
            "files": "",
            "sqlite": f"sqlite:///{self.top}/ensemble.db",
            "postgresql": os.environ.get("ENSEMBLE_DATABASE_URL", ""),
        }[os.environ.get("ENSEMBLE_SMOKE_STORE", "files")]
        self.log = self.top / "server.log"

    def make(self) -> int:
        """Make the folders; return a descriptor of the log."""
        self.top.mkdir(mode=0o700)
        for folder in (self.orch, self.plugin, self.data):
            folder.mkdir()
        (self.orch / ".env.local").write_text(
            f"DASHBOARD_TOKEN={DASHBOARD_TOKEN}\n", encoding="utf-8"
        )
        return os.open(self.log, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)

    def snapshot(self) -> dict[str, bytes]:
        """Return every stored file with its bytes: equal before and after, nothing was changed."""
        # Paths as text: a smoke takes this picture eight times, of fifty files each.
        folders = (each for top in (self.orch, self.data) for each in os.walk(top))
        files = (f"{folder}/{name}" for folder, _, names in folders for name in names)
        stored = (file for file in files if not file.endswith(".lock"))
        found = {file: _read(file) for file in stored}
        return found | self._stored_rows() if self.database_url else found

    def break_subscription(self, owner_id: str) -> None:
        """Leave half a record of somebody who pays, where tiers are files; a database has no halves."""
        if not self.database_url:
            half = self.data / "subscriptions" / f"{owner_id}.json"
            half.write_text('{"version":1,"tier":"pro"', encoding="utf-8")

    def _stored_rows(self) -> dict[str, bytes]:
        """Return everything that is in the database instead."""
        store = self.stores.canvases
        owned = {owner: repr(store.mine(owner)) for owner in store.owners()}
        paying = repr(list(self.stores.subscriptions.all()))
        return {name: text.encode() for name, text in {**owned, "subscriptions": paying}.items()}

    @functools.cached_property
    def pairings(self) -> PairingStore:
        """Who is paired, as the server sees it: for pairing somebody by a file."""
        from dashgen.pairing import PairingStore

        return PairingStore(self.orch / "pairings")

    @functools.cached_property
    def stores(self) -> Stores:
        """The stores that the server works on, opened once more: for seeding, and for a look."""
        from dashgen.stores import open_stores

        return open_stores(self.database_url, self.data)


def _read(file: str) -> bytes:
    with open(file, "rb", buffering=0) as opened:  # noqa: PTH123 - as text, see above
        return opened.read()


def temporary_folder() -> Path:
    """Where TMPDIR says; else in memory where that can be, for a disk's fsync is most of a test's time."""
    if named := os.environ.get("TMPDIR"):
        return Path(named).absolute()
    return _IN_MEMORY if os.access(_IN_MEMORY, os.W_OK | os.X_OK) else Path("/tmp")  # noqa: S108 - a new folder in it


class ServerProcess:
    """The control panel, started at once and waited for later.

    A keeper stands between: when this process ends, by kill -9 too, it ends the server and removes
    the roots.

    Attributes:
        roots: Where the server keeps its data.
        nonce: What the server puts into every answer, so that no other server is smoked.

    Args:
        roots: Folders of its own.
        program: What Python runs.
    """

    def __init__(self, roots: Roots, program: Sequence[str | Path] = (PROGRAM,)) -> None:
        self.roots = roots
        self.nonce = os.urandom(8).hex()
        self._url = ""
        environment = os.environ | {
            "ORCH_DATA": str(roots.orch),
            "CLAUDE_PLUGIN_DATA": str(roots.plugin),
            "ENSEMBLE_DATA_ROOT": str(roots.data),
            "ENSEMBLE_DATABASE_URL": roots.database_url,
            "ENSEMBLE_INCIDENTS": str(roots.incidents),
            "ENSEMBLE_RUN_NONCE": self.nonce,
            "ENSEMBLE_EXIT_WITH_PARENT": "1",
        }
        server = [sys.executable, *map(str, program), "--port", "0"]
        self._keeper, self._lifeline, self._stdout = fork_keeper(
            ["--remove", str(roots.top), "--grace", "0", "--", *server],
            environment=environment,
            errors=roots.make,
        )

    @property
    def url(self) -> str:
        """The server's address; waits until it is ready.

        Raises:
            ServerUnusable: It died, or is not ready in time; with what it printed.
        """
        if not self._url:
            self._url = self._wait_until_ready()
        return self._url

    def _wait_until_ready(self) -> str:
        deadline = time.monotonic() + BOOT_SECONDS
        said = b""
        while not said.endswith(b"\n"):
            if not select.select([self._stdout], [], [], max(0.0, deadline - time.monotonic()))[0]:
                raise ServerUnusable(
                    f"the server was not ready in {BOOT_SECONDS:.0f} s: {self.output()}"
                )
            chunk = os.read(self._stdout, 4096)
            if not chunk:
                raise ServerUnusable(self._how_it_died())
            said += chunk
        return said.decode().split()[-1]

    @property
    def is_alive(self) -> bool:
        """Whether the server still holds its standard output open."""
        return not (select.select([self._stdout], [], [], 0)[0] and not os.read(self._stdout, 4096))

    def logged(self) -> list[dict[str, Any]]:
        """Everything that the server has logged, a line each."""
        import json

        lines = self.roots.log.read_bytes().splitlines()
        return [json.loads(line) for line in lines if line.startswith(b"{")]

    def output(self) -> str:
        """The end of what the server has logged, the last line first."""
        lines = self.roots.log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
        return " | ".join(reversed(lines[-_LAST_LINES:])) or "it logged nothing"

    def _how_it_died(self) -> str:
        """Where the error arose that ended it, first, for a line may cut the rest; else the end of its log."""
        text = self.roots.log.read_text(encoding="utf-8", errors="replace").strip()
        places = re.findall(rf'File "{re.escape(str(ROOT))}/(bin/[^"]+)", line (\d+)', text)
        error = text.rpartition("\n")[2]
        if not places:
            return f"the server died at boot: {self.output()}"
        return f"{':'.join(places[-1])} {error}; the server died at boot"

    def place_of_hang(self) -> str:
        """Where the server stands still, as it says when nothing goes on; empty where it has not."""
        text = self.roots.log.read_text(encoding="utf-8", errors="replace")
        _, begun, dump = text.rpartition("Timeout (0:")
        main_thread = dump.rpartition("(most recent call first)")[2] if begun else ""
        place = re.search(rf'File "{re.escape(str(ROOT))}/(bin/[^"]+)", line (\d+)', main_thread)
        return f"{place[1]}:{place[2]} stands still; " if place else ""

    def traceback(self) -> str:
        """Where the error arose that the server has logged last, what it says, and who called that."""
        import json

        traces = [line for line in self.roots.log.read_bytes().splitlines() if b'"trace":' in line]
        if not traces:
            return "it logged no error"
        trace = str(json.loads(traces[-1])["trace"])
        frames = [
            f"{Path(file).relative_to(ROOT)}:{line}"
            for file, line in re.findall(r'File "([^"]+)", line (\d+)', trace)
            if Path(file).is_relative_to(ROOT) and ".nox" not in file
        ]
        error = trace.strip().splitlines()[-1]
        *before, innermost = frames or ["elsewhere"]
        callers = "".join(f" < {frame}" for frame in reversed(before))
        return f"{innermost} {error}{callers}"  # a line may cut the rest

    def stop(self) -> None:
        """End the server and its keeper, which removes the roots."""
        if "stores" in vars(self.roots):
            self.roots.stores.close()
        os.close(self._lifeline)
        os.waitpid(self._keeper, 0)
        os.close(self._stdout)


_started: list[ServerProcess] = []


def start() -> ServerProcess:
    """Start the run's server unless it is started already, and return it.

    Raises:
        EnvironmentNotReady: There is no place for what it keeps.
    """
    if not _started:
        try:
            _started.append(ServerProcess(Roots()))
        except OSError as error:
            raise EnvironmentNotReady(
                f"no folder can be made in {temporary_folder()}, where a smoke keeps its data: {error.strerror}",
                next_step="make room there, or name another folder by TMPDIR",
            ) from error
    return _started[0]


def stop() -> None:
    """End the run's server if it was started."""
    while _started:
        _started.pop().stop()
