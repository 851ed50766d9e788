"""Every ``run:`` line of the workflows, carried out in order in a fresh clone with the files that a runner gives."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.workflows_run.runner import Runner, job

if TYPE_CHECKING:
    from tests.workflows_run.runner import Stepped

SESSIONS = {"fast", "lint", "types", "engine", "app", "workflows", "fast-on-3.11", "fast-on-3.13"}
LINKS = Path("bin/dashgen/links.py")


@pytest.fixture
def runner(tmp_path: Path) -> Runner:
    return Runner.make(tmp_path)


def all_green(steps: list[Stepped]) -> bool:
    """Whether there were steps and none failed; the log of one that did is shown."""
    for step in steps:
        assert 0 == step.status, step.log
    return bool(steps)


def test_the_plan_has_the_sessions_and_says_that_a_push_needs_them(runner: Runner) -> None:
    (plan,) = runner.run_job(job("integration-test", "plan"), {})

    assert 0 == plan.status, plan.log
    planned = json.loads(plan.outputs["matrix"])["include"]
    assert SESSIONS <= {each["session"] for each in planned}
    assert all(each["python"] for each in planned)
    assert "yes" == plan.outputs["needed"]


def test_a_green_session_is_summed_up_marks_nothing_and_has_a_page(runner: Runner) -> None:
    session, page = runner.run_job(job("integration-test", "session"), {"matrix.session": "fast"})

    assert 0 == session.status, session.log
    assert "green" in session.summary
    assert "::error" not in session.log
    assert (0, True) == (page.status, any(runner.clone.glob(".runbook/reports/run-*.html")))


def test_a_red_session_is_red_and_marks_the_row_that_is_to_blame(runner: Runner) -> None:
    links = runner.clone / LINKS
    with links.open("a", encoding="utf-8") as source:
        source.write("\n\ndef safe_href(url):\n    return url\n")

    (session,) = runner.run_job(job("integration-test", "session"), {"matrix.session": "fast"})

    assert 1 == session.status
    marks = [line for line in session.log.splitlines() if line.startswith("::error ")]
    assert "test_javascript_url_in_click_to_link_is_filtered_in_static_render" in marks[0]
    assert "high severity" in marks[0]
    assert re.match(r"::error file=tests/integration/\w+\.py,line=\d+,", marks[0])
    assert len(marks) <= 10
    assert "red: smoke fast" in session.summary
    assert len(session.summary.encode()) < 1_048_576


@pytest.mark.parametrize("workflow", ["integration-test", "browser-nightly", "dependency-drift"])
def test_the_gate_is_as_green_as_what_it_needs(workflow: str, runner: Runner) -> None:
    gate = job(workflow, "gate")
    green = {name: {"result": "success", "outputs": {}} for name in gate["needs"]}
    red = green | {gate["needs"][-1]: {"result": "skipped", "outputs": {}}}

    (opened,) = runner.run_job(gate, {"toJSON(needs)": json.dumps(green)})
    (closed,) = runner.run_job(gate, {"toJSON(needs)": json.dumps(red)})

    assert (0, 1) == (opened.status, closed.status), opened.log + closed.log
    assert f"{gate['needs'][-1]}" in closed.summary


def test_the_nightly_plan_and_a_session_of_it(runner: Runner) -> None:
    (plan,) = runner.run_job(job("browser-nightly", "plan"), {})
    named = [each["session"] for each in json.loads(plan.outputs["matrix"])["include"]]
    assert {"browser", "pages"} <= set(named)

    steps = runner.run_job(job("browser-nightly", "session"), {"matrix.session": "browser"})

    assert all_green(steps)
    assert "green" in steps[1].summary


def test_the_two_commands_of_the_readme(runner: Runner) -> None:
    assert all_green(runner.run_job(job("integration-test", "first-run"), {}))


def test_a_week_of_drift_and_what_is_told_of_it(runner: Runner, tmp_path: Path) -> None:
    steps = runner.run_job(job("dependency-drift", "drift"), {"matrix.way": "now"})
    drift = steps[1]
    assert re.match(r"### [a-z-]+: drift, now\n", drift.summary), drift.log
    assert drift.status in {0, 1}

    gh = tmp_path / "gh"
    gh.write_text(
        '#!/bin/sh\ncase "$*" in *list*) echo "[]";; *) cat >/dev/null; echo done;; esac\n'
    )
    gh.chmod(0o755)
    published = runner.run(
        job("dependency-drift", "publish")["steps"][-1]["run"].replace(
            ".runbook/found", ".runbook/drift"
        ),
        {"PATH": f"{tmp_path}:/usr/local/bin:/usr/bin:/bin"},
    )
    assert 0 == published.status, published.log
