"""What has changed, by a real git, and which tiers that concerns."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from runbook.git import GitError
from runbook.project import read_project
from runbook.smoke.changed import changed_files, tiers_for
from tests.runbook.support import PYPROJECT, Repository, module, row_test

if TYPE_CHECKING:
    from pathlib import Path

    from runbook.project import Project
    from tests.runbook.support import TinyProject


def test_with_a_clean_tree_it_is_the_last_commit(repository: Repository) -> None:
    repository.write("second.py", "x\n")
    repository.commit()

    assert ["second.py"] == changed_files(repository.root)


def test_of_the_first_commit_nothing_is_known_to_differ(repository: Repository) -> None:
    assert [] == changed_files(repository.root)


def test_uncommitted_changes_stand_alone(repository: Repository) -> None:
    repository.write("second.py", "x\n")
    repository.commit()
    repository.write("app.py", "edited\n")
    repository.write("staged.py", "x\n")
    repository.git("add", "staged.py")
    repository.write("a new \N{SNOWMAN}.py", "x\n")
    repository.write(".git/info/exclude", "ignored.py\n")
    repository.write("ignored.py", "x\n")

    assert ["a new \N{SNOWMAN}.py", "app.py", "staged.py"] == changed_files(repository.root)


def test_both_names_of_a_renamed_file_have_changed(repository: Repository) -> None:
    repository.git("mv", "app.py", "server.py")

    assert ["app.py", "server.py"] == changed_files(repository.root)


def test_a_name_that_is_no_utf_8_is_a_name_too(repository: Repository) -> None:
    (repository.root / "caf\udce9.py").write_text("x\n", encoding="utf-8")

    assert ["caf\udce9.py"] == changed_files(repository.root)


def test_a_branch_is_compared_with_where_it_left_its_upstream(repository: Repository) -> None:
    repository.git("switch", "--quiet", "--create", "work", "--track", "main")
    repository.write("work.py", "x\n")
    repository.commit()
    repository.write("more.py", "x\n")
    repository.git("switch", "--quiet", "main")
    repository.write("elsewhere.py", "x\n")
    repository.git("add", "elsewhere.py")
    repository.git("commit", "--quiet", "--message", "upstream moved on")
    repository.git("switch", "--quiet", "work")

    assert ["more.py", "work.py"] == changed_files(repository.root)


def test_files_of_a_project_in_a_folder_are_named_from_the_project(repository: Repository) -> None:
    repository.write("inner/app.py", "x\n")
    repository.commit()
    repository.write("inner/app.py", "edited\n")
    repository.write("inner/new.py", "x\n")
    repository.write("app.py", "edited, beside the project\n")

    assert ["app.py", "new.py"] == changed_files(repository.root / "inner")


@pytest.mark.parametrize("is_repository", [True, False])
def test_without_a_commit_there_is_nothing_to_compare(
    tmp_path: Path, *, is_repository: bool
) -> None:
    if is_repository:
        subprocess.run(["git", "init", "--quiet", str(tmp_path)], check=True)

    with pytest.raises(GitError, match=r"^git "):
        changed_files(tmp_path)


@pytest.fixture
def tiered(project: TinyProject) -> Project:
    """A project of two tiers: one watches ``web/`` and has rows on ``app.py``, one watches docs."""
    project.write("docs_tests/test_docs.py", module(row_test("test_docs", suspects=("docs.md",))))
    tiers = """
        [tool.runbook.tiers.fast]
        tests = ["tests"]
        watch = ["web/**"]
        [tool.runbook.tiers.docs]
        tests = ["docs_tests/test_docs.py"]
        watch = ["*.toml"]
    """
    return read_project(project.write("pyproject.toml", PYPROJECT + tiers))


@pytest.mark.parametrize(
    ("file", "tiers"),
    [
        ("web/deep/page.html", ["fast"]),
        ("tests/test_app.py", ["fast"]),
        ("tests/conftest.py", ["fast"]),
        ("docs_tests/test_docs.py", ["docs"]),
        ("app.py", ["fast"]),
        ("docs.md", ["docs"]),
        ("pyproject.toml", ["docs"]),
        ("noxfile.py", ["fast", "docs"]),  # each runs in a session
        ("LICENSE", []),
    ],
)
def test_a_tier_is_needed_for_what_it_watches_runs_or_suspects(
    tiered: Project, file: str, tiers: list[str]
) -> None:
    assert tiers == [tier.name for tier in tiers_for(tiered, [file])]


def test_several_files_need_all_their_tiers_in_order(tiered: Project) -> None:
    assert ["fast", "docs"] == [
        tier.name for tier in tiers_for(tiered, iter(["docs.md", "app.py"]))
    ]
