"""A project with a history of noise in which one commit turned a row red."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.runbook.published import hold
from tests.runbook.support import (
    PYPROJECT,
    Repository,
    TinyProject,
    completed,
    engine_environment,
    module,
    row_test,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

_CALL = """
import json, sys
from pathlib import Path
from runbook import commands

root, procedure, arguments, how = json.loads(sys.argv[1])
getattr(commands, procedure)(Path(root), arguments, how)
"""
_ARGUMENTS = {
    "file": "",
    "test": "",
    "commit": "",
    "jobs": 1,
    "mainline": 0,
    "fresh": False,
    "yes": False,
}
_HOW = {"dry_run": False, "plan": "", "resume": False}


@dataclass(frozen=True)
class Called:
    """What a call of a procedure said."""

    status: int
    out: str
    err: str
    record: dict[str, Any]


class Smoked(TinyProject):
    """A project whose rows read the files of a little app."""

    @property
    def top(self) -> Path:
        """The top of the repository, of which the project may be a folder."""
        return Path(self.git("rev-parse", "--show-toplevel"))

    @property
    def scratch(self) -> Path:
        """Where temporary files go."""
        return self.top.parent / "scratch"

    def environment(self) -> dict[str, str]:
        """Return the variables of a call; the gate's file is outside of the project."""
        self.scratch.mkdir(exist_ok=True)
        return engine_environment({"TMPDIR": str(self.scratch), "DATA": str(self.top.parent)})

    def argv(self, procedure: str, how: Mapping[str, Any], **arguments: Any) -> list[str]:
        """Return the command line of a call."""
        call = [str(self.root), procedure, _ARGUMENTS | arguments, _HOW | dict(how)]
        return [sys.executable, "-c", _CALL, json.dumps(call)]

    def call(
        self, procedure: str, how: Mapping[str, Any] | None = None, **arguments: Any
    ) -> Called:
        """Call a procedure in a process of its own; hold it to leave the user's things alone."""
        file = self.top.parent / "result.json"
        file.unlink(missing_ok=True)
        before = self.snapshot()
        done = completed(
            self.argv(procedure, {"json_file": str(file), **(how or {})}, **arguments),
            cwd=self.root,
            env=self.environment(),
        )
        assert before == self.snapshot()
        assert [] == list(self.scratch.iterdir())
        assert "Traceback" not in done.stderr, done.stderr
        record = json.loads(file.read_bytes()) if file.exists() else {}
        if record:
            hold(record)
        return Called(done.returncode, done.stdout, done.stderr, record)

    def snapshot(self) -> dict[str, bytes]:
        """Return every byte that a procedure must leave as it is: the tree, and ``.git`` but for what it may add."""
        git, branches = self.top / ".git", "refs/heads/revert"
        may_add = ("objects", "runbook", branches, f"logs/{branches}")
        places = [self.root / ".runbook", *(git / name for name in may_add)]
        found: dict[str, bytes] = {}
        for folder, folders, files in os.walk(self.top):
            here = Path(folder)
            folders[:] = [name for name in folders if here / name not in places]
            found |= {str(here / name): (here / name).read_bytes() for name in files}
        return found

    def noise(self, count: int) -> None:
        """Commit what matters to no row."""
        for _ in range(count):
            number = self.git("rev-list", "--count", "--all")
            self.write(f"notes/{number}", "noise\n")
            self.commit(f"noise {number}")

    def edit(self, file: str, text: str, subject: str) -> str:
        """Commit one file with another content."""
        self.write(file, text)
        return self.commit(subject)

    @property
    def branches(self) -> list[str]:
        """All branches."""
        return self.git("for-each-ref", "--format=%(refname:short)", "refs/heads").split()

    @property
    def incidents(self) -> list[dict[str, Any]]:
        """The incident records."""
        files = sorted((self.root / ".runbook" / "incidents").glob("*.json"))
        records = [json.loads(file.read_bytes()) for file in files]
        for record in records:
            hold(record)
        return records


def reads(name: str, file: str, pattern: str, **row: Any) -> str:
    """Return a row that is green while a file holds what a pattern says."""
    body = (
        f"import pathlib, re\n    assert re.search({pattern!r}, pathlib.Path({file!r}).read_text())"
    )
    return row_test(name, body, suspects=(file,), **row)


def make_smoked(folder: Path, below: str = "") -> Smoked:
    """Make a green project of a few commits, perhaps in a folder of its repository."""
    top = folder / "a project"
    made = Smoked(top / below)
    made.root.mkdir(parents=True)
    Repository(top).init()
    settings = (
        '[tool.runbook]\ninvoke = "bin/invoke"\n[tool.runbook.gate]\nfile = "$DATA/gate.json"\n'
    )
    made.write("pyproject.toml", PYPROJECT + settings)
    made.write("web/view.py", "escape = True\n# one\n# two\n# three\n# four\n# five\ntitle = 1\n")
    made.write("web/store.py", "keep = True\n")
    made.write("api/view.py", "api = True\n")
    made.write(
        "tests/test_app.py",
        module(
            reads("test_escape", "web/view.py", "escape = True", severity="high"),
            reads("test_title", "web/view.py", "title = [0-9]"),
            reads("test_keep", "web/store.py", "keep = True"),
        ),
    )
    made.commit("the app")
    made.noise(3)
    return made


def break_it(project: Smoked) -> Smoked:
    """Commit a culprit and noise after it, and leave work that is not committed."""
    text = (project.root / "web/view.py").read_text(encoding="utf-8")
    project.edit("web/view.py", text.replace("escape = True", "escape = False"), "go faster")
    project.noise(2)
    project.write("web/store.py", "keep = True  # being edited\n")
    project.git("add", "web/store.py")
    project.write("web/store.py", "keep = True  # being edited more\n")
    project.write("untracked file", "mine\n")
    return project


@pytest.fixture
def smoked(tmp_path: Path) -> Smoked:
    """A green project of a few commits."""
    return make_smoked(tmp_path)


@pytest.fixture
def broken(smoked: Smoked) -> Smoked:
    """The same with a culprit, noise after it, and work that is not committed."""
    return break_it(smoked)
