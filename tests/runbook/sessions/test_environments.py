"""The Python of a session for the locks of some tree; Nox is a stand-in that is told what to do."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from runbook.errors import EnvironmentNotReady
from runbook.project import Project
from runbook.sessions.environments import (
    engine_path,
    find_python,
    lock_of,
    own_modules,
    plain_environment,
    python_for,
)
from tests.runbook.support import ENGINE, editable

if TYPE_CHECKING:
    from collections.abc import Callable

# It makes the environment that it is asked for, from the lock beside its noxfile, and logs its call.
NOX = """
import sys
from pathlib import Path

options = dict(zip(sys.argv[1::2], sys.argv[2::2]))
noxfile, folder = Path(options["--noxfile"]), Path(options["--envdir"])
if (noxfile.parent / "broken").exists():
    sys.exit(1)
environment = folder / options["--session"]
(environment / "bin").mkdir(parents=True)
(environment / "bin" / "python").touch()
lock = noxfile.parent / "requirements" / "fast.txt"
(environment / "installed-lock.txt").write_bytes(lock.read_bytes())
with (Path(__file__).parent / "calls").open("a") as log:
    log.write(f"{noxfile}\\n" if sys.flags.dont_write_bytecode else "it leaves bytecode\\n")
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A project without any environment, and a Nox that logs its calls."""
    (tmp_path / "nox.py").write_text(NOX, encoding="utf-8")
    monkeypatch.setattr(
        "runbook.sessions.environments.plain_environment", lambda: {"PYTHONPATH": str(tmp_path)}
    )
    return Project(make_tree(tmp_path / "project", b"new"), {})


def make_tree(root: Path, lock: bytes) -> Path:
    (root / "requirements").mkdir(parents=True)
    (root / "requirements" / "fast.txt").write_bytes(lock)
    (root / "noxfile.py").touch()
    return root


def calls(project: Project) -> list[str]:
    log = project.root.parent / "calls"
    return log.read_text(encoding="utf-8").splitlines() if log.exists() else []


def test_a_tree_with_the_projects_locks_uses_the_projects_environment(
    project: Project, tmp_path: Path
) -> None:
    tree = make_tree(tmp_path / "tree", b"new")
    pythons = {python_for(project, tree, "fast") for _ in range(2)}
    assert {project.root / ".nox" / "fast" / "bin" / "python"} == pythons
    assert [str(project.root / "noxfile.py")] == calls(project)


def test_a_tree_with_other_locks_gets_its_own_once_and_leaves_the_projects_alone(
    project: Project, tmp_path: Path
) -> None:
    mine = python_for(project, project.root, "fast")
    tree = make_tree(tmp_path / "tree", b"old")
    pythons = {python_for(project, tree, "fast") for _ in range(2)}
    (other,) = pythons
    assert other.is_relative_to(project.state / "environments")
    assert [str(project.root / "noxfile.py"), str(tree / "noxfile.py")] == calls(project)
    assert b"new" == (mine.parent.parent / "installed-lock.txt").read_bytes()


def test_an_environment_that_cannot_be_made_is_said(project: Project) -> None:
    (project.root / "broken").touch()
    with pytest.raises(EnvironmentNotReady, match="the environment of fast could not be made"):
        python_for(project, project.root, "fast")


def test_a_dry_run_makes_none(project: Project) -> None:
    assert not python_for(project, project.root, "fast", may_make=False).exists()
    assert [] == calls(project)


def test_without_a_noxfile_the_python_that_runs_this_stands_for_all(
    project: Project, tmp_path: Path
) -> None:
    assert Path(sys.executable) == python_for(project, tmp_path, "fast")


def test_only_the_newest_sets_are_kept(project: Project, tmp_path: Path) -> None:
    for number in range(12):
        python_for(project, make_tree(tmp_path / f"tree {number}", b"%d" % number), "fast")
    assert 8 == sum(each.is_dir() for each in (project.state / "environments").iterdir())


def test_an_environment_of_a_session_with_parameters_is_found(
    project: Project, tmp_path: Path
) -> None:
    place = tmp_path / ".nox" / "legal-locked"
    (place / "bin").mkdir(parents=True)
    (place / "bin" / "python").touch()
    (place / "installed-lock.txt").write_bytes(b"new")
    found = find_python(tmp_path / ".nox", "legal", project.root)
    assert place / "bin" / "python" == found
    assert "requirements/fast.txt" == lock_of(found, project.root)
    assert lock_of(Path(sys.executable), project.root) is None


def test_a_caller_cannot_change_what_a_tree_does(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PYTEST_ADDOPTS", "PYTHONPATH", "RUNBOOK_EVENTS", "GIT_DIR", "NOXSESSION"):
        monkeypatch.setenv(name, "x")
    monkeypatch.setenv("LANG", "C.UTF-8")
    kept = plain_environment()
    assert {"LANG": "C.UTF-8", "RUNBOOK_PROBE": "1"}.items() <= kept.items()
    assert not {"PYTEST_ADDOPTS", "PYTHONPATH", "RUNBOOK_EVENTS", "GIT_DIR", "NOXSESSION"} & set(
        kept
    )


@pytest.mark.parametrize(
    ("place", "want"),
    [
        (lambda: ENGINE.parent, "bin"),
        (lambda: Path("/elsewhere"), str(ENGINE)),
    ],
)
def test_a_checkout_uses_its_own_engine_where_the_project_holds_one(
    place: Callable[[], Path], want: str
) -> None:
    assert want == engine_path(place())


def test_where_an_editable_install_leads_is_known(tmp_path: Path) -> None:
    root = tmp_path / "shop"
    for folder in (".git", "web/src", "tools", "web/.venv"):
        (root / folder).mkdir(parents=True)
    python = editable(root / "web" / ".venv", root / "web" / "src", root / "tools", tmp_path)

    assert ["src", "../tools"] == own_modules(python, root / "web")
    assert [] == own_modules(python, tmp_path / "elsewhere")
    assert [] == own_modules(root / "no-python", root)
