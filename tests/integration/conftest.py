"""One Ensemble server for the whole smoke, and those who talk to it."""

from __future__ import annotations

import itertools
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from tests.integration import server_process
from tests.integration.server_process import DASHBOARD_TOKEN

if TYPE_CHECKING:
    from dashgen.canvas_schema import Canvas, RoomState
    from dashgen.canvas_store import JsonFileCanvasStore
    from tests.integration.client import Client, Reply
    from tests.integration.server_process import ServerProcess

_handles = (f"smoke{number}" for number in itertools.count(1))


def pytest_configure(config: pytest.Config) -> None:
    """Start the server, unless the engine has already done so: it boots while pytest collects."""
    if not config.option.collectonly:
        server_process.start()


def pytest_unconfigure() -> None:
    """End the server and remove its roots, whatever became of the tests."""
    server_process.stop()


@pytest.fixture(scope="session")
def server() -> ServerProcess:
    """The server, its grid open to the public for exactly what it serves."""
    # All that the fixtures need is imported here, while the server boots.
    from dashgen import canvas_store, pairing  # noqa: F401
    from dashgen.gate import write_open
    from tests.integration.client import Client

    process = server_process.start()
    build = Client(process).get("/health").json["build"]
    gate = process.roots.orch / "gate.json"
    write_open(gate, build=build, commit="smoke", tree="smoke", now=time.time())
    return process


@pytest.fixture
def visitor(server: ServerProcess) -> Client:
    """Somebody without any token."""
    from tests.integration.client import Client

    return Client(server)


@pytest.fixture
def operator(visitor: Client) -> Client:
    """Somebody with the dashboard token."""
    return visitor.using(DASHBOARD_TOKEN)


@dataclass(frozen=True, slots=True)
class Owner:
    """A creator whose browser is paired.

    Attributes:
        id: The user's id.
        handle: The name in public.
        client: Talks to the server with the pairing token.
        store: The same files that the server uses, for seeding.
    """

    id: str
    handle: str
    client: Client
    store: JsonFileCanvasStore

    def seed(self, title: str, *components: dict[str, Any]) -> Canvas:
        """Put a draft straight into the store, as an earlier visit would have left it."""
        from dashgen.canvas_schema import normalise_room

        return self._store(title, normalise_room({"components": list(components)}))

    def seed_unchecked(self, title: str, *components: dict[str, Any]) -> Canvas:
        """Put a draft into the store past every check on write, as an older version might have."""
        from dashgen.canvas_schema import Component, RoomState

        return self._store(title, RoomState(components=[Component(**each) for each in components]))

    def _store(self, title: str, room: RoomState) -> Canvas:
        from dashgen.canvas_schema import CanvasDraft
        from dashgen.canvas_schema import Owner as StoredOwner

        draft = CanvasDraft(title=title, room_state=room)
        return self.store.create(StoredOwner(self.id, self.handle), draft, now=time.time())

    def publish(self, canvas_id: str, slot: int, visibility: str = "public") -> Reply:
        """Publish through the server."""
        body = {"slot_index": slot, "visibility": visibility}
        return self.client.post(f"/studio/canvas/{canvas_id}/publish", body)


@pytest.fixture
def owner(visitor: Client) -> Owner:
    """A creator nobody has met before, paired by a file that is dropped where the server looks."""
    from dashgen.canvas_schema import new_user_id
    from dashgen.canvas_store import JsonFileCanvasStore
    from dashgen.pairing import PairingStore

    roots = visitor.server.roots
    user_id, handle = new_user_id(), next(_handles)
    token = PairingStore(roots.orch / "pairings").issue(user_id, handle, now=time.time())
    return Owner(user_id, handle, visitor.using(token), JsonFileCanvasStore(roots.data))
