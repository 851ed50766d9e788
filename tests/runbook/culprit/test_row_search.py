"""What a search for a row is asked for."""

from __future__ import annotations

import os
import shlex
import shutil
import site
import subprocess
import sys
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from runbook.culprit.row_search import file_arguments, row_search
from runbook.errors import UsageError
from runbook.project import Project, Tier
from tests.runbook.support import ENGINE, completed, editable

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
    return completed(["sh", "-c", command], cwd=tree)


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


@pytest.fixture
def with_its_engine(project: Project) -> Project:
    """A project that holds the engine, whose newest row asks for what older engines do not have."""
    shutil.copytree(ENGINE / "runbook", project.root / "bin" / "runbook")
    new = project.root / "bin" / "runbook" / "patience.py"
    new.write_text(new.read_text("utf-8") + "\n\ndef new(): return True\n", encoding="utf-8")
    body = "test_a():\n    import shop\n    from runbook.patience import new\n    assert new() and shop.IS_FINE\n"
    (project.root / "tests" / "test_a.py").write_text(ROW.replace("test_a(): ...", body), "utf-8")
    (project.root / "bin" / "shop.py").write_text("IS_FINE = True\n", encoding="utf-8")
    (project.root / "noxfile.py").touch()
    (project.root / "pyproject.toml").write_text(
        '[tool.runbook]\n[tool.runbook.tiers.quick]\ntests = ["tests"]\nsession = "fast"\n', "utf-8"
    )
    python = project.root / ".nox" / "fast" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} "$@"\n', encoding="utf-8")
    python.chmod(0o755)
    return project


@pytest.mark.parametrize(
    ("engine", "shop", "want"),
    [
        ("an older one", "IS_FINE = True", 0),
        ("an older one", "IS_FINE = False", 1),
        ("the same", "IS_FINE = True", 0),
        ("the same", "IS_FINE = False", 1),
        ("none", "IS_FINE = True", 0),
    ],
)
def test_todays_row_is_run_with_todays_engine_where_a_trees_own_is_too_old_for_it(
    with_its_engine: Project, tmp_path: Path, engine: str, shop: str, want: int
) -> None:
    root = with_its_engine.root
    tree = tmp_path / "tree"
    for name in ("bin", "tests"):
        shutil.copytree(root / name, tree / name)
    (tree / "pyproject.toml").touch()
    if engine == "an older one":
        shutil.copy(ENGINE / "runbook" / "patience.py", tree / "bin" / "runbook")
    if engine == "none":
        shutil.rmtree(tree / "bin" / "runbook")
    (tree / "bin" / "shop.py").write_text(f"{shop}\n", encoding="utf-8")

    assert want == run(command_of(root), tree).returncode


def test_a_commit_that_broke_the_engine_is_told_from_one_that_did_not(
    with_its_engine: Project, tmp_path: Path
) -> None:
    """Today's engine is the broken one; that of the older tree is not."""
    root, tree = with_its_engine.root, tmp_path / "tree"
    for name in ("bin", "tests"):
        shutil.copytree(root / name, tree / name)
    (tree / "pyproject.toml").touch()
    file = root / "bin" / "runbook" / "patience.py"
    file.write_text(file.read_text("utf-8").replace("return True", "return False"), "utf-8")

    assert (0, 1) == tuple(run(command_of(root), each).returncode for each in (tree, root))


def command_of(root: Path) -> str:
    """Return what a search runs for the row of a project that holds the engine, as that engine says."""
    said = "print(row_search(find_project(Path('.').resolve()), 'test_a').command)"
    imports = "from pathlib import Path; from runbook.culprit.row_search import row_search"
    return subprocess.run(
        [sys.executable, "-c", f"{imports}; from runbook.project import find_project; {said}"],
        cwd=root, env=os.environ | {"PYTHONPATH": "bin"}, capture_output=True, text=True, check=True,
    ).stdout.strip()  # fmt: skip


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
