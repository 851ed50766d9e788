"""One Ensemble server for the whole smoke, those who talk to it, and one Chromium for their pages."""

from __future__ import annotations

import itertools
import json
import os
import sys
import time
import warnings
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import pytest

from tests.integration import server_process
from tests.integration.given import (
    CAN_PUBLISH,
    CAN_TAKE_BACK,
    CHROMIUM_GOES_ON,
    PRO_HAS_NO_LIMIT,
    SERVER_STARTS,
)
from tests.integration.server_process import DASHBOARD_TOKEN, ROOT

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator
    from types import ModuleType

    from playwright.sync_api import Browser

    from dashgen.canvas_schema import Canvas
    from dashgen.room_schema import RoomState
    from dashgen.store_protocol import CanvasStore
    from tests.integration.browser import Visits
    from tests.integration.client import Client
    from tests.integration.server_process import ServerProcess
    from tests.integration.wire import Reply

_handles = (f"smoke{number}" for number in itertools.count(1))


def pytest_configure(config: pytest.Config) -> None:
    """Start the server, unless the engine has already done so: it boots while pytest collects."""
    if not config.option.collectonly:
        server_process.start()


def pytest_unconfigure() -> None:
    """End the server and Chromium and remove their folders, whatever became of the tests."""
    if chromium := sys.modules.get("tests.integration.browser_process"):
        chromium.stop()
    if client := sys.modules.get("tests.integration.client"):
        client.disconnect()
    server_process.stop()


@pytest.hookimpl(wrapper=True, trylast=True)  # before the engine's plugin looks at the item
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Keep what a browser shows when a test fails, while it still shows it; and tell where it was lost."""
    if call.excinfo and call.when != "teardown" and "chromium" in getattr(item, "fixturenames", ()):
        call.excinfo = _loss_of_chromium() or call.excinfo
    report = yield
    visits: Visits | None = getattr(item, "funcargs", {}).get("visits")
    if report.failed and report.when != "teardown" and visits:
        item.user_properties.append(("evidence", visits.keep()))
    return report


def _loss_of_chromium() -> pytest.ExceptionInfo[BaseException] | None:
    """Why no page can be to blame for what a test met; None where Chromium is as it should be."""
    from runbook.errors import EnvironmentNotReady
    from tests.integration import browser_process

    if browser_process.BOOT_PER_TEST in os.environ:
        return None
    try:
        with CHROMIUM_GOES_ON:
            browser_process.browser_of_the_run().must_answer()
    except EnvironmentNotReady:
        return pytest.ExceptionInfo.from_current()
    return None


@pytest.fixture(scope="session")
def server() -> ServerProcess:
    """The server, its grid open to the public for exactly what it serves."""
    # All that the fixtures need is imported here, while the server boots.
    from dashgen import pairing, stores  # noqa: F401 - for others
    from tests.integration.client import Client
    from tests.integration.gates import open_gate

    process = server_process.start()
    with SERVER_STARTS:
        build = Client(process).get("/health").json["build"]
    gate = process.roots.orch / "gate.json"
    open_gate(gate, build, now=time.time())
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
        store: The same store that the server uses, for seeding.
    """

    id: str
    handle: str
    client: Client
    store: CanvasStore

    def seed(self, title: str, *components: dict[str, Any]) -> Canvas:
        """Put a draft straight into the store, as an earlier visit would have left it."""
        from dashgen.room_schema import normalise_room

        return self._store(title, normalise_room({"components": list(components)}))

    def seed_unchecked(
        self, title: str, *components: dict[str, Any], description: str = "", theme: str = "warm"
    ) -> Canvas:
        """Put a draft into the store past every check on write, as an older version might have."""
        from dashgen.room_schema import Component, RoomState

        room = RoomState(components=[Component(**each) for each in components])
        return self._store(title, room, description, theme)

    def _store(
        self, title: str, room: RoomState, description: str = "", theme: str = "warm"
    ) -> Canvas:
        from dashgen.canvas_schema import CanvasDraft
        from dashgen.canvas_schema import Owner as StoredOwner

        draft = CanvasDraft(title=title, room_state=room, description=description, theme=theme)
        return self.store.create(StoredOwner(self.id, self.handle), draft, now=time.time())

    def issue_token(self, *, days_ago: int, is_revoked: bool = False) -> str:
        """Pair this creator once more, as of some days ago; perhaps that has been taken back since."""
        pairings = self.client.server.roots.pairings
        token = pairings.issue(self.id, self.handle, now=time.time() - days_ago * 86_400)
        if is_revoked:
            pairings.revoke(token, time.time())
        return token

    def forge_token(self, *, days_ago: int) -> str:
        """Pair this creator as of some days ago, in a record that grants itself the next thousand years."""
        token = self.issue_token(days_ago=days_ago)
        name = f"{sha256(token.encode()).hexdigest()}.json"
        file = self.client.server.roots.orch / "pairings" / name
        record = json.loads(file.read_bytes())
        file.write_text(json.dumps({**record, "expires_at": 32_503_680_000.0}), encoding="utf-8")
        return token

    def publish(self, canvas_id: str, slot: int, visibility: str = "public") -> Reply:
        """Publish through the server."""
        body = {"slot_index": slot, "visibility": visibility}
        return self.client.post(f"/studio/canvas/{canvas_id}/publish", body)

    def publish_elsewhere(self, canvas_id: str, slot: int, tier: str = "free") -> None:
        """Publish past the server, as another process on the same data would."""
        from dashgen.canvas_schema import Visibility
        from dashgen.slots import Tier

        with PRO_HAS_NO_LIMIT if tier == Tier.pro else CAN_PUBLISH:
            self.store.publish(
                canvas_id,
                self.id,
                slot_index=slot,
                visibility=Visibility.public,
                tier=Tier(tier),
                now=time.time(),
            )

    def rewrite_elsewhere(self, canvas_id: str, title: str) -> None:
        """Take a canvas back, give it another title and publish it again, past the server."""
        from dashgen.canvas_schema import CanvasChanges

        with CAN_TAKE_BACK:
            self.store.unpublish(canvas_id, self.id)
            self.store.update(canvas_id, self.id, CanvasChanges(title=title), time.time())
        self.publish_elsewhere(canvas_id, 0)

    def has_published(self, canvas: Canvas, slot: int, visibility: str = "public") -> None:
        """Publish for a test that is about something else."""
        with CAN_PUBLISH:
            assert 200 == self.publish(canvas.id, slot, visibility).status


@pytest.fixture
def owner(visitor: Client) -> Owner:
    """A creator nobody has met before."""
    return _paired(visitor)


@pytest.fixture
def stranger(visitor: Client) -> Owner:
    """Another creator, who owns nothing that the test is about."""
    return _paired(visitor)


def _paired(visitor: Client) -> Owner:
    """Pair somebody by a file that is dropped where the server looks."""
    from dashgen.ids import new_user_id
    from tests.integration.client import Client

    roots = visitor.server.roots
    user_id, handle = new_user_id(), next(_handles)
    token = roots.pairings.issue(user_id, handle, now=time.time())
    client = Client(visitor.server, token, is_paired=True)
    return Owner(user_id, handle, client, roots.stores.canvases)


def _browser_scope(fixture_name: str, config: pytest.Config) -> Literal["session", "function"]:  # noqa: ARG001 - as pytest calls it
    """One Chromium a run; one a test where benchmarks/browser_tier.py asks for the comparison."""
    return "function" if "ENSEMBLE_BOOT_PER_TEST" in os.environ else "session"


@pytest.fixture(scope=_browser_scope)
def chromium() -> Iterator[Browser]:
    """The run's Chromium; where there is none the test is skipped with a warning, in CI it fails."""
    from tests.integration import browser_process

    if browser_process.BOOT_PER_TEST not in os.environ:
        skip_without(browser_process)
    from tests.integration import browser

    is_own = browser_process.BOOT_PER_TEST in os.environ
    with browser.booted_chromium() if is_own else browser.driven_chromium() as driven:
        yield driven


def skip_without(browser_process: ModuleType) -> None:
    """Wait for the run's Chromium; skip the test where there is none, with a warning, but not in CI."""
    from runbook.errors import EnvironmentNotReady

    try:
        browser_process.browser_of_the_run().wait()
    except EnvironmentNotReady as error:
        if browser_process.in_ci():
            raise
        with warnings.catch_warnings():
            warnings.simplefilter("always")  # for a person to read, and no error
            warnings.warn(str(error), stacklevel=1)
        pytest.skip(f"{error.what}; next: {error.next_step}")


@pytest.fixture
def visits(
    server: ServerProcess, chromium: Browser, request: pytest.FixtureRequest
) -> Iterator[Visits]:
    """Visits to the server, each in a browser context of its own."""
    from tests.integration.browser import Visits

    made = Visits(chromium, server.url, evidence_folder() / request.node.name)
    yield made
    made.close()


def evidence_folder() -> Path:
    """The run's folder; where the engine did not start this run, one that is always the same."""
    return Path(os.environ.get("RUNBOOK_EVIDENCE") or ROOT / ".runbook" / "pytest-evidence")
