"""What the tests of the gate share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from runbook.gate.file import GateFile
from tests.runbook.gate.gated import NOXFILE, ONE, TWO, Gated
from tests.runbook.support import GATE, PYPROJECT, module

if TYPE_CHECKING:
    from pathlib import Path

    from tests.runbook.support import TinyProject


@pytest.fixture
def gated(project: TinyProject, tmp_path: Path) -> Gated:
    """A project that is green, with a gate that was never opened."""
    project.write("pyproject.toml", PYPROJECT + GATE)
    project.write("noxfile.py", NOXFILE)
    project.write("tests/test_app.py", module(ONE, TWO))
    project.init().commit()
    return Gated(project, GateFile(tmp_path / "orch" / "gate.json"))
