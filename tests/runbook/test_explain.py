"""What a row means when its test is red."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from runbook.errors import UsageError
from runbook.explain import explain, overview
from runbook.project import read_project
from runbook.rows import read_rows
from tests.runbook.support import PYPROJECT, module, row_test

if TYPE_CHECKING:
    from runbook.project import Project
    from tests.runbook.support import TinyProject

TIERS = """
[tool.runbook.tiers.fast]
tests = ["./tests/"]
session = "quick"
"""


@pytest.fixture
def explained(project: TinyProject) -> Project:
    """A project with a history: ``app.py`` was renamed and edited since."""
    high = row_test("test_one", severity="high", suspects=("app.py::serve", "new.py"))
    project.write("tests/test_app.py", module(high, row_test("test_two", cause="another cause")))
    file = project.write("pyproject.toml", PYPROJECT + TIERS)
    project.init()
    (project.root / "app.py").rename(project.root / "old.py")
    project.commit("one")
    project.git("mv", "old.py", "app.py")
    project.commit("two")
    for subject in ("three", "four \x1f with a separator"):
        project.write("app.py", f"def serve():\n    return {subject!r}\n")
        project.commit(subject)
    return read_project(file)


def test_the_json_has_the_row_and_the_last_commits_newest_first(explained: Project) -> None:
    told = explain(explained, "test_one").as_json()

    assert ("row/1", "test_one", "tests/test_app.py::test_one") == (
        told["schema"],
        told["test"],
        told["id"],
    )
    assert (7, "fast", "high", "it broke") == (
        told["line"],
        told["tier"],
        told["severity"],
        told["cause"],
    )
    app, new = told["suspects"]
    assert "app.py::serve" == app["suspect"]
    assert ["four \x1f with a separator", "three", "two"] == [c["subject"] for c in app["commits"]]
    assert {"suspect": "new.py", "commits": []} == new


def test_the_next_steps_name_the_session_of_the_tier(explained: Project) -> None:
    steps = explain(explained, "test_one").as_json()["next"]

    assert "bin/nox -s quick -- -k test_one -vv" == steps[0]
    assert "git log --oneline -10 -- app.py new.py" == steps[1]
    assert "bin/invoke find-offending-commit --test test_one" == steps[2]
    assert "bin/invoke rollback --test test_one" == steps[-1]


def test_the_text_warns_of_a_high_row_and_of_no_other(explained: Project) -> None:
    high, normal = (explain(explained, name).as_text() for name in ("test_one", "test_two"))

    assert "HIGH: the gate stays closed" in high
    assert "HIGH" not in normal
    assert "another cause" in normal
    assert "    no commit yet" in high.splitlines()
    assert "tests/test_app.py:7  tier fast  severity high" in high


def test_the_text_has_the_last_commits_of_each_suspect_and_what_to_do_next(
    explained: Project,
) -> None:
    told = explain(explained, "test_one")

    lines = told.as_text().splitlines()

    newest = next(each for each in lines if each.endswith("  three"))
    sha, date, _ = told.as_json()["suspects"][0]["commits"][1].values()
    assert f"    {sha}  {date}  three" == newest
    at = lines.index("  app.py::serve")
    assert lines.index("Suspects, likeliest first") < at < lines.index(newest)
    assert [f"  {step}" for step in told.as_json()["next"]] == lines[-4:]


def test_outside_a_repository_the_row_is_explained_all_the_same(project: TinyProject) -> None:
    told = explain(read_project(project.root / "pyproject.toml"), "test_two").as_json()

    assert [{"suspect": "app.py", "commits": []}] == told["suspects"]


def test_without_git_the_row_is_explained_all_the_same(
    project: TinyProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(project.root))

    told = explain(read_project(project.root / "pyproject.toml"), "test_two").as_json()

    assert [{"suspect": "app.py", "commits": []}] == told["suspects"]


def test_an_unknown_test_is_answered_with_the_nearest(explained: Project) -> None:
    with pytest.raises(UsageError, match="the nearest: test_two"):
        explain(explained, "test_twoo")


def test_the_overview_is_one_line_a_row(explained: Project) -> None:
    rows = read_rows(explained.root, explained.test_paths)

    lines = ["high    test_one  it broke", "normal  test_two  another cause"]
    assert lines == overview(rows).splitlines()
