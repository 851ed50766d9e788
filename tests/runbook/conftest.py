"""What the tests of the engine share: a plain environment, a tiny repository, a tiny project."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from tests.interruptible import interruptible  # noqa: F401 - a fixture
from tests.runbook.published import hold_runs
from tests.runbook.support import PYPROJECT, Repository, TinyProject, module, row_test

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_PREFIXES = ("GIT_", "GITHUB_", "RUNBOOK_", "UV_", "PIP_", "NOX_", "INVOKE_")
_NAMES = {
    *("CI", "COLUMNS", "FORCE_COLOR", "NO_COLOR"),
    *("E2E_PYTHON", "ORCH_DATA", "PYTHONDONTWRITEBYTECODE", "VIRTUAL_ENV"),
    *("PYTEST_ADDOPTS", "PYTEST_DISABLE_PLUGIN_AUTOLOAD", "PYTEST_PLUGINS"),
}
_GIT = {
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_AUTHOR_NAME": "Ada",
    "GIT_AUTHOR_EMAIL": "ada@example.org",
    "GIT_COMMITTER_NAME": "Ada",
    "GIT_COMMITTER_EMAIL": "ada@example.org",
}


@pytest.fixture(scope="session", autouse=True)
def plain_environment() -> Iterator[None]:
    """Let no test depend on who calls it: neither its colours nor its git settings."""
    with pytest.MonkeyPatch.context() as patch:
        for name in os.environ:
            if name in _NAMES or name.startswith(_PREFIXES):
                patch.delenv(name)
        for name, value in _GIT.items():
            patch.setenv(name, value)
        yield


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    """A repository of one commit that holds ``app.py``."""
    made = Repository(tmp_path).init()
    made.write("app.py", "def serve():\n    return 1\n")
    made.commit("the app")
    return made


@pytest.fixture
def project(tmp_path: Path) -> Iterator[TinyProject]:
    """A project whose two tests pass, each with a row; in no repository yet. What its runs wrote is as published."""
    made = TinyProject(tmp_path / "a project")
    made.write("pyproject.toml", PYPROJECT)
    made.write("app.py", "def serve():\n    return 1\n")
    made.write("tests/test_app.py", module(row_test("test_one"), row_test("test_two")))
    yield made
    hold_runs(made.root)
