"""What a search for a row is asked for."""

from __future__ import annotations

import site
import subprocess
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from runbook.culprit.row_search import file_arguments, row_search
from runbook.errors import UsageError
from runbook.project import Project, Tier
from tests.runbook.support import editable

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


def make_environment(project: Project, python: str, lock: bytes = b"pytest==9\n") -> None:
    path = project.root / ".nox" / "fast" / "bin" / "python"
    path.parent.mkdir(parents=True)
    path.write_text(python, encoding="utf-8")
    path.chmod(0o755)
    (project.root / "noxfile.py").touch()
    (path.parent.parent / "installed-lock.txt").write_bytes(lock)
    (project.root / "requirements").mkdir()
    (project.root / "requirements" / "fast.txt").write_bytes(lock)


def run(command: str, tree: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["sh", "-c", command], cwd=tree, check=False, capture_output=True, text=True
    )


def test_a_row_brings_its_test_its_overlay_its_suspects_and_its_name(project: Project) -> None:
    arguments = row_search(project, "test_a").as_arguments()

    assert ["--overlay", "tests"] == arguments[2:4]
    assert ["--suspect", "web/a.py", "--suspect", "web/b.py"] == arguments[4:8]
    assert ["--row", "tests/test_a.py::test_a"] == arguments[8:]
    assert " tests/test_a.py::test_a;" in arguments[1]


@pytest.mark.parametrize(
    ("file", "overlay"),
    [
        ("tests/deep/test_a.py", ["tests/deep", "tests/conftest.py", "conftest.py"]),
        ("test_a.py", ["test_a.py", "conftest.py"]),
        ("web/test_a.py", ["web/test_a.py", "web/conftest.py", "conftest.py"]),
        ("web/tests/test_a.py", ["web/tests", "web/conftest.py", "conftest.py"]),
    ],
)
def test_todays_test_brings_its_fixtures_and_none_of_the_code_that_it_tests(
    tmp_path: Path, file: str, overlay: list[str]
) -> None:
    """Where code lies beside a test, today's of it would be what every commit is judged by."""
    for name in (file, "conftest.py", "tests/conftest.py", "web/conftest.py", "web/a.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / file).write_text(ROW, encoding="utf-8")
    project = Project(tmp_path, {"quick": Tier("quick", (file,), "fast")})
    arguments = row_search(project, "test_a").as_arguments()
    laid = [name for word, name in pairwise(arguments) if word == "--overlay"]
    assert overlay == laid


@pytest.mark.parametrize(("status", "want"), [(0, 0), (1, 1), (2, 125), (4, 125), (5, 125)])
def test_only_passed_and_failed_are_verdicts(project: Project, status: int, want: int) -> None:
    make_environment(project, f"#!/bin/sh\nexit {status}\n")

    assert want == run(row_search(project, "test_a").command, project.root).returncode


def test_a_tree_with_another_lock_gets_an_environment_of_its_own(
    project: Project, tmp_path: Path
) -> None:
    make_environment(project, "#!/bin/sh\necho today\n")
    command = row_search(project, "test_a").command
    old = tmp_path / "old tree"
    (old / "requirements").mkdir(parents=True)
    (old / "requirements" / "fast.txt").write_bytes(b"pytest==8\n")

    (project.root / "pyproject.toml").touch()

    assert "today\n" == run(command, project.root).stdout
    done = run(command, old)  # without a noxfile the Python of this test stands for all
    assert (125, False) == (done.returncode, "today" in done.stdout)
    assert "no tests ran" in done.stdout


def test_a_tree_is_judged_by_its_own_modules_where_the_users_are_installed_as_editable(
    project: Project, tmp_path: Path
) -> None:
    (project.root / "noxfile.py").touch()
    tree = tmp_path / "tree"
    for top, broken in ((project.root, "False"), (tree, "True")):
        (top / "src").mkdir(parents=True, exist_ok=True)
        (top / "src" / "shop.py").write_text(f"is_broken = {broken}\n", encoding="utf-8")
    row = ROW.replace(
        "test_a(): ...", "test_a():\n    import shop\n    assert not shop.is_broken\n"
    )
    for top in (project.root, tree):
        (top / "tests").mkdir(exist_ok=True)
        (top / "tests" / "test_a.py").write_text(row, encoding="utf-8")
        (top / "pyproject.toml").touch()
    editable(project.root / ".nox" / "fast", project.root / "src", *site.getsitepackages())

    command = row_search(project, "test_a").command

    assert 0 == run(command, project.root).returncode
    assert 1 == run(command, tree).returncode


def test_a_tree_whose_environment_cannot_be_made_is_untestable(
    project: Project, tmp_path: Path
) -> None:
    make_environment(project, "#!/bin/sh\nexit 1\n")
    command = row_search(project, "test_a").command
    old = tmp_path / "old"
    (old / "requirements").mkdir(parents=True)
    (old / "requirements" / "fast.txt").write_bytes(b"pytest==8\n")
    (old / "noxfile.py").write_text("raise SystemExit(1)\n", encoding="utf-8")
    (project.root / "pyproject.toml").touch()

    done = run(command, old)

    assert (125, True) == (done.returncode, "could not be made" in done.stderr)


def test_a_file_is_found_by_its_end(tmp_path: Path) -> None:
    for name in ("web/pages/view.py", "api/view.py", "web/review.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    subprocess.run(["git", "add", "."], cwd=tmp_path, check=True)

    assert ["--suspect", "web/pages/view.py"] == file_arguments(tmp_path, "pages/view.py")
    with pytest.raises(UsageError, match=r"api/view.py, web/pages/view.py"):
        file_arguments(tmp_path, "view.py")
    with pytest.raises(
        UsageError, match=r"no file that git tracks ends so; the nearest: view\.py, "
    ):
        file_arguments(tmp_path, "iew.py")
