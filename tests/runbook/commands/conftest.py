"""A project whose sessions are real, and need no environment."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from runbook.sessions.told_codes import EXIT_CODES_VARIABLE
from tests.runbook.support import ENGINE, NOXFILE, PYPROJECT, module, row_test

if TYPE_CHECKING:
    from tests.runbook.support import TinyProject


TWICE = """
@nox.session(name="twice")
@nox.parametrize("tier", ["fast", "other"])
def twice(session, tier):
    session.run(sys.executable, "-m", "runbook.smoke", "--tier", tier, *session.posargs)
"""
PROVES = f"""
import os
from pathlib import Path

@nox.session(name="faults")
def faults(session):
    survives = "test_weak" in session.posargs
    Path(os.environ["{EXIT_CODES_VARIABLE}"]).write_text(str(int(survives)))
    print(*session.posargs)
    if survives:
        session.error("a fault survives")
"""
TIERS = """
[tool.runbook]
[tool.runbook.tiers.fast]
tests = ["tests"]
session = "quick"
watch = ["web/**"]
[tool.runbook.tiers.other]
tests = ["other"]
session = "broken"
[tool.runbook.tiers.both]
tests = ["tests"]
session = "twice"
"""


@pytest.fixture
def procedures(project: TinyProject, monkeypatch: pytest.MonkeyPatch) -> TinyProject:
    """A project of three tiers, one of which has no environment."""
    monkeypatch.setenv("PYTHONPATH", str(ENGINE))
    project.write("noxfile.py", NOXFILE + TWICE + PROVES)
    project.write("pyproject.toml", PYPROJECT + TIERS)
    project.write("other/test_other.py", module(row_test("test_red", "assert 1 == 2")))
    return project
