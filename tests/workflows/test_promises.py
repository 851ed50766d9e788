"""What every workflow promises, read from its file: least rights, pins, no script in an expression, a gate."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from runbook.github.commands import NEEDS
from runbook.github.paths import watched
from runbook.project import find_project

ROOT = Path(__file__).resolve().parents[2]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
PIN = re.compile(r"uses: ([\w./-]+)@(?P<commit>[0-9a-f]{40}) # v\d+(\.\d+\.\d+)?$")
LONGEST = 60  # minutes that any job may take
COMMAND = re.compile(r"(bin/(nox|invoke)|bash bin/run_e2e_smoke\.sh)( |$)[^|;&<>`\n]*")


def read(file: Path) -> dict[str, Any]:
    """Return a workflow; YAML takes its ``on`` for a truth, which is put right."""
    content: dict[Any, Any] = yaml.safe_load(file.read_text(encoding="utf-8"))
    return {"on" if key is True else key: value for key, value in content.items()}


def steps(workflow: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """Return every step with the name of its job."""
    return [(name, step) for name, job in workflow["jobs"].items() for step in job["steps"]]


every_workflow = pytest.mark.parametrize("file", WORKFLOWS, ids=lambda file: file.stem)


def test_the_workflows_that_are_promised_are_there() -> None:
    assert {"integration-test", "browser-nightly", "dependency-drift"} == {
        file.stem for file in WORKFLOWS
    }


@every_workflow
def test_no_job_has_a_right_that_it_does_not_ask_for(file: Path) -> None:
    workflow = read(file)

    assert {} == workflow["permissions"]
    assert all(isinstance(job["permissions"], dict) for job in workflow["jobs"].values())


@every_workflow
def test_every_job_ends_and_two_of_a_kind_do_not_meet(file: Path) -> None:
    workflow = read(file)

    assert "group" in workflow["concurrency"]
    assert all(0 < job["timeout-minutes"] <= LONGEST for job in workflow["jobs"].values())


@every_workflow
def test_every_action_is_pinned_to_a_commit_with_its_version_beside(file: Path) -> None:
    used = [
        line.strip("- ")
        for line in file.read_text(encoding="utf-8").splitlines()
        if "uses:" in line
    ]

    assert used
    assert [] == [line for line in used if not PIN.fullmatch(line.strip())]


@every_workflow
def test_no_token_is_left_in_a_checkout(file: Path) -> None:
    checkouts = [
        step for _, step in steps(read(file)) if "actions/checkout@" in step.get("uses", "")
    ]

    assert checkouts
    assert all(step["with"]["persist-credentials"] is False for step in checkouts)


@every_workflow
def test_every_step_runs_one_command_of_this_repository_and_no_expression(file: Path) -> None:
    for job, step in steps(read(file)):
        command = step.get("run")
        if command is not None:
            assert COMMAND.fullmatch(command), f"{job}: {command}"
            assert "${{" not in command
            assert "continue-on-error" not in step


@every_workflow
def test_the_gate_needs_every_other_job_and_reads_what_became_of_each(file: Path) -> None:
    jobs = read(file)["jobs"]
    gate = jobs["gate"]

    assert set(gate["needs"]) == jobs.keys() - {"gate"}
    assert "${{ always() }}" == gate["if"]
    (reads,) = (step for step in gate["steps"] if "run" in step)
    assert ("bin/invoke ci.gate", "${{ toJSON(needs) }}") == (reads["run"], reads["env"][NEEDS])
    assert not any("continue-on-error" in job for job in jobs.values())


def test_a_push_starts_what_the_rows_and_the_harness_say() -> None:
    push = read(ROOT / ".github" / "workflows" / "integration-test.yml")["on"]["push"]

    assert watched(find_project(ROOT)) == push["paths"]
    assert "bin/**" in push["paths"]


def test_the_first_run_is_the_two_commands_of_the_readme() -> None:
    workflow = read(ROOT / ".github" / "workflows" / "integration-test.yml")
    job = workflow["jobs"]["first-run"]
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    (block, *_) = re.findall(r"^```bash\n(.*?)^```", readme, re.MULTILINE | re.DOTALL)
    shown = [line.partition("#")[0].strip() for line in block.splitlines()]

    assert shown == [step["run"] for step in job["steps"] if "run" in step]
    assert not any("setup-" in step.get("uses", "") for step in job["steps"])
    assert {"ubuntu", "macos"} == {
        name.partition("-")[0] for name in job["strategy"]["matrix"]["runner"]
    }


def test_drift_is_looked_for_as_often_as_the_runbook_says() -> None:
    drift = read(ROOT / ".github" / "workflows" / "dependency-drift.yml")
    runbook = (ROOT / "docs" / "getting-started" / "SMOKE_RUNBOOK.md").read_text(encoding="utf-8")

    (when,) = drift["on"]["schedule"]
    *_, day, month, weekday = when["cron"].split()
    assert ("*", "*", True) == (day, month, weekday.isdigit())
    assert "\n| Every week | `bin/nox -s drift`" in runbook
