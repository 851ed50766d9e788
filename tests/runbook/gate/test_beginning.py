"""A project that has no gate yet is told what to type, one command after the other, until the gate opens."""

from __future__ import annotations

import shlex
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from runbook.errors import EnvironmentNotReady, UsageError
from runbook.gate import beginning
from runbook.gate.beginning import find_missing
from runbook.gate.status import read_status
from runbook.project import GateSettings, Project, Tier, find_project
from tests.runbook.gate.gated import CALL, ONE
from tests.runbook.support import ENGINE, completed, engine_environment, module

if TYPE_CHECKING:
    from pathlib import Path

    from tests.runbook.support import TinyProject

SETTINGS = "[tool.pytest]\nfilterwarnings = ['error']\n"
TIERS = {name: Tier(name, ("tests",), name) for name in ("fast", "legal-render")}
WITH_FILE = '[tool.runbook.gate]\nfile = "gate.json"\n'
WITH_BUILD = WITH_FILE + 'build = ["true"]\n'
OPEN = CALL.format("bot=False, dry_run=False, plan_file='', json_file=''")


@pytest.fixture
def bare(project: TinyProject) -> TinyProject:
    """A project that has installed the engine, and has neither gate nor Nox session."""
    project.write("pyproject.toml", SETTINGS)
    project.write("tests/test_app.py", module(ONE))
    project.init().commit()
    return project


def test_what_is_typed_one_after_the_other_opens_the_gate(
    bare: TinyProject, tmp_path: Path
) -> None:
    """Whoever types nothing but what is shown, and commits, has a gate; nothing of it is seen by git."""
    typed = []
    while step := read_status(find_project(bare.root)).beginning:
        assert step not in typed
        typed.append(step)
        subprocess.run(["bash", "-euc", step], cwd=bare.root, check=True)
    bare.commit()
    # As where the engine is installed: nothing leads a session to it.
    installed = engine_environment({"HOME": str(tmp_path)}) | {"PYTHONPATH": str(ENGINE)}
    session = bare.root / "noxfile.py"
    path = f"import os\nos.environ['PYTHONPATH'] = {str(ENGINE)!r}\n"
    session.write_text(path + session.read_text(encoding="utf-8"), encoding="utf-8")
    bare.commit()

    asked = completed([sys.executable, "-c", OPEN], cwd=bare.root, env=installed)

    assert 0 == asked.returncode, asked.stderr
    assert ["pyproject.toml", "noxfile.py"] == [step.rpartition(" ")[2] for step in typed]
    assert "open" == read_status(find_project(bare.root)).word
    assert "" == bare.git("status", "--porcelain")


@pytest.mark.parametrize(
    ("settings", "what", "step"),
    [
        ("", "this project has no gate", "printf "),
        ("[tool.runbook.gate]\n", "no gate", "add this line below [tool.runbook.gate]: file = "),
        ('[tool.runbook.gate]\nurl = ""\n', "no gate", "add this line below [tool.runbook.gate]"),
        ('[tool.runbook.gate]\nfile = "$SHOP/gate.json"\n', "no gate", "export SHOP=FOLDER"),
        (WITH_FILE, "the build of this tree is unknown", "add this line below [tool.runbook.gate]"),
        (WITH_BUILD, "there is no noxfile.py", "printf "),
    ],
)
def test_what_is_missing_is_said_before_anything_is_smoked(
    bare: TinyProject, settings: str, what: str, step: str
) -> None:
    bare.write("pyproject.toml", SETTINGS + settings)
    bare.commit()

    missing = find_missing(find_project(bare.root))
    done = completed([sys.executable, "-c", OPEN], cwd=bare.root, env=engine_environment({}))

    assert missing is not None
    assert what in missing.what
    assert missing.next_step.startswith(step)
    assert isinstance(missing, UsageError if "no gate" in what else EnvironmentNotReady)
    assert (int(missing.exit_code), "") == (done.returncode, done.stdout)
    assert missing.next_step in done.stderr
    assert not (bare.root / ".runbook" / "runs").exists()


def test_every_tier_of_the_gate_has_a_session(bare: TinyProject) -> None:
    """Also one whose name is no name of a function."""
    gate = GateSettings(file="gate.json", build=("true",))
    missing = find_missing(Project(bare.root, TIERS, gate))

    assert missing is not None
    words = shlex.split(missing.next_step)
    assert ["printf", "%s\\n"] == words[:2]
    assert [">", "noxfile.py"] == words[-2:]
    written = "\n".join(words[2:-2])
    compile(written, "noxfile.py", "exec")
    assert 2 == written.count("@nox.session")
    assert 'name="legal-render"' in written
    assert '"--tier", "legal-render"' in written


def test_where_nox_is_not_installed_it_is_named(
    bare: TinyProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(beginning, "find_spec", lambda _: None)
    bare.write("noxfile.py", "import nox\n")
    gate = GateSettings(file="gate.json", build=("true",))

    missing = find_missing(Project(bare.root, TIERS, gate))

    assert isinstance(missing, EnvironmentNotReady)
    assert " pip install " in missing.next_step
    assert missing.next_step.endswith(" nox")
