"""A project whose packages come from an index on this machine."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from runbook.project import find_project
from runbook.upgrades.drift import Drift
from tests.runbook.published import hold
from tests.runbook.support import ENGINE, completed
from tests.runbook.upgrades.index import Index
from tests.runbook.upgrades.records import tier

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.runbook.support import Repository

NOW = "2025-01-01T00:00:00Z"


@dataclass(frozen=True)
class Searched:
    """What a run of ``python -m runbook.upgrades`` said."""

    status: int
    out: str
    err: str
    record: dict[str, Any]

    @property
    def culprits(self) -> list[list[str]]:
        """The names of each set that is to blame."""
        return [[each["name"] for each in group] for group in self.record["culprits"]]

    @property
    def outcomes(self) -> list[str]:
        """What each probe said."""
        return [each["outcome"] for each in self.record["probes"]]


@dataclass
class Project:
    """A project, and its index.

    Attributes:
        root: Its folder.
        index: Where its packages come from.
        is_configured: Whether uv reads what its pyproject.toml says, and the machine's own settings with it.
    """

    root: Path
    index: Index
    is_configured: bool = False

    def require(self, *requirements: str) -> None:
        """Say what the project requires."""
        listed = json.dumps(list(requirements))
        text = f'[project]\nname = "shop"\nversion = "1"\nrequires-python = ">=3.11"\ndependencies = {listed}\n'
        (self.root / "pyproject.toml").write_text(text, encoding="utf-8")

    def pin(self, *pins: str) -> None:
        """Write the baseline."""
        self.baseline.write_text("\n".join(pins) + "\n", encoding="utf-8")

    def check(self, code: str) -> None:
        """Write the command: a program that raises where the project is broken."""
        (self.root / "check.py").write_text(
            f"def test():\n    {code}\n\n\ntest()\n", encoding="utf-8"
        )

    @property
    def baseline(self) -> Path:
        """The file of pins."""
        return self.root.parent / "baseline.txt"

    @property
    def scratch(self) -> Path:
        """Where a search may write while it goes on."""
        return self.root.parent / "scratch"

    def argv(self, *arguments: str, command: str = "python check.py") -> list[str]:
        """Return the command line of a search."""
        return [
            sys.executable, "-m", "runbook.upgrades", "--project", str(self.root), "--baseline", str(self.baseline),
            "--command", command, "--python", sys.executable, *arguments,
        ]  # fmt: skip

    def environment(self) -> dict[str, str]:
        """Return the variables of a search."""
        self.scratch.mkdir(exist_ok=True)
        return os.environ | {
            "PYTHONPATH": str(ENGINE), "TMPDIR": str(self.scratch), "UV_DEFAULT_INDEX": f"{self.index.url}/simple",
            "UV_CACHE_DIR": str(self.root.parent / "cache"), "UV_EXCLUDE_NEWER": NOW,
            "XDG_CACHE_HOME": str(self.root.parent / "memory"),
        } | ({} if self.is_configured else {"UV_NO_CONFIG": "1"})  # fmt: skip

    def search(self, *arguments: str, command: str = "python check.py") -> Searched:
        """Search in a process of its own, and see to it that nothing of the project was written."""
        file = self.root.parent / "result.json"
        file.unlink(missing_ok=True)
        before = self.snapshot()
        done = completed(
            self.argv("--json", str(file), *arguments, command=command), env=self.environment()
        )
        assert before == self.snapshot()
        assert [] == list(self.scratch.iterdir())
        record = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
        if record:
            hold(record)
        return Searched(done.returncode, done.stdout, done.stderr, record)

    def snapshot(self) -> dict[str, bytes]:
        """Return every file of the project."""
        return {str(path): path.read_bytes() for path in self.root.rglob("*") if path.is_file()}


@pytest.fixture
def index() -> Iterator[Index]:
    """An index that answers until the test is over."""
    made = Index()
    server = made.serve()
    yield made
    server.shutdown()
    server.server_close()


@pytest.fixture
def project(tmp_path: Path, index: Index) -> Project:
    """A project with nothing in it yet."""
    root = tmp_path / "a project"
    root.mkdir()
    return Project(root, index)


@pytest.fixture
def drift(repository: Repository) -> Drift:
    """A run that has found one culprit in the tier fast."""
    repository.write("pyproject.toml", '[project]\nname = "shop"\n')
    repository.commit("the project")
    made = Drift(find_project(repository.root), {})
    made.tiers["fast"] = tier("fast")
    return made
