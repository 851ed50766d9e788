"""One hub for the whole smoke, and one test of each kind for every app that it finds."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import pytest

from runbook.preconditions import precondition
from tests.hub import hub_process
from tests.hub.front_end_calls import calls_for_members
from tests.hub.hub_process import APPS

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, StorageState

    from hub.catalogue import App
    from tests.hub.client import Client, Reply
    from tests.hub.hub_process import HubProcess
    from tests.hub.interview import Interview
    from tests.hub.tour import Stop, Tour
    from tests.integration.browser import Visits

_smoked: list[str] = []  # the apps whose tests are run, in the order of their tests
MANIFEST, GRANT = "app.manifest.yml", "entitlement.yml"


@cache
def slugs() -> list[str]:
    """The apps by the names of their folders: one whose manifest is broken is smoked too."""
    return sorted(
        file.parent.name for file in APPS.glob(f"*/{MANIFEST}") if file.parent.name[0] != "."
    )


def pytest_configure(config: pytest.Config) -> None:
    """Start the hub, unless the engine has already done so: it boots while pytest collects."""
    if not config.option.collectonly and _is_smoke(config):
        hub_process.start()


def _is_smoke(config: pytest.Config) -> bool:
    """Whether more than the tests of the hub's own modules is asked for."""
    return any("tests/hub/program" not in argument for argument in config.args)


def pytest_sessionstart(session: pytest.Session) -> None:
    """Keep no log of this process: who is smoked logs in another one, and three phases a test are not free."""
    if _is_smoke(session.config):
        session.config.pluginmanager.unregister(name="logging-plugin")


def pytest_unconfigure() -> None:
    """End the hub and Chromium and remove their folders, whatever became of the tests."""
    if chromium := sys.modules.get("tests.integration.browser_process"):
        chromium.stop()
    hub_process.stop()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Give a test that takes ``app`` one case for each, and one that takes ``tile`` for each that is shown."""
    if "app" in metafunc.fixturenames:
        # For the session: all tests of an app follow one another.
        metafunc.parametrize("app", slugs(), indirect=True, scope="session")
    if "tile" in metafunc.fixturenames:
        from hub.catalogue import scan
        from hub.users import TEST_GROUPS

        shown = scan(APPS).shown_to(TEST_GROUPS)
        metafunc.parametrize("tile", [pytest.param(app, id=app.slug) for app in shown])


def pytest_collection_finish(session: pytest.Session) -> None:
    """Note whom the tests that are left are about."""
    cases = (getattr(item, "callspec", None) for item in session.items)
    _smoked[:] = dict.fromkeys(
        case.params["app"] for case in cases if case and "app" in case.params
    )


@dataclass(frozen=True, slots=True)
class SmokedApp:
    """One app under smoke.

    Attributes:
        slug: Its name.
        folder: Where it lives.
        interview: Has asked it.
    """

    slug: str
    folder: Path
    interview: Interview

    def answer(self, what: str) -> Reply:
        """Return what it answers to a question, unless that is but what another row judges.

        An app that cannot be used at all answers 502 to everything, with the reason.
        """
        reply = self.interview.answer(what, self.slug)
        if _is_unserved(reply) or not self.interview.finds(self.slug):
            self._refuse_what_others_judge(what, reply)
        return reply

    def _refuse_what_others_judge(self, what: str, reply: Reply) -> None:
        with precondition("its manifest can be used", row="test_app_has_a_valid_manifest"):
            is_misread = any(f"{self.slug}/{file}: " in reply.text for file in (MANIFEST, GRANT))
            assert not (reply.status == 502 and is_misread), reply.text
        if what != "health":
            health = self.interview.answer("health", self.slug)
            with precondition("it is served", row="test_app_is_healthy"):
                assert self.interview.finds(self.slug), "the hub names no address of it"
                assert not (_is_unserved(reply) and _is_unserved(health)), health.text

    def answers_to_forgers(self) -> dict[str, Reply]:
        """Return what it answers to each kind of forged token."""
        return {kind: self.answer(kind) for kind in self.interview.forgeries(self.slug)}

    def answers_to_calls(self, by: str, *, only_changes: bool) -> dict[str, Reply]:
        """Return what it answers to what its front end calls, when somebody calls that who must not."""
        calls = calls_for_members(self.folder)
        asked = [
            " ".join((*call, by)) for call in calls if call.method != "GET" or not only_changes
        ]
        return {call: self.answer(call) for call in asked}


def _is_unserved(reply: Reply) -> bool:
    """Whether the hub has answered itself: the backend cannot be used, or no app is at this address."""
    return reply.status == 502 or '"no_such_host"' in reply.text


@pytest.fixture(scope="session")
def hub() -> HubProcess:
    """The run's hub."""
    return hub_process.start()


@pytest.fixture(scope="session")
def client(hub: HubProcess) -> Iterator[Client]:
    """Somebody who talks to the hub."""
    from tests.hub.client import Client

    with Client(hub.url) as made:
        yield made


@pytest.fixture(scope="session")
def interview() -> Iterator[Interview]:
    """Asks the apps whose tests are run, in the order of their tests."""
    # No fixture is asked for: pytest goes through all that one stands on again for each test of each app.
    from tests.hub.client import Client
    from tests.hub.interview import Interview

    hub = hub_process.start()
    with Client(hub.url) as client:
        made = Interview(hub, _smoked, client.token("portal"))
    yield made
    made.close()


@pytest.fixture(scope="session")
def app(interview: Interview, request: pytest.FixtureRequest) -> SmokedApp:
    """One of the apps."""
    slug: str = request.param
    return SmokedApp(slug, APPS / slug, interview)


@pytest.hookimpl(wrapper=True, trylast=True)  # before the engine's plugin looks at the item
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Keep what a browser shows when a test fails, while it still shows it."""
    report = yield
    funcargs = getattr(item, "funcargs", {})
    shown: Stop | Visits | None = funcargs.get("stop") or funcargs.get("visits")
    if report.failed and report.when != "teardown" and shown:
        item.user_properties.append(("evidence", shown.keep()))
    return report


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """The run's Chromium; where there is none the test is skipped with a warning, in CI it fails."""
    from tests.integration import browser, browser_process
    from tests.integration.conftest import skip_without

    skip_without(browser_process)
    with browser.driven_chromium() as driven:
        yield driven


@pytest.fixture(scope="session")
def login(hub: HubProcess, chromium: Browser) -> StorageState:
    """What a browser keeps of one login at the portal; each app is visited with it."""
    from tests.hub.browser import log_in

    return log_in(chromium, hub.url)


@pytest.fixture(scope="session")
def tour(hub: HubProcess, login: StorageState, request: pytest.FixtureRequest) -> Iterator[Tour]:
    """Goes to the apps whose tests are run, in the order of their tests."""
    from tests.hub.tour import Stop, Tour
    from tests.integration.conftest import evidence_folder

    cases = ((item.name, getattr(item, "callspec", None)) for item in request.session.items)
    tiles = [(name, case.params["tile"]) for name, case in cases if case and "tile" in case.params]
    made = Tour([Stop(tile, evidence_folder() / name) for name, tile in tiles], login, hub.url)
    yield made
    made.close()


@pytest.fixture
def stop(tour: Tour, tile: App) -> Iterator[Stop]:
    """What is seen of an app by somebody who goes there through its tile."""
    found = tour.stops[tile.slug]
    yield found
    found.leave()


@pytest.fixture
def visits(hub: HubProcess, chromium: Browser, request: pytest.FixtureRequest) -> Iterator[Visits]:
    """Visits to the hub, each in a browser context of its own."""
    from tests.integration.browser import Visits
    from tests.integration.conftest import evidence_folder

    made = Visits(chromium, hub.url, evidence_folder() / request.node.name)
    yield made
    made.close()
