"""A real control panel for the tests: a process of its own, on its own roots, on a free port."""

from __future__ import annotations

import json
import os
import secrets
import select
import signal
import socket
import subprocess
import sys
import time
from contextlib import ExitStack, contextmanager, suppress
from http.client import HTTPConnection
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Self

import pytest

from runbook.gate.file import GateFile
from tests.integration.gates import open_gate
from tests.interruptible import interruptible  # noqa: F401 - a fixture
from tests.store_fixtures import (  # noqa: F401 - fixtures
    open_again,
    open_stores,
    postgresql,
    postgresql_url,
    store_url,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from types import TracebackType

REPOSITORY = Path(__file__).resolve().parents[2]
PATIENCE = 120.0  # seconds; only a hang takes as long, and a death is noticed at once


class Answer(NamedTuple):
    """What the server answered."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)


class Creator(NamedTuple):
    """Somebody who has signed up."""

    user_id: str
    handle: str
    token: str


class ControlPanel:
    """One server process on the roots below one folder.

    Args:
        folder: An empty folder; `orch`, `plugin`, `data` and `log` are made in it.
        extra: Further environment variables.
        prefix: A command that the server is started through, in the same process.
    """

    operator_token = "test-dashboard-token"
    nonce = secrets.token_hex(8)

    def __init__(self, folder: Path, extra: Mapping[str, str], prefix: Sequence[str] = ()) -> None:
        self.orch = folder / "orch"
        self.plugin = folder / "plugin"
        self.data = folder / "data"
        self._log_file = folder / "log"
        self._extra = extra
        self._prefix = prefix
        self.port = 0

    def __enter__(self) -> Self:
        self.orch.mkdir(parents=True, exist_ok=True)
        (self.orch / ".env.local").write_text(f"DASHBOARD_TOKEN={self.operator_token}\n")
        with self._log_file.open("wb") as log:
            self.process = subprocess.Popen(
                [
                    *self._prefix,
                    sys.executable,
                    REPOSITORY / "bin" / "control-panel-server.py",
                    "--port",
                    "0",
                ],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                env={
                    **os.environ,
                    "ORCH_DATA": str(self.orch),
                    "CLAUDE_PLUGIN_DATA": str(self.plugin),
                    "ENSEMBLE_DATA_ROOT": str(self.data),
                    "ENSEMBLE_DATABASE_URL": "",
                    "ENSEMBLE_INCIDENTS": str(self.orch / "incidents"),
                    "ENSEMBLE_EXIT_WITH_PARENT": "1",
                    "ENSEMBLE_RUN_NONCE": self.nonce,
                    **self._extra,
                },
            )
        self.port = int(self._first_line().rsplit(":", 1)[1])
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def _first_line(self) -> str:
        assert self.process.stdout is not None
        ready, _, _ = select.select([self.process.stdout], [], [], PATIENCE)
        line = self.process.stdout.readline().decode() if ready else ""
        if not line:
            self.stop()
            pytest.fail(f"the server did not start: exit {self.process.returncode}\n{self.log()}")
        return line.strip()

    def stop(self) -> int:
        """End the process, by force if it must be, and give its exit status."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(timeout=15)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            assert pipe is not None
            with suppress(BrokenPipeError):
                pipe.close()
        return self.process.returncode

    def wait_until_it_refuses(self) -> None:
        """Wait until a stop that was asked for has begun."""
        with suppress(ConnectionError):
            while True:
                self.get("/health")

    def log(self) -> str:
        """What the process wrote to standard error."""
        return self._log_file.read_text()

    def log_lines(self) -> list[dict[str, Any]]:
        """The log, line by line."""
        return [json.loads(line) for line in self.log().splitlines()]

    @contextmanager
    def connection(self) -> Iterator[HTTPConnection]:
        """A connection that is kept for several requests."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            yield connection
        finally:
            connection.close()

    def request(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        token: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Send one request; a body that is not bytes is sent as JSON."""
        sent = dict(headers or {})
        if token is not None:
            sent["Authorization"] = f"Bearer {token}"
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body).encode()
        if body is not None:
            sent.setdefault("Content-Type", "application/json")
        with self.connection() as connection:
            connection.request(method, path, body, sent)
            return self.read_answer(connection)

    @staticmethod
    def read_answer(connection: HTTPConnection) -> Answer:
        """Read the next answer of a kept connection."""
        with connection.getresponse() as response:
            headers = {name.lower(): value for name, value in response.getheaders()}
            return Answer(response.status, headers, response.read())

    @staticmethod
    def parse_answer(raw: bytes) -> Answer:
        """An answer from the bytes that `raw` gives."""
        head, _, body = raw.partition(b"\r\n\r\n")
        status_line, *lines = head.decode("latin-1").split("\r\n")
        pairs = (line.partition(": ") for line in lines)
        headers = {name.lower(): value for name, _, value in pairs}
        return Answer(int(status_line.split()[1]), headers, body)

    @staticmethod
    def read_to_end(client: socket.socket) -> bytes:
        """Read until the server closes."""
        client.settimeout(PATIENCE)
        received = b""
        with suppress(ConnectionResetError):
            while chunk := client.recv(65_536):
                received += chunk
        return received

    def get(self, path: str, *, token: str | None = None) -> Answer:
        """GET an address."""
        return self.request("GET", path, token=token)

    def post(self, path: str, body: object, *, token: str | None = None) -> Answer:
        """POST a body."""
        return self.request("POST", path, body, token=token)

    def raw(self, data: bytes) -> bytes:
        """Send bytes as they are and read until the server closes."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE) as client:
            client.sendall(data)
            return self.read_to_end(client)

    def signup(self) -> Creator:
        """Sign somebody new up."""
        handle = f"maker-{secrets.token_hex(6)}"
        body = {"handle": handle, "tos_accepted": True}
        made = self.post("/studio/signup", body)
        assert 201 == made.status, made
        return Creator(made.json()["user_id"], handle, made.json()["pairing_token"])

    def draft(self, creator: Creator, **fields: object) -> str:
        """Make a draft and give its id."""
        made = self.post("/studio/canvas", {"title": "A room", **fields}, token=creator.token)
        assert 201 == made.status, made
        return str(made.json()["id"])

    def published(
        self, creator: Creator, *, slot: int = 0, visibility: str = "public", **fields: object
    ) -> str:
        """Make a canvas, publish it and give its id."""
        canvas_id = self.draft(creator, **fields)
        body = {"slot_index": slot, "visibility": visibility}
        done = self.post(f"/studio/canvas/{canvas_id}/publish", body, token=creator.token)
        assert 200 == done.status, done
        return canvas_id

    def grid_ids(self) -> list[str]:
        """The newest canvases of the public grid."""
        answer = self.get("/ensemble/canvases?filter=newest&limit=100")
        assert 200 == answer.status, answer
        return [card["id"] for card in answer.json()["canvases"]]

    def open_gate(self) -> None:
        """Open the gate for exactly what this server serves."""
        build = self.get("/health").json()["build"]
        open_gate(self.orch / "gate.json", build, now=time.time())

    def close_gate(self) -> None:
        """Close the gate."""
        GateFile(self.orch / "gate.json").close("a test", by="a test", now=time.time())


@pytest.fixture(scope="session")
def panel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPanel]:
    """The server that most tests share; its gate is open."""
    with ControlPanel(tmp_path_factory.mktemp("panel"), {}) as running:
        running.open_gate()
        yield running


@pytest.fixture(scope="module")
def start_panel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., ControlPanel]]:
    """Start further servers, with environment variables given as keywords."""
    with ExitStack() as running:

        def start(prefix: Sequence[str] = (), **extra: str) -> ControlPanel:
            folder = tmp_path_factory.mktemp("panel")
            return running.enter_context(ControlPanel(folder, extra, prefix))

        yield start


@pytest.fixture
def closed_gate(panel: ControlPanel) -> Iterator[None]:
    """The shared server with its gate closed, for one test."""
    panel.close_gate()
    yield
    panel.open_gate()


@pytest.fixture
def creator(panel: ControlPanel) -> Creator:
    return panel.signup()


@pytest.fixture
def other(panel: ControlPanel) -> Creator:
    return panel.signup()
