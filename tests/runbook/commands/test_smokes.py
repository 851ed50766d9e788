"""Tiers and parts of them, with a real Nox over a tiny project whose sessions need no environment."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from runbook import commands
from tests.runbook.support import ends_with, module, row_test

if TYPE_CHECKING:
    from tests.runbook.support import TinyProject


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


def test_the_tiers_after_a_red_one_wait_for_it(
    procedures: TinyProject, capfd: pytest.CaptureFixture[str]
) -> None:
    """What is printed last is then the red one, and no other's green."""
    procedures.init()
    procedures.commit()
    procedures.write("tests/test_app.py", module(row_test("test_one", "assert 1 == 2")))

    assert 1 == ends_with(commands.run, procedures.root, changed=True)

    shown = capfd.readouterr()
    assert shown.out.splitlines()[-1].startswith("RESULT red ")
    assert "note: not run, since fast is not green: both\n" in shown.err


def test_a_filter_needs_a_pattern(
    procedures: TinyProject, capsys: pytest.CaptureFixture[str]
) -> None:
    assert 2 == ends_with(commands.filter_tests, procedures.root, "", tier="fast")

    assert (
        "error: filter needs a pattern\n  next: bin/invoke filter visitor\n"
        == capsys.readouterr().err
    )


def test_a_session_that_ends_before_its_smoke_is_json_too(
    procedures: TinyProject, capfd: pytest.CaptureFixture[str]
) -> None:
    assert 4 == ends_with(commands.run, procedures.root, tier="other", json_file="-")

    record = json.loads(capfd.readouterr().out)
    assert ("environment", ["bin/nox -s broken"]) == (record["verdict"], record["next"])


def with_faults(procedures: TinyProject) -> None:
    """Let the project have two rows, each with a fault."""
    rows = ("test_strong", "test_weak")
    faults = [
        f'[{row}.gone]\ncause = "Gone."\nfile = "a.py"\nfind = "a"\nreplace = "b"\n' for row in rows
    ]
    procedures.write("tests/test_app.py", module(*map(row_test, rows)))
    procedures.write("tests/faults/all.toml", "".join(faults))


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"test": "test_strnog"}, "test_strong"),
        ({"test": "test_strong", "tier": "fats"}, "there are: fast"),
        ({"test": "test_red"}, "there is no fault for test_red"),
        ({"jobs": -1}, "--jobs is -1; it is 0 or more"),
    ],
)
def test_what_cannot_be_proved_is_refused_before_there_is_an_environment(
    procedures: TinyProject, capfd: pytest.CaptureFixture[str], asked: dict[str, Any], said: str
) -> None:
    with_faults(procedures)
    procedures.write("noxfile.py", "raise SystemExit('an environment is made')\n")
    options = {"test": "", "tier": "", "jobs": 0, "json_file": "-", **asked}

    assert 2 == ends_with(commands.prove, procedures.root, **options)

    told = capfd.readouterr()
    assert said in told.err
    assert "usage" == json.loads(told.out)["verdict"]


@pytest.mark.parametrize(("test", "code"), [("test_strong", 0), ("test_weak", 1)])
def test_a_proof_ends_as_its_session_does(
    procedures: TinyProject, capfd: pytest.CaptureFixture[str], test: str, code: int
) -> None:
    options = {"tier": "fast", "jobs": 2, "json_file": ""}
    with_faults(procedures)

    assert code == ends_with(commands.prove, procedures.root, test=test, **options)

    assert f"{test} --tier fast --jobs 2" in capfd.readouterr().out
