"""What only a browser can see in an app: every request succeeds, and nobody could use it."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING

import pytest

from tests.hub import breaking
from tests.hub.commands import new_app, run, smoke

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def broken(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new app, and copies of it that are broken in every way that a browser must notice."""
    apps = tmp_path_factory.mktemp("apps")
    assert 0 == new_app(apps, "fresh-start").returncode
    for number, (slug, break_it) in enumerate(breaking.BROWSER.items()):
        break_it(breaking.copy_as(apps / "fresh-start", slug, number))
    return apps


@pytest.fixture(scope="module")
def red(broken: Path) -> set[str]:
    """The apps that the browser tier says are red."""
    command = [sys.executable, "-m", "pytest", "-q", "--tb=no", "tests/hub/test_apps_browser.py"]
    said = run(*command, "-k", "tile", HUB_APPS=str(broken), COLUMNS="300")

    assert 1 == said.returncode, said.stdout
    return set(
        re.findall(r"(?m)^FAILED \S+::test_app_works_through_its_tile\[([a-z-]+)\]", said.stdout)
    )


def test_the_fast_tier_sees_nothing(broken: Path) -> None:
    said = smoke(broken, "--all")

    assert 0 == said.returncode, said.stdout


@pytest.mark.parametrize("slug", breaking.BROWSER)
def test_the_browser_tier_notices_what_is_broken(red: set[str], slug: str) -> None:
    assert slug in red


def test_the_healthy_one_is_green_beside_them(red: set[str]) -> None:
    assert "fresh-start" not in red
