"""What the experiments share: stores, processes to kill, and servers."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from tests.chaos.victims import Zygote
from tests.dashgen.conftest import ControlPanel
from tests.store_fixtures import (  # noqa: F401 - fixtures
    open_again,
    open_stores,
    postgresql,
    postgresql_url,
    store_url,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

NEEDED = {"strace": "strace", "unshare": "util-linux", "mount": "mount", "prlimit": "util-linux"}


def pytest_sessionstart() -> None:
    """Say at once what is missing: an experiment that was not made must not look like one."""
    missing = sorted({package for tool, package in NEEDED.items() if not shutil.which(tool)})
    if missing:
        pytest.exit(
            f"error: the experiments need {', '.join(missing)}\n"
            f"  next: apt-get install {' '.join(missing)}",
            returncode=4,
        )


@pytest.fixture
def zygote(store_url: str) -> Iterator[Zygote]:  # noqa: F811 - a fixture
    """Processes that work on a store of each kind, to be killed."""
    with Zygote(store_url) as running:
        yield running


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., ControlPanel]]:
    """Start servers on one set of roots; what is on them stays from one to the next."""
    from contextlib import ExitStack

    with ExitStack() as running:

        def start_panel(*, prefix: tuple[str, ...] = (), **extra: str) -> ControlPanel:
            return running.enter_context(ControlPanel(tmp_path, extra, prefix))

        yield start_panel
