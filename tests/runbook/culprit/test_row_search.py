"""What a search for a row is asked for."""

from __future__ import annotations

import shlex
import subprocess
from typing import TYPE_CHECKING

import pytest

from runbook.culprit.row_search import file_arguments, row_arguments
from runbook.errors import EnvironmentNotReady, UsageError
from runbook.project import Project, Tier

if TYPE_CHECKING:
    from pathlib import Path

ROW = """
import pytest

@pytest.mark.runbook(severity="high", cause="c", suspects=["web/a.py::f", "web/b.py"])
def test_a(): ...
"""


@pytest.fixture
def project(tmp_path: Path) -> Project:
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "test_a.py").write_text(ROW, encoding="utf-8")
    return Project(tmp_path, {"quick": Tier("quick", ("tests",), "fast")})


def make_environment(project: Project, python: str) -> None:
    path = project.root / ".nox" / "fast" / "bin" / "python"
    path.parent.mkdir(parents=True)
    path.write_text(python, encoding="utf-8")
    path.chmod(0o755)


def test_a_row_brings_its_test_its_overlay_and_its_suspects(project: Project) -> None:
    make_environment(project, "")

    arguments = row_arguments(project, "test_a")

    assert ["--overlay", "tests"] == arguments[2:4]
    assert ["--suspect", "web/a.py", "--suspect", "web/b.py"] == arguments[4:]
    assert "tests/test_a.py::test_a;" in shlex.split(arguments[1])


@pytest.mark.parametrize(("status", "want"), [(0, 0), (1, 1), (2, 125), (4, 125), (5, 125)])
def test_only_passed_and_failed_are_verdicts(project: Project, status: int, want: int) -> None:
    make_environment(project, f"#!/bin/sh\nexit {status}\n")
    command = row_arguments(project, "test_a")[1]

    assert want == subprocess.run(["sh", "-c", command], check=False).returncode


def test_without_an_environment_it_says_how_to_make_one(project: Project) -> None:
    with pytest.raises(EnvironmentNotReady, match="bin/nox -s fast"):
        row_arguments(project, "test_a")


def test_a_file_is_found_by_its_end(tmp_path: Path) -> None:
    for name in ("web/pages/view.py", "api/view.py", "web/review.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    subprocess.run(["git", "add", "."], cwd=tmp_path, check=True)

    assert ["--suspect", "web/pages/view.py"] == file_arguments(tmp_path, "pages/view.py")
    with pytest.raises(UsageError, match=r"api/view.py, web/pages/view.py"):
        file_arguments(tmp_path, "view.py")
    with pytest.raises(UsageError, match="none"):
        file_arguments(tmp_path, "iew.py")
