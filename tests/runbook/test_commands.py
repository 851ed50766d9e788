"""What the tasks do, with a real Nox over a tiny project whose sessions need no environment."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from runbook import commands
from runbook.exit_codes import ExitCode
from runbook.locks import Compiled
from tests.runbook.support import ENGINE, PYPROJECT, module, row_test

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.runbook.support import TinyProject

NOXFILE = """
import sys
import nox
nox.options.default_venv_backend = "none"

@nox.session(name="quick")
def quick(session):
    session.run(sys.executable, "-m", "runbook.smoke", *session.posargs, stderr=None)

@nox.session(name="broken")
def broken(session):
    session.error("no environment")

@nox.session(name="twice")
@nox.parametrize("tier", ["fast", "other"])
def twice(session, tier):
    session.run(sys.executable, "-m", "runbook.smoke", "--tier", tier, *session.posargs)
"""
TIERS = """
[tool.runbook]
[tool.runbook.tiers.fast]
tests = ["tests"]
session = "quick"
watch = ["web/**"]
[tool.runbook.tiers.other]
tests = ["other"]
session = "broken"
[tool.runbook.tiers.both]
tests = ["tests"]
session = "twice"
"""


@pytest.fixture
def procedures(project: TinyProject, monkeypatch: pytest.MonkeyPatch) -> TinyProject:
    """A project of three tiers, one of which has no environment."""
    monkeypatch.setenv("PYTHONPATH", str(ENGINE))
    project.write("noxfile.py", NOXFILE)
    project.write("pyproject.toml", PYPROJECT + TIERS)
    project.write("other/test_other.py", module(row_test("test_red", "assert 1 == 2")))
    return project


def ends_with(command: Callable[..., None], *arguments: Any, **options: Any) -> int:
    """Call a command; return the exit status that it ends the process with."""
    with pytest.raises(SystemExit) as ended:
        command(*arguments, **options)
    return int(str(ended.value.code))


def test_a_tier_is_run_through_its_session(
    procedures: TinyProject, capfd: pytest.CaptureFixture[str]
) -> None:
    file = procedures.root / "run.json"

    assert 0 == ends_with(commands.run, procedures.root, json_file=str(file))

    assert "RESULT green" in capfd.readouterr().out
    assert "green" == json.loads(file.read_bytes())["verdict"]


def test_json_stands_alone_on_standard_output(
    procedures: TinyProject, capfd: pytest.CaptureFixture[str]
) -> None:
    assert 0 == ends_with(commands.run, procedures.root, json_file="-")

    assert "green" == json.loads(capfd.readouterr().out)["verdict"]


@pytest.mark.parametrize("to", ["run.json", "-"])
def test_every_smoke_of_a_session_is_in_the_json(
    procedures: TinyProject,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    to: str,
) -> None:
    monkeypatch.chdir(procedures.root)

    assert 1 == ends_with(commands.run, procedures.root, tier="both", json_file=to)

    out = capfd.readouterr().out
    together = json.loads(out if to == "-" else (procedures.root / to).read_bytes())
    assert ("runs/1", 1, ["both"]) == (
        together["schema"],
        together["exit_code"],
        together["tiers"],
    )
    assert ["green", "red"] == [run["verdict"] for run in together["runs"]]


def test_a_run_that_never_was_says_so_in_the_place_of_an_earlier_one(
    procedures: TinyProject,
) -> None:
    file = procedures.write("run.json", '{"verdict": "green"}')

    assert 4 == ends_with(commands.run, procedures.root, tier="other", json_file=str(file))

    record = json.loads(file.read_bytes())
    assert ("error/1", "environment") == (record["schema"], record["verdict"])


def test_json_that_cannot_be_written_is_said_before_anything_runs(
    procedures: TinyProject, capfd: pytest.CaptureFixture[str]
) -> None:
    nowhere = str(procedures.root / "absent" / "run.json")

    assert 2 == ends_with(commands.run, procedures.root, json_file=nowhere)

    shown = capfd.readouterr()
    assert ("", True) == (shown.out, f"--json {nowhere}: No such file" in shown.err)


def test_a_filter_that_matches_nothing_keeps_its_exit_code_behind_nox(
    procedures: TinyProject, capfd: pytest.CaptureFixture[str]
) -> None:
    assert 2 == ends_with(commands.filter_tests, procedures.root, "onne or twoo", tier="fast")

    shown = capfd.readouterr()
    assert "no test matches: -k onne or twoo" in shown.err
    assert ["SMOKE", "RESULT"] == [line.split()[0] for line in shown.out.splitlines()]


def test_the_worst_exit_code_of_several_smokes_wins(procedures: TinyProject) -> None:
    assert 1 == ends_with(commands.run, procedures.root, tier="both")


def test_a_session_that_ends_before_its_smoke_is_an_environment_that_is_not_ready(
    procedures: TinyProject,
) -> None:
    assert 4 == ends_with(commands.run, procedures.root, tier="other")


@pytest.mark.parametrize(
    ("file", "status", "said"),
    [
        ("LICENSE", 0, "none: nothing that a tier watches has changed"),
        ("other/test_other.py", 4, "other"),
    ],
)
def test_only_the_tiers_that_a_change_needs_are_run(
    procedures: TinyProject,
    capfd: pytest.CaptureFixture[str],
    file: str,
    status: int,
    said: str,
) -> None:
    procedures.init()
    procedures.commit()
    procedures.write(file, "# changed\n")

    assert status == ends_with(commands.run, procedures.root, changed=True)

    assert f"tiers that the change needs: {said}\n" in capfd.readouterr().err


@pytest.mark.parametrize(
    ("changed", "status", "tiers", "runs"),
    [
        (["LICENSE"], 0, [], []),
        (["web/a.js"], 0, ["fast"], ["green"]),
        (["web/a.js", "other/test_other.py"], 4, ["fast", "other"], ["green"]),
    ],
)
def test_the_runs_that_a_change_needs_are_one_object(
    procedures: TinyProject,
    capfd: pytest.CaptureFixture[str],
    *,
    changed: list[str],
    status: int,
    tiers: list[str],
    runs: list[str],
) -> None:
    procedures.init()
    procedures.commit()
    for file in changed:
        procedures.write(file, "# changed\n")

    assert status == ends_with(commands.run, procedures.root, changed=True, json_file="-")

    together = json.loads(capfd.readouterr().out)
    assert ("runs/1", status, tiers) == (
        together["schema"],
        together["exit_code"],
        together["tiers"],
    )
    assert runs == [run["verdict"] for run in together["runs"]]


def test_a_filter_needs_a_pattern(
    procedures: TinyProject, capsys: pytest.CaptureFixture[str]
) -> None:
    assert 2 == ends_with(commands.filter_tests, procedures.root, "", tier="fast")

    assert (
        "error: filter needs a pattern\n  next: bin/invoke filter visitor\n"
        == capsys.readouterr().err
    )


def test_ctrl_c_ends_a_command_as_interrupted(
    procedures: TinyProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(commands, "find_project", interrupted)

    assert ExitCode.INTERRUPTED == ends_with(commands.rows, procedures.root, as_json=False)


def test_rows_are_listed_for_people_and_for_scripts(
    procedures: TinyProject, capsys: pytest.CaptureFixture[str]
) -> None:
    assert 0 == ends_with(commands.rows, procedures.root, as_json=False)
    assert [
        "normal  test_one  it broke",
        "normal  test_two  it broke",
    ] == capsys.readouterr().out.splitlines()[:2]

    assert 0 == ends_with(commands.rows, procedures.root, as_json=True)
    assert {
        "test": "test_one",
        "id": "tests/test_app.py::test_one",
        "severity": "normal",
        "cause": "it broke",
    } == json.loads(capsys.readouterr().out)[0]


def test_a_row_is_explained_for_people_and_for_scripts(
    procedures: TinyProject, capsys: pytest.CaptureFixture[str]
) -> None:
    assert 0 == ends_with(commands.explain, procedures.root, "test_red", as_json=False)
    assert capsys.readouterr().out.startswith("test_red\n  other/test_other.py:7  tier other")

    assert 0 == ends_with(commands.explain, procedures.root, "test_red", as_json=True)
    assert "test_red" == json.loads(capsys.readouterr().out)["test"]

    assert 2 == ends_with(commands.explain, procedures.root, "test_rde", as_json=False)
    assert "the nearest: test_red" in capsys.readouterr().err


def test_the_documents_are_made_anew_once(
    procedures: TinyProject, capsys: pytest.CaptureFixture[str]
) -> None:
    procedures.write("README.md", "<!-- generated: rows -->\n<!-- end of rows -->\n")

    def docs(*, as_json: bool) -> str:
        assert 0 == ends_with(commands.docs, procedures.root, transcript=False, as_json=as_json)
        return capsys.readouterr().out

    assert "changed: README.md\n" == docs(as_json=False)
    assert "every document is as it was\n" == docs(as_json=False)
    assert {"schema": "docs/1", "changed": []} == json.loads(docs(as_json=True))
    assert "| `test_one` | normal |" in (procedures.root / "README.md").read_text(encoding="utf-8")


def lock_says(
    root: Path, capsys: pytest.CaptureFixture[str], *, as_of: str = "", as_json: bool = False, dry_run: bool = False
) -> str:  # fmt: skip
    options = {"upgrade": False, "only": "", "as_of": as_of, "dry_run": dry_run, "as_json": as_json}
    assert 0 == ends_with(commands.lock, root, **options)
    return capsys.readouterr().out


def test_the_locks_that_changed_are_named(
    procedures: TinyProject, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    both, one = (
        [Compiled("fast", has_changed=True), Compiled("lint", has_changed=True)],
        [Compiled("fast", has_changed=True)],
    )
    answers = iter([both, [Compiled("fast", has_changed=False)], one, one])
    monkeypatch.setattr("runbook.locks.compile_locks", lambda *_, **__: next(answers))
    root = procedures.root

    assert "changed: fast, lint\n" == lock_says(root, capsys)
    assert "every lock is as it was\n" == lock_says(root, capsys)
    assert "would change: fast\n" == lock_says(root, capsys, dry_run=True)
    expected = {"schema": "lock/1", "changed": ["fast"], "as_of": {}}
    assert expected == json.loads(lock_says(root, capsys, as_json=True))


def test_a_lock_that_cannot_be_so_old_is_named_with_its_day(
    procedures: TinyProject, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, younger = "2025-11-22T23:59:59Z", "2026-02-03T23:59:59Z"
    answer = [
        Compiled("fast", has_changed=True, as_of=asked),
        Compiled("lint", has_changed=False, as_of=younger),
    ]
    monkeypatch.setattr(
        "runbook.locks.compile_locks", lambda *_, as_of, **__: answer if as_of == asked else []
    )
    root = procedures.root

    said = lock_says(root, capsys, as_of="2025-11-22")
    assert f"changed: fast\nas of {younger}: lint; nothing older fits its requirements\n" == said
    record = json.loads(lock_says(root, capsys, as_of="2025-11-22", as_json=True))
    assert {"fast": asked, "lint": younger} == record["as_of"]


def test_a_day_that_is_none_is_a_usage_error(
    procedures: TinyProject, capsys: pytest.CaptureFixture[str]
) -> None:
    options = {"upgrade": False, "only": "", "dry_run": False, "as_json": False}
    assert 2 == ends_with(commands.lock, procedures.root, as_of="last year", **options)

    assert "'last year' is no date" in capsys.readouterr().err


def test_a_search_is_told_of_a_nought_and_of_nothing_that_was_not_said(
    procedures: TinyProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[list[str]] = []

    def search_for(words: list[str]) -> int:
        told.append(words)
        return 0

    monkeypatch.setattr("runbook.culprit.__main__.main", search_for)
    monkeypatch.setattr("runbook.upgrades.__main__.main", search_for)
    options = {"flake-rate": "0", "jobs": 0, "good": ""}
    said: dict[str, Any] = {"command": "true", "options": options}
    search = said | {"test": "", "file": "", "repo": "", "flags": {"dry-run": False}}
    upgrades = said | {"baseline": "pins.txt", "lists": {}, "flags": {}}
    assert 0 == ends_with(partial(commands.find_offending_commit, procedures.root, **search))
    assert 0 == ends_with(partial(commands.find_offending_upgrade, **upgrades))

    commit, upgrade = told
    assert ["--command", "true", "--flake-rate", "0", "--jobs", "0"] == commit[2:]
    assert ["--flake-rate=0", "--jobs=0"] == upgrade[2:]


def json_calls(root: Path, place: str) -> list[Callable[[], None]]:
    """Return calls that are wrong, each by another way in which a call wants its JSON."""
    how = {"dry_run": False, "plan": "", "resume": False, "json_file": place}
    search: dict[str, Any] = {"test": "", "file": "", "repo": "", "command": "", "flags": {}}
    upgrade: dict[str, Any] = {"baseline": "", "command": "", "lists": {}, "flags": {}}
    return [
        lambda: commands.explain(root, "nosuch", as_json=True),
        lambda: commands.run(root, tier="nosuch", json_file=place),
        lambda: commands.filter_tests(root, "", tier="one", json_file=place),
        lambda: commands.revert_and_resmoke(root, {"commit": ""}, how),
        lambda: commands.find_offending_commit(root, **search, options={"json": place}),
        lambda: commands.find_offending_upgrade(**upgrade, options={"json": place}),
    ]


def test_a_wrong_call_is_one_json_document_where_that_was_asked_for(
    procedures: TinyProject, capfd: pytest.CaptureFixture[str]
) -> None:
    for call in json_calls(procedures.root, "-"):
        assert 2 == ends_with(call)
        shown = capfd.readouterr()
        record = json.loads(shown.out)
        assert ("error/1", 2) == (record["schema"], record["exit_code"])
        assert shown.err.startswith(f"error: {record['error']}\n")


def test_a_session_that_ends_before_its_smoke_is_json_too(
    procedures: TinyProject, capfd: pytest.CaptureFixture[str]
) -> None:
    assert 4 == ends_with(commands.run, procedures.root, tier="other", json_file="-")

    record = json.loads(capfd.readouterr().out)
    assert ("environment", ["bin/nox -s broken"]) == (record["verdict"], record["next"])
