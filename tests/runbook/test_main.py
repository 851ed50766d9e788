"""``python -m runbook``, in a project that has neither Nox nor Invoke."""

from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING

from tests.runbook.support import (
    PYPROJECT,
    completed,
    engine_environment,
    module,
    row_test,
)

if TYPE_CHECKING:
    import subprocess

    from tests.runbook.support import TinyProject


def runbook(project: TinyProject, *words: str) -> subprocess.CompletedProcess[str]:
    """Call it in a process of its own."""
    return completed(
        [sys.executable, "-m", "runbook", *words], cwd=project.root, env=engine_environment()
    )


def test_a_tier_is_run_and_what_follows_two_dashes_is_of_pytest(project: TinyProject) -> None:
    whole = runbook(project, "run")
    part = runbook(project, "run", "--tier", "fast", "--", "-k", "test_one")

    assert (0, "RESULT green") == (whole.returncode, whole.stdout.splitlines()[-1][:12])
    assert " passed=1 " in part.stdout.splitlines()[-1]
    assert 2 == runbook(project, "run", "--tier", "none").returncode


def test_a_filter_picks_what_matches(project: TinyProject) -> None:
    done = runbook(project, "filter", "test_two")

    assert (0, True) == (done.returncode, "RESULT partial" in done.stdout)
    assert 2 == runbook(project, "filter", "nothing_of_the_kind").returncode


def test_a_row_is_proved_and_no_task_is_named_that_nobody_has(project: TinyProject) -> None:
    fault = 'cause = "It is no longer so."\nfile = "app.py"\nfind = "True"\nreplace = "False"\n'
    project.write("app.py", "ok = True\n")
    body = "import sys; sys.path.insert(0, '.'); import app; assert app.ok"
    project.write("tests/test_app.py", module(row_test("test_one", body)))
    project.write("tests/faults/app.toml", f"[test_one.not-so]\n{fault}")

    done = runbook(project, "prove", "test_one", "--record")

    assert (0, "RESULT proved") == (done.returncode, done.stdout.splitlines()[-1][:13]), done.stderr
    assert done.stderr.endswith("/tests/faults/recorded.json\n")


def test_what_a_refusal_names_next_can_be_typed_as_it_stands(project: TinyProject) -> None:
    refused = runbook(project, "nosuch")

    assert 2 == refused.returncode
    next_step = refused.stderr.splitlines()[-1].removeprefix("  next: ")
    environment = engine_environment() | {"PATH": os.defpath}
    typed = completed(["sh", "-c", next_step], cwd=project.root, env=environment)
    assert (0, True) == (typed.returncode, "find-offending-commit" in typed.stdout), typed.stderr


def test_rows_are_listed_and_explained(project: TinyProject) -> None:
    listed = json.loads(runbook(project, "rows", "--json").stdout)
    explained = json.loads(runbook(project, "explain", "test_one", "--json").stdout)

    assert ["test_one", "test_two"] == [row["test"] for row in listed]
    assert "it broke" == explained["cause"]
    assert 2 == runbook(project, "explain", "test_three").returncode


def test_a_search_is_kept_and_shown(project: TinyProject) -> None:
    project.write(".gitignore", "__pycache__/\n")
    good = project.init().commit("good")
    project.write("app.py", "def serve():\n    return 2\n")
    bad = project.commit("break it")
    project.write("notes.txt", "x\n")
    project.commit("take notes")

    done = runbook(
        project,
        "find-offending-commit",
        "--command",
        "grep -q 1 app.py",
        "--good",
        good,
        "--json",
        "-",
    )

    assert ("found", bad) == (
        json.loads(done.stdout)["verdict"],
        json.loads(done.stdout)["culprit"]["sha"],
    )
    page = runbook(project, "report", "--json")
    assert "search" == json.loads(page.stdout)["kind"]


def test_a_wrong_call_is_a_usage_error(project: TinyProject) -> None:
    assert 2 == runbook(project).returncode
    assert 2 == runbook(project, "find-offending-commit").returncode
    assert 2 == runbook(project, "report").returncode


def test_the_search_over_upgrades_parses_its_own_options(project: TinyProject) -> None:
    done = runbook(project, "find-offending-upgrade", "--help")

    assert (0, True) == (done.returncode, "--baseline" in done.stdout)
    assert 2 == runbook(project, "find-offending-upgrade").returncode


def test_help_says_what_the_exit_codes_mean(project: TinyProject) -> None:
    done = runbook(project, "--help")

    assert 0 == done.returncode
    assert "125 this commit cannot be tested" in " ".join(done.stdout.split())


def test_every_command_that_a_red_row_leads_to_can_be_typed_as_it_stands(
    project: TinyProject,
) -> None:
    """The project has neither `bin/invoke` nor `bin/nox`, and its shell knows nothing of the engine."""
    project.write(".gitignore", "__pycache__/\n")
    project.init().commit("good")
    project.write("tests/test_app.py", module(row_test("test_one", body="assert 1 == 2")))
    project.commit("break it")
    ((_, fields), *_) = project.smoke().fails

    explained = typed(project, fields["next"])
    rerun, log, search, rollback = explained.stdout.splitlines()[-4:]

    assert (0, "Likely cause") == (explained.returncode, explained.stdout.splitlines()[3])
    assert (1, True) == (
        typed(project, rerun).returncode,
        "RESULT red" in typed(project, rerun).stdout,
    )
    assert 0 == typed(project, log).returncode
    planned = typed(project, f"{search} --dry-run")
    assert (0, True) == (planned.returncode, "would look for a good end" in planned.stdout)
    assert "rollback" in typed(project, f"{rollback} --dry-run").stdout


def test_the_gate_is_closed_asked_and_opened(project: TinyProject) -> None:
    gate = '[tool.runbook.gate]\nfile = "gate.json"\nbuild = ["git", "hash-object", "app.py"]\n'
    project.write(".gitignore", "__pycache__/\ngate*\n")
    project.write("pyproject.toml", f"{PYPROJECT}\n{gate}")
    project.init().commit("good")

    closed = runbook(project, "gate.close", "--reason", "a look", "--json")
    sessions = json.loads(runbook(project, "gate.status", "--json").stdout)["next"]
    assert (0, True) == (typed(project, *sessions).returncode, "noxfile.py" in sessions[0])
    project.commit("the gate's sessions")
    status = json.loads(runbook(project, "gate.status", "--json").stdout)
    plan = typed(project, f"{status['next'][0]} --dry-run")

    assert ("closed", "a look") == (json.loads(closed.stdout)["gate"], status["why"])
    assert (0, True) == (plan.returncode, "smoke-fast" in plan.stdout), plan.stderr
    assert 2 == runbook(project, "gate.close").returncode  # without its reason


def test_what_a_run_left_is_verified(project: TinyProject) -> None:
    project.smoke()

    done = runbook(project, "verify-evidence", "--json")

    assert (0, True) == (done.returncode, json.loads(done.stdout)["holds"])


def typed(project: TinyProject, command: str) -> subprocess.CompletedProcess[str]:
    """Type a line that was shown, in a shell in the project's folder."""
    variables = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    return completed(["bash", "-c", command], cwd=project.root, env=variables)
