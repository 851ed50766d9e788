"""What a search leaves behind."""

from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING

from runbook.culprit.search_folder import KEEP, keep_search, read_context
from tests.runbook.report_page.pages import culprit
from tests.runbook.support import completed, engine_call, engine_environment

if TYPE_CHECKING:
    from pathlib import Path

    from tests.runbook.support import Repository


def found(repository: Repository) -> dict[str, object]:
    """Break the app in the second of three commits; return a search that says so."""
    good = repository.git("rev-parse", "HEAD")
    repository.write("app.py", "def serve():\n    return 2\n")
    broken = repository.commit("break it\n\nwith a body")
    repository.write("notes.txt", "x\n")
    bad = repository.commit("take notes")
    named = {"sha": broken, "subject": "break it", "author": "Ada", "date": "", "files": ["app.py"]}
    return culprit(good=good, bad=bad, culprit=named)


def test_a_search_is_kept_with_its_commits_the_patch_and_the_command(
    repository: Repository, tmp_path: Path
) -> None:
    result = found(repository)
    folder = keep_search(tmp_path / "state", repository.root, result, replay="search again")

    context = read_context(folder)
    assert result == json.loads((folder / "result.json").read_text())
    assert ["break it", "take notes"] == [subject for _, subject in context["history"]]
    assert "+    return 2" in context["patch"]
    assert "search again" == context["replay"]
    assert "*\n" == (tmp_path / "state" / ".gitignore").read_text()


def test_where_git_does_not_tell_there_is_still_the_result(tmp_path: Path) -> None:
    folder = keep_search(tmp_path, tmp_path, culprit(good="a", bad="b"), replay="")

    assert {"history": [], "patch": "", "replay": ""} == read_context(folder)
    (folder / "context.json").unlink()
    assert {} == read_context(folder)


def test_only_the_newest_searches_stay(tmp_path: Path) -> None:
    kept = [keep_search(tmp_path, tmp_path, culprit(), replay="") for _ in range(KEEP)]
    for age, folder in enumerate(kept):
        os.utime(folder / "result.json", ns=(age, age))

    last = keep_search(tmp_path, tmp_path, culprit(), replay="")

    left = {path.name for path in (tmp_path / "searches").iterdir()}
    assert {last.name, *(folder.name for folder in kept[1:])} == left


def test_a_search_in_a_project_is_kept_there_and_says_what_shows_it(
    repository: Repository, tmp_path: Path
) -> None:
    project = tmp_path / "project"
    project.mkdir()
    (project / "pyproject.toml").write_text("", encoding="utf-8")
    ends = found(repository)
    command = [sys.executable, "-m", "runbook.culprit", "--repo", str(repository.root)]

    done = completed(
        [*command, "--good", str(ends["good"]), "--command", "grep -q 1 app.py", "--json", "-"],
        cwd=project,
        env=engine_environment(),
    )

    (folder,) = (project / ".runbook" / "searches").iterdir()
    assert (0, "found") == (done.returncode, json.loads(done.stdout)["verdict"])
    assert json.loads(done.stdout) == json.loads((folder / "result.json").read_text())
    assert engine_call(f"report --search {folder.name}") in done.stderr


def test_a_search_outside_of_any_project_is_a_search_all_the_same(repository: Repository) -> None:
    ends = found(repository)
    command = [sys.executable, "-m", "runbook.culprit", "--good", str(ends["good"])]

    done = completed(
        [*command, "--command", "grep -q 1 app.py"], cwd=repository.root, env=engine_environment()
    )

    assert 0 == done.returncode
    assert "note: the search is not kept" in done.stderr
    assert "" == repository.git("status", "--porcelain")
