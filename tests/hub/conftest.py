"""One hub for the whole smoke, and one test of each kind for every app that it finds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from tests.hub import hub_process
from tests.hub.hub_process import APPS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.hub.client import Client, Reply
    from tests.hub.hub_process import HubProcess

MANIFEST = "app.manifest.yml"


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


def pytest_unconfigure() -> None:
    """End the hub and remove its data, whatever became of the tests."""
    hub_process.stop()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Give a test that takes ``app`` one case for each."""
    if "app" in metafunc.fixturenames:
        metafunc.parametrize("app", slugs(), indirect=True)


@dataclass(frozen=True, slots=True)
class SmokedApp:
    """One app under smoke.

    Attributes:
        slug: Its name.
        url: Its address.
        folder: Where it lives.
        client: Talks to the hub.
    """

    slug: str
    url: str
    folder: Path
    client: Client

    def get(self, path: str, **headers: str) -> Reply:
        """Read one of its addresses."""
        return self.client.get(f"{self.url}{path}", **headers)


@pytest.fixture(scope="session")
def hub() -> HubProcess:
    """The run's hub."""
    return hub_process.start()


@pytest.fixture(scope="session")
def client(hub: HubProcess) -> Iterator[Client]:
    """Somebody who talks to the hub."""
    from tests.hub.client import Client

    made = Client(hub.url)
    yield made
    made.close()


@pytest.fixture
def app(hub: HubProcess, client: Client, request: pytest.FixtureRequest) -> SmokedApp:
    """One of the apps."""
    slug: str = request.param
    return SmokedApp(slug, hub.app_urls.get(slug, f"{hub.url}/missing"), APPS / slug, client)
