"""A real repository with a bug in it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from tests.runbook.published import hold
from tests.runbook.support import ENGINE, Repository, completed

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class Searched:
    """What a run of ``python -m runbook.culprit`` said."""

    status: int
    out: str
    err: str
    record: dict[str, Any]

    @property
    def culprit(self) -> str:
        """The commit that is to blame, or nothing."""
        return self.record["culprit"]["sha"] if self.record["culprit"] else ""


class History(Repository):
    """A repository whose command, ``sh check``, logs each run outside of it."""

    def grow(self, count: int, *, state: str) -> list[str]:
        """Add commits in which the file ``state`` says the same; return their names."""
        head = self.git("for-each-ref", "--format=%(objectname)", "refs/heads/main")
        first = int(self.git("rev-list", "--count", "--all")) if head else 0
        stream = "".join(
            _commit(first + more, state, head if not more else "") for more in range(count)
        )
        subprocess.run(
            ["git", "fast-import", "--quiet"], cwd=self.root, input=stream, text=True, check=True
        )
        self.git("reset", "--hard", "--quiet")
        return self.git("rev-list", f"--max-count={count}", "--reverse", "HEAD").split()

    @property
    def log(self) -> Path:
        """Where the command logs the commits that it is run on."""
        return self.root.parent / "oracle.log"

    @property
    def runs(self) -> list[str]:
        """The commits that the command was run on."""
        return self.log.read_text(encoding="utf-8").split() if self.log.exists() else []

    def command(self, check: str = "grep -q good state") -> str:
        """Return a command that logs its commit, and then checks."""
        return f"echo $RUNBOOK_COMMIT >> '{self.log}'; {check}"

    def argv(self, *arguments: str) -> list[str]:
        """Return the command line of a search in this repository."""
        return [sys.executable, "-m", "runbook.culprit", "--repo", str(self.root), *arguments]

    def environment(self, scratch: Path) -> dict[str, str]:
        """Return the variables of a search whose temporary files are in ``scratch``."""
        return os.environ | {"PYTHONPATH": str(ENGINE), "TMPDIR": str(scratch)}

    def search(self, *arguments: str) -> Searched:
        """Search in a process of its own, and see to it that nothing but its memory is left behind."""
        scratch = self.root.parent / "scratch"
        scratch.mkdir(exist_ok=True)
        file = self.root.parent / "result.json"
        file.unlink(missing_ok=True)
        before = self.snapshot()
        done = completed(self.argv("--json", str(file), *arguments), env=self.environment(scratch))
        assert before == self.snapshot()
        assert [] == list(scratch.iterdir())
        record = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
        if record:
            hold(record)
        return Searched(done.returncode, done.stdout, done.stderr, record)

    def snapshot(self) -> dict[str, bytes]:
        """Return every file of the tree and of ``.git``, but for what searches remember."""
        files = (path for path in self.root.rglob("*") if path.is_file())
        memory = self.root / ".git" / "runbook"
        return {str(path): path.read_bytes() for path in files if memory not in path.parents}


def _commit(number: int, state: str, parent: str) -> str:
    """Return one commit in the language of ``git fast-import``; without a parent it follows the one before."""
    when = f"Ada <ada@example.org> {1_700_000_000 + number} +0000"
    subject = f"commit {number}"
    files = "".join(
        f"M 644 inline {name}\ndata {len(text) + 1}\n{text}\n"
        for name, text in (("number", str(number)), ("state", state))
    )
    start = f"from {parent}\n" if parent else ""
    return f"commit refs/heads/main\ncommitter {when}\ndata {len(subject)}\n{subject}\n{start}{files}\n"


@pytest.fixture
def history(tmp_path: Path) -> History:
    """A repository of 12 good commits and then 9 bad ones."""
    root = tmp_path / "a repository\nof two lines"
    root.mkdir()
    made = History(root)
    made.init()
    made.grow(12, state="good")
    made.grow(9, state="bad")
    return made
