"""A tiny project with a gate, and asking for that to be opened."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.runbook.support import ENGINE, completed, engine_environment, row_test

if TYPE_CHECKING:
    from collections.abc import Mapping

    from runbook.gate.file import GateFile, GateState
    from tests.runbook.support import TinyProject

NOXFILE = f"""
import sys

import nox

nox.options.default_venv_backend = "none"


@nox.session(name="fast")
def fast(session):
    smoke = [sys.executable, "-m", "runbook.smoke", "--tier", "fast", *session.posargs]
    session.run(*smoke, external=True, env={{"PYTHONPATH": {str(ENGINE)!r}}}, stderr=None)
"""
CALL = "import sys; from pathlib import Path; from runbook import commands; commands.gate_open(Path('.'), {})"
# Every test here is run with these: none may have an effect.
TRICKS = {
    "PYTEST_ADDOPTS": "-k one",
    "PYTEST_PLUGINS": "no_such_plugin",
    "PYTHONOPTIMIZE": "1",
    "RUNBOOK_COMMIT": "x",
}
ONE, TWO = row_test("test_one", severity="high"), row_test("test_two")


@dataclass(frozen=True)
class Asked:
    """What came of asking for the gate to be opened."""

    status: int
    out: str
    err: str


@dataclass(frozen=True)
class Gated:
    """A tiny project with a gate."""

    project: TinyProject
    file: GateFile

    @property
    def state(self) -> GateState:
        """What the gate says."""
        return self.file.read(time.time())

    def command(self, **options: object) -> list[str]:
        """Return the command that opens it."""
        given = {"bot": False, "dry_run": False, "plan_file": "", "json_file": "", **options}
        listed = ", ".join(f"{name}={value!r}" for name, value in given.items())
        return [sys.executable, "-c", CALL.format(listed)]

    def environment(self, variables: Mapping[str, str]) -> dict[str, str]:
        """Return the environment of whoever opens it."""
        return engine_environment({"ORCH_DATA": str(self.file.path.parent), **variables})

    def open(self, variables: Mapping[str, str] | None = None, **options: object) -> Asked:
        """Ask for it to be opened, in a process of its own."""
        done = completed(
            self.command(**options),
            cwd=self.project.root,
            env=self.environment({**TRICKS, **(variables or {})}),
        )
        return Asked(done.returncode, done.stdout, done.stderr)

    def open_for_something_else(self) -> GateState:
        """Let it be open for another commit."""
        facts = {"build": "b", "commit": "c" * 40, "tree": "d" * 40, "proof": {}}
        self.file.open(facts, by="ada", now=time.time(), since=self.state)
        return self.state
