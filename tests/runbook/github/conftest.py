"""A checkout on a runner, for the tests of what runs there every week."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from tests.runbook.github.weekly import GH, NOXFILE

if TYPE_CHECKING:
    from pathlib import Path

    from tests.runbook.support import Repository


@pytest.fixture
def checkout(repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repository:
    """A checkout with a commit that is on no branch yet, and a runner around it."""
    repository.write("noxfile.py", NOXFILE)
    repository.write("pyproject.toml", "")
    repository.write(".gitignore", ".runbook\nhome\n*.pyc\n")
    repository.commit("a noxfile")
    repository.write("pyproject.toml", "# held\n")
    repository.commit("fix(deps): hold markdown<4 back\n\nIt breaks the fast tier.")
    repository.git("tag", "later")
    repository.git("reset", "--quiet", "--hard", "HEAD~1")
    home = tmp_path / "home"
    home.mkdir()
    (home / "gh").write_text(GH, encoding="utf-8")
    (home / "gh").chmod(0o755)
    monkeypatch.setenv("PATH", f"{home}:{os.environ['PATH']}")
    monkeypatch.setenv("GH_LOG", str(home / "log"))
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(home / "summary"))
    return repository
