"""The evidence of a run: all of it there, and every change to it found."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from runbook.errors import UsageError
from runbook.runs.evidence import DIGESTS, find_run, verify, versions
from runbook.runs.run_folder import RunFolder
from tests.runbook.support import (
    PYPROJECT,
    TinyProject,
    completed,
    engine_environment,
    module,
    row_test,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

FILES = {
    *("events.jsonl", "pytest.log", "result.json", "junit.xml"),
    *("versions.json", "statement.json", DIGESTS),
}

# macOS has the one, Linux the other; both read and write the same.
SHA256SUM = ["shasum", "--algorithm", "256"] if sys.platform == "darwin" else ["sha256sum"]


@pytest.fixture(scope="module")
def smoked(tmp_path_factory: pytest.TempPathFactory) -> tuple[TinyProject, RunFolder]:
    """A tiny project, in a repository, with the evidence of one red run."""
    project = TinyProject(tmp_path_factory.mktemp("evidence"))
    project.write("pyproject.toml", PYPROJECT)
    project.write(".gitignore", "__pycache__/\n")
    body = "p = os.environ['RUNBOOK_EVIDENCE'] + '/shots'; os.mkdir(p); open(p + '/a.png', 'w').close()"
    red = row_test("test_red", "assert 1 == 2")
    project.write("tests/test_app.py", module(row_test("test_one", body), red))
    project.init().commit()
    folder = project.smoke().result[1]["evidence"]
    return project, RunFolder(project.root / folder)


@pytest.fixture
def run(smoked: tuple[TinyProject, RunFolder], tmp_path: Path) -> RunFolder:
    """A copy of it, to be changed."""
    return RunFolder(shutil.copytree(smoked[1].path, tmp_path / "runs" / smoked[1].id))


def content(file: Path) -> Any:
    return json.loads(file.read_bytes())


def test_a_run_leaves_all_of_it(smoked: tuple[TinyProject, RunFolder]) -> None:
    project, run = smoked

    assert {*FILES, "shots"} == {path.name for path in run.path.iterdir()}
    statement = content(run.path / "statement.json")
    assert [
        {
            "gitCommit": project.git("rev-parse", "HEAD"),
            "gitTree": project.git("rev-parse", "HEAD^{tree}"),
        }
    ] == [subject["digest"] for subject in statement["subject"]]
    assert ["tests/test_app.py::test_one"] == statement["predicate"]["passedTests"]
    assert 'failures="1"' in (run.path / "junit.xml").read_text(encoding="utf-8")


def test_the_digests_are_as_everybody_reads_them(run: RunFolder) -> None:
    subprocess.run([*SHA256SUM, "--strict", "--check", DIGESTS], cwd=run.path, check=True)

    assert "shots/a.png" in (run.path / DIGESTS).read_text(encoding="utf-8")


def test_what_the_run_left_holds(run: RunFolder) -> None:
    assert [] == verify(run)


def sign_again(run: RunFolder) -> None:
    """Make the list of digests anew, as somebody would who knows of it."""
    names = [
        name for name in (run.path / DIGESTS).read_text(encoding="utf-8").split() if "." in name
    ]
    done = subprocess.run(
        [*SHA256SUM, *names], cwd=run.path, capture_output=True, text=True, check=True
    )
    (run.path / DIGESTS).write_text(done.stdout, encoding="utf-8")


def edit(file: Path, change: Callable[[Any], object]) -> None:
    said = content(file)
    change(said)
    file.write_text(json.dumps(said), encoding="utf-8")


def make_green(result: Any) -> None:
    result["verdict"] = "green"
    result["tests"] = dict.fromkeys(result["tests"], "passed")


def test_every_kind_of_change_is_found(run: RunFolder) -> None:
    (run.path / "junit.xml").write_text("<testsuites/>", encoding="utf-8")
    (run.path / "shots" / "a.png").unlink()
    (run.path / "shots" / "b.png").touch()

    assert ["shots/a.png is missing", "shots/b.png was added", "junit.xml was changed"] == verify(
        run
    )


def test_a_truncated_file_of_events_is_found(run: RunFolder) -> None:
    data = run.events.read_bytes()
    run.events.write_bytes(data[: len(data) // 2])

    findings = verify(run)

    assert "events.jsonl was changed" in findings
    assert any(finding.startswith("the events say ") for finding in findings)


def test_a_result_that_was_turned_green_is_found_though_its_digest_is_made_anew(
    run: RunFolder,
) -> None:
    edit(run.result, make_green)
    sign_again(run)

    said = "the events say red, or other tests, and the result says green"
    assert [said, "the statement says something else than the result"] == verify(run)


def test_a_statement_that_was_turned_green_is_found(run: RunFolder) -> None:
    statement = run.path / "statement.json"
    edit(statement, lambda said: said["predicate"].update(result="PASSED"))
    sign_again(run)

    assert ["the statement says something else than the result"] == verify(run)


def test_files_that_are_no_evidence_do_not_fit_together(run: RunFolder) -> None:
    run.result.write_text("{}", encoding="utf-8")

    assert any("do not fit together" in finding for finding in verify(run))


def test_a_run_that_has_not_ended_has_no_evidence(run: RunFolder) -> None:
    (run.path / DIGESTS).unlink()

    with pytest.raises(UsageError, match="holds no evidence of a run that has ended"):
        verify(run)


def test_the_newest_run_is_found_without_a_name(run: RunFolder) -> None:
    state = run.path.parents[1]
    older = shutil.copytree(run.path, run.path.with_name("older"))
    os.utime(older / DIGESTS, ns=(0, 0))

    assert run.path == find_run(state, "").path
    assert older == find_run(state, "older").path
    assert run.path == find_run(state, str(run.path)).path
    with pytest.raises(UsageError, match=f"there is no run gone; the newest: {run.id}, older"):
        find_run(state, "gone")


def test_as_a_program_it_says_what_it_found(smoked: tuple[TinyProject, RunFolder]) -> None:
    project, run = smoked

    def verified(*arguments: str) -> tuple[int, str]:
        done = completed(
            [sys.executable, "-m", "runbook", "verify-evidence", *arguments],
            cwd=project.root,
            env=engine_environment(),
        )
        return done.returncode, done.stdout + done.stderr

    said = f"run {run.id}: 7 files are as the run left them; the events still say red\n"
    assert (0, said) == verified()
    changed = shutil.copytree(run.path, run.path.with_name("changed"))
    (changed / "pytest.log").write_text("", encoding="utf-8")
    assert (1, "error: pytest.log was changed\n") == verified("--run", "changed")
    status, text = verified("--run", "gone")
    assert (2, True) == (status, text.startswith("error: there is no run gone"))


def test_versions_name_what_is_installed() -> None:
    named = versions()

    assert {"python", "implementation", "system", "packages"} == named.keys()
    assert pytest.__version__ == named["packages"]["pytest"]
