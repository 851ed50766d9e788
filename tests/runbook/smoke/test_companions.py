"""A tier that goes with another: run beside it until a green run of exactly this content proves it.

With a real git, a real Nox and real runs: a project of two tiers, one of which goes with the other.
"""

from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING

import pytest

from runbook.project import find_project
from runbook.runs.run_folder import prune
from runbook.smoke.companions import content_of
from tests.runbook.support import ENGINE, PYPROJECT, module, parse, row_test

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.runbook.support import Smoked, TinyProject

NOXFILE = """
import sys
import nox
nox.options.default_venv_backend = "none"

@nox.session(name="beside")
def beside(session):
    command = [sys.executable, "-m", "runbook.smoke", "--tier", "second", *session.posargs]
    session.run(*command, stderr=None)
"""
TIERS = """
[tool.runbook.tiers.fast]
tests = ["tests"]
[tool.runbook.tiers.second]
tests = ["second"]
session = "beside"
goes_with = "fast"
watch = ["web/**", "pyproject.toml"]
variables = ["APPS_*"]
"""
RECORD = ".runbook/proofs/second.json"


@pytest.fixture
def pair(project: TinyProject, monkeypatch: pytest.MonkeyPatch) -> TinyProject:
    """A project with a tier that goes with its first one, in an environment that is made."""
    monkeypatch.setenv("PYTHONPATH", str(ENGINE))
    project.init()
    project.write(".gitignore", "__pycache__/\n.nox/\n")
    project.write("noxfile.py", NOXFILE)
    project.write("pyproject.toml", PYPROJECT + TIERS)
    project.write("web/page.html", "<h1>Page</h1>\n")
    project.write("second/test_second.py", module(row_test("test_page")))
    (project.root / ".nox").mkdir()
    (project.root / ".nox" / "beside").symlink_to(sys.prefix)
    project.commit()
    return project


def fast(pair: TinyProject, *arguments: str, **variables: str) -> Smoked:
    """Run the first tier, as its session does."""
    return pair.smoke("--companions-by", sys.executable, *arguments, **variables)


def second(pair: TinyProject, *arguments: str, **variables: str) -> Smoked:
    return pair.smoke("--tier", "second", *arguments, **variables)


def tiers_of(smoked: Smoked) -> list[str]:
    """The tiers that were run, in their order."""
    return [parse(line)[1]["tier"] for line in smoked.lines if line.startswith("SMOKE")]


def test_it_runs_beside_the_other_and_then_its_run_proves_it(pair: TinyProject) -> None:
    first = fast(pair)
    again = fast(pair)
    run = json.loads((pair.root / RECORD).read_bytes())["run"]

    assert ["fast", "second"] == tiers_of(first)
    assert "note: second runs too: no green run of it is known here" in first.err
    assert (["fast"], 0) == (tiers_of(again), again.status)
    assert [f"note: second is proved by run {run} of the same content"] == again.err.splitlines()


def test_a_run_of_its_own_proves_it_too(pair: TinyProject) -> None:
    assert 0 == second(pair).status

    assert ["fast"] == tiers_of(fast(pair))


def test_it_is_red_beside_a_green_one(pair: TinyProject) -> None:
    pair.write("second/test_second.py", module(row_test("test_page", "assert 1 == 2")))

    smoked = fast(pair)

    assert 1 == smoked.status
    assert "RESULT red" == smoked.result[0]
    assert ["fast", "second"] == tiers_of(smoked)


def test_where_the_other_is_red_or_filtered_it_is_left_alone(pair: TinyProject) -> None:
    filtered = fast(pair, "-k", "test_one")
    pair.write("tests/test_app.py", module(row_test("test_one", "assert 1 == 2")))
    red = fast(pair)

    assert ["fast", "fast"] == tiers_of(filtered) + tiers_of(red)
    assert (0, 1) == (filtered.status, red.status)


def test_json_is_one_object_of_the_first(pair: TinyProject) -> None:
    smoked = fast(pair, "--json", "-")

    assert "fast" == json.loads(smoked.out)["tier"]
    assert "SMOKE v1 tier=second" in smoked.err


CHANGES: dict[str, Callable[[TinyProject], object]] = {
    "what it watches": lambda pair: pair.write("web/page.html", "<h1>Other</h1>\n"),
    "a new file that it watches": lambda pair: pair.write("web/new.html", "x\n"),
    "a file that is gone": lambda pair: (pair.root / "web" / "page.html").unlink(),
    "the mode of a file": lambda pair: (pair.root / "web" / "page.html").chmod(0o755),
    "its tests": lambda pair: pair.write(
        "second/test_second.py", module(row_test("test_page", "pass  # more"))
    ),
    "its settings": lambda pair: pair.write(
        "pyproject.toml", PYPROJECT + TIERS.replace('"web/**", ', "")
    ),
    "what git is told to overlook": lambda pair: (
        pair.git("update-index", "--assume-unchanged", "web/page.html"),
        pair.write("web/page.html", "<h1>Unseen</h1>\n"),
    ),
}


@pytest.mark.parametrize("what", CHANGES)
def test_other_content_is_not_proved(pair: TinyProject, what: str) -> None:
    project = find_project(pair.root)
    before = content_of(project, project.tier("second"))

    CHANGES[what](pair)
    changed = find_project(pair.root)

    assert before not in {"", content_of(changed, changed.tier("second"))}


def test_other_settings_are_not_proved_by_the_same_files(pair: TinyProject) -> None:
    project = find_project(pair.root)
    tier = project.tier("second")

    assert content_of(project, tier) not in {"", content_of(project, tier._replace(before="a:b"))}


def test_where_a_link_leads_is_content_and_what_stands_there_is_not(pair: TinyProject) -> None:
    """What it leads to is watched by itself, or is not of this project."""
    project = find_project(pair.root)
    pair.write("web/twin.html", (pair.root / "web" / "page.html").read_text(encoding="utf-8"))
    link = pair.root / "web" / "link"
    link.symlink_to("page.html")
    before = content_of(project, project.tier("second"))
    link.unlink()
    link.symlink_to("twin.html")

    assert before not in {"", content_of(project, project.tier("second"))}


def test_what_it_does_not_watch_makes_no_difference(pair: TinyProject) -> None:
    project = find_project(pair.root)
    before = content_of(project, project.tier("second"))

    pair.write("app.py", "x = 1\n")
    pair.write("notes.txt", "x\n")
    pair.commit()

    assert before == content_of(project, project.tier("second"))


def test_another_python_or_another_package_is_not_proved(pair: TinyProject, tmp_path: Path) -> None:
    project, made = find_project(pair.root), []
    environments = [("a", "one-1", 0), ("b", "one-1", 0), ("a", "one-2", 0), ("a", "one-1", 1)]
    for number, (python, package, built) in enumerate(environments):
        environment = tmp_path / str(number)
        (environment / f"lib/python3/site-packages/{package}.dist-info").mkdir(parents=True)
        (environment / "bin").mkdir()
        (environment / "bin" / "python").touch()
        os.utime(environment / "bin" / "python", ns=(0, built))
        (environment / "pyvenv.cfg").write_text(python, encoding="utf-8")
        made.append(content_of(project, project.tier("second"), environment))

    assert 4 == len({*made})
    assert "" == content_of(project, project.tier("second"), tmp_path / "not there")


def _edit(pair: TinyProject, name: str, **changes: object) -> None:
    file = pair.root / name
    file.write_text(json.dumps(json.loads(file.read_bytes()) | changes), encoding="utf-8")


def _run_of(pair: TinyProject) -> str:
    return f".runbook/runs/{json.loads((pair.root / RECORD).read_bytes())['run']}"


def _change_page(pair: TinyProject) -> str:
    """Change what it watches; return the digest of what is there now."""
    pair.write("web/page.html", "<h1>Broken</h1>\n")
    project = find_project(pair.root)
    return content_of(project, project.tier("second"))


def _doctor_both(pair: TinyProject, content: str) -> None:
    _edit(pair, RECORD, content=content)
    _edit(pair, f"{_run_of(pair)}/result.json", content=content)


DOCTORED: dict[str, Callable[[TinyProject], object]] = {
    "the record": lambda pair: _edit(pair, RECORD, content=_change_page(pair)),
    "record and result": lambda pair: _doctor_both(pair, _change_page(pair)),
    "no record": lambda pair: pair.write(RECORD, "[]"),
    "half a record": lambda pair: pair.write(RECORD, '{"schema": '),
    "another run": lambda pair: _edit(pair, RECORD, run="../../tests"),
    "the events": lambda pair: pair.write(f"{_run_of(pair)}/events.jsonl", ""),
    "the digests": lambda pair: pair.write(f"{_run_of(pair)}/SHA256SUMS", ""),
    "no digests": lambda pair: (pair.root / _run_of(pair) / "SHA256SUMS").unlink(),
}


@pytest.mark.parametrize("what", DOCTORED)
def test_what_was_doctored_proves_nothing(pair: TinyProject, what: str) -> None:
    assert 0 == second(pair).status

    DOCTORED[what](pair)

    assert ["fast", "second"] == tiers_of(fast(pair))


@pytest.mark.parametrize(
    ("arguments", "variables"),
    [
        ([], {"APPS_FOLDER": "elsewhere"}),
        ([], {"RUNBOOK_PROBE": "1"}),
        (["--collect-only"], {}),
    ],
)
def test_a_run_of_something_else_proves_nothing(
    pair: TinyProject, arguments: list[str], variables: dict[str, str]
) -> None:
    second(pair, *arguments, **variables)

    assert ["fast", "second"] == tiers_of(fast(pair))


def test_a_red_run_ends_what_was_proved(pair: TinyProject) -> None:
    broken = 'assert "BROKEN" not in os.environ'
    pair.write("second/test_second.py", module(row_test("test_page", broken)))
    assert 0 == second(pair).status
    assert 1 == second(pair, BROKEN="1").status

    assert ["fast", "second"] == tiers_of(fast(pair))


def test_what_changes_while_it_runs_is_not_proved(pair: TinyProject) -> None:
    body = 'os.truncate("web/page.html", 3)'
    pair.write("second/test_second.py", module(row_test("test_page", body)))

    assert 0 == second(pair).status

    assert not (pair.root / RECORD).exists()


def test_in_ci_nothing_is_taken_for_granted(pair: TinyProject) -> None:
    assert 0 == second(pair).status

    assert ["fast", "second"] == tiers_of(fast(pair, CI="true"))


def test_the_run_that_proves_is_kept_while_others_go(pair: TinyProject) -> None:
    assert 0 == second(pair).status
    assert 0 == second(pair, "-k", "test_page", RUNBOOK_PROBE="1").status

    prune(pair.root / ".runbook", keep=0)

    assert [_run_of(pair)] == [
        path.relative_to(pair.root).as_posix() for path in (pair.root / ".runbook/runs").iterdir()
    ]
