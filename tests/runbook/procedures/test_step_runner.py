"""Carrying a plan out: outcomes, resuming, the audit, and what two processes do to each other."""

from __future__ import annotations

import json
import resource
import signal
import subprocess
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from runbook.errors import EnvironmentNotReady, RunbookError, UsageError
from runbook.git import git
from runbook.json_files import read_lines
from runbook.procedures.journal import Done
from runbook.procedures.step_runner import carry_out, read_plan_file, read_source
from runbook.procedures.steps import Outcome, Plan, Refused, Repeat, Step, make_plan
from runbook.project import Project
from tests.runbook.support import engine_environment

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from runbook.procedures.journal import Ended, Facts
    from runbook.procedures.step_runner import Action
    from tests.runbook.support import Repository

STEPS = tuple(
    Step(name, f"Do {name}.", f"do {name}", writes=("it",), repeat=Repeat.REPEATABLE)
    for name in ("first", "second", "third")
)
PLAN = make_plan("paint", ("c" * 40, "d" * 40), {}, STEPS)


class Painter:
    """Actions that log their calls, and do what they are told."""

    def __init__(self, root: Path) -> None:
        self.project = Project(root, {})
        self.calls: list[str] = []
        self.does: dict[str, Done | BaseException] = {}
        self.said: list[str] = []
        self.seen: dict[str, Facts] = {}

    def carry_out(self, plan: Plan = PLAN, **options: Any) -> Ended:
        actions = {step.name: self._action(step.name) for step in plan.steps}
        return carry_out(self.project, plan, actions, say=self.said.append, **options)

    def _action(self, name: str) -> Action:
        def act(facts: Mapping[str, Facts]) -> Done:
            self.calls.append(name)
            self.seen = dict(facts)
            done = self.does.get(name, Done(facts={"by": name}))
            if isinstance(done, BaseException):
                raise done
            return done

        return act

    @property
    def audit(self) -> list[dict[str, Any]]:
        return read_lines(self.project.state / "audit.jsonl")


@pytest.fixture
def painter(tmp_path: Path) -> Painter:
    """A painter in an empty folder."""
    return Painter(tmp_path)


def test_steps_are_done_in_their_order_and_know_what_those_before_found(painter: Painter) -> None:
    ended = painter.carry_out()
    assert ["first", "second", "third"] == painter.calls
    assert {"first": {"by": "first"}, "second": {"by": "second"}} == painter.seen
    assert dict.fromkeys(painter.calls, Outcome.OK) == ended.outcomes
    assert ["first: ok", "second: ok", "third: ok"] == painter.said
    assert {
        "plan": PLAN.digest,
        "steps": [{"name": name, "outcome": "ok"} for name in painter.calls],
    } == ended.as_json()


def test_when_the_goal_is_reached_the_rest_is_not_selected(painter: Painter) -> None:
    painter.does["first"] = Done("all is well", outcome=Outcome.NOTHING_TO_DO, is_last=True)
    ended = painter.carry_out()
    assert ["nothing-to-do", "not-selected", "not-selected"] == list(ended.outcomes.values())
    assert "first: nothing-to-do, all is well" == painter.said[0]
    assert ended.outcomes == painter.carry_out(resume=True).outcomes
    assert ["first"] == painter.calls


def test_a_goal_that_was_reached_before_a_kill_is_not_forgotten(painter: Painter) -> None:
    painter.does["first"] = Done(is_last=True)
    painter.carry_out()
    journal = next((painter.project.state / "steps").glob("*.jsonl"))
    journal.write_bytes(b"".join(journal.read_bytes().splitlines(keepends=True)[:2]))
    assert Outcome.NOT_SELECTED is painter.carry_out(resume=True).outcomes["second"]


def test_a_run_that_failed_goes_on_at_the_step_that_failed(painter: Painter) -> None:
    painter.does["second"] = RunbookError("no paint", next_step="buy some")
    with pytest.raises(RunbookError, match="no paint"):
        painter.carry_out()
    assert "second: failed" == painter.said[-1]
    del painter.does["second"]
    ended = painter.carry_out(resume=True)
    assert ["first", "second", "second", "third"] == painter.calls
    assert {"by": "first"} == painter.seen["first"]
    assert {Outcome.OK} == set(ended.outcomes.values())
    assert "first: ok, as before" in painter.said


def test_without_resume_everything_is_done_again(painter: Painter) -> None:
    painter.carry_out()
    painter.carry_out()
    assert 6 == len(painter.calls)


def test_there_must_be_something_to_resume(painter: Painter) -> None:
    with pytest.raises(UsageError, match="there is nothing to resume"):
        painter.carry_out(resume=True)
    assert [] == painter.calls


@pytest.mark.parametrize("repeat", Repeat)
def test_what_was_interrupted_is_unknown_and_done_again_only_where_that_is_safe(
    painter: Painter, repeat: Repeat
) -> None:
    plan = replace(PLAN, steps=(STEPS[0], replace(STEPS[1], repeat=repeat)))
    painter.does["second"] = KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt):
        painter.carry_out(plan)
    assert ["ok", "unknown"] == [line["outcome"] for line in painter.audit]
    del painter.does["second"]
    if repeat is Repeat.ONCE:
        with pytest.raises(Refused, match="second was begun, nobody saw it end"):
            painter.carry_out(plan, resume=True)
        assert ["first", "second"] == painter.calls
    else:
        assert Outcome.OK is painter.carry_out(plan, resume=True).outcomes["second"]


KILLED = """
import os, signal, sys
from pathlib import Path
from runbook.project import Project
from runbook.procedures.journal import Done
from runbook.procedures.step_runner import carry_out, read_plan_file

plan = read_plan_file(Path(sys.argv[2]))
ends = {"first": lambda facts: Done(), "second": lambda facts: os.kill(os.getpid(), signal.SIGKILL)}
carry_out(Project(Path(sys.argv[1]), {}), plan, ends)
"""


def test_a_killed_run_goes_on_where_it_was_killed(painter: Painter, tmp_path: Path) -> None:
    file = tmp_path / "plan.json"
    file.write_text(json.dumps(PLAN.as_json()), encoding="utf-8")
    command = [sys.executable, "-c", KILLED, str(tmp_path), str(file)]
    killed = subprocess.run(command, env=engine_environment(), check=False)
    assert -signal.SIGKILL == killed.returncode
    assert ["first"] == [line["step"] for line in painter.audit]
    painter.carry_out(resume=True)
    assert ["second", "third"] == painter.calls


HOLDS = """
import sys
from pathlib import Path
from runbook.project import Project
from runbook.procedures.journal import Journal
from runbook.procedures.step_runner import read_plan_file

with Journal(Project(Path(sys.argv[1]), {}).state, read_plan_file(Path(sys.argv[2]))).only_one():
    print("held", flush=True)
    sys.stdin.read()
"""


def test_two_at_once_do_not_carry_out_the_same_plan(painter: Painter, tmp_path: Path) -> None:
    file = tmp_path / "plan.json"
    file.write_text(json.dumps(PLAN.as_json()), encoding="utf-8")
    command = [sys.executable, "-c", HOLDS, str(tmp_path), str(file)]
    with subprocess.Popen(
        command,
        env=engine_environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as other:
        assert other.stdout is not None
        assert "held\n" == other.stdout.readline()
        with pytest.raises(Refused, match="another process is carrying out this very plan"):
            painter.carry_out()
        other.communicate()
    assert [] == painter.calls
    painter.carry_out()


def test_an_approved_plan_is_applied_as_it_is_or_not_at_all(painter: Painter) -> None:
    assert 3 == len(painter.carry_out(approved=PLAN).outcomes)
    with pytest.raises(Refused, match="HEAD was eeeeeeeeee and is cccccccccc"):
        painter.carry_out(approved=replace(PLAN, commit="e" * 40))
    assert 3 == len(painter.calls)


def test_the_audit_says_who_did_what_when_to_which_tree_and_what_came_of_it(
    painter: Painter,
) -> None:
    painter.does["second"] = RunbookError("no paint")
    with pytest.raises(RunbookError):
        painter.carry_out()
    done, failed = painter.audit
    assert {
        "who", "argv", "procedure", "plan", "commit", "tree", "step", "outcome", "said", "made",
        "wall", "monotonic", "output",
    } == done.keys() == failed.keys()  # fmt: skip
    assert ("first", "ok", PLAN.tree, sys.argv) == tuple(
        done[key] for key in ("step", "outcome", "tree", "argv")
    )
    assert ("second", "failed", "no paint") == tuple(
        failed[key] for key in ("step", "outcome", "said")
    )
    assert done["wall"][0] <= done["wall"][1] <= failed["wall"][1]
    assert done["monotonic"][0] <= done["monotonic"][1] <= failed["monotonic"][1]
    assert 64 == len(done["output"])
    assert done["output"] != failed["output"]


def test_the_audit_is_only_ever_added_to(painter: Painter) -> None:
    painter.carry_out()
    before = (painter.project.state / "audit.jsonl").read_bytes()
    painter.carry_out()
    after = (painter.project.state / "audit.jsonl").read_bytes()
    assert after.startswith(before)
    assert 6 == len(painter.audit)


def test_a_full_disk_is_said_and_no_step_is_done_unnoted(painter: Painter) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (16, hard))
    try:
        with pytest.raises(EnvironmentNotReady, match="cannot be written"):
            painter.carry_out()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, ignored)
    assert [] == painter.calls


def test_the_source_of_a_plan_is_head_and_what_is_on_disk(repository: Repository) -> None:
    commit, tree = read_source(repository.root)
    assert (git(repository.root, "rev-parse", "HEAD"), tree) == (
        commit,
        git(repository.root, "rev-parse", "HEAD^{tree}"),
    )
    repository.write("untracked", "x")
    assert (commit, True) == (
        read_source(repository.root)[0],
        read_source(repository.root)[1] != tree,
    )


def test_what_a_call_itself_writes_is_no_change_of_its_source(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As by ``--dry-run --json plan.json``, and then ``--plan plan.json --json done.json``."""
    before = read_source(repository.root)
    repository.write("plans/a plan.json", "{}")
    monkeypatch.chdir(repository.root / "plans")

    assert before == read_source(repository.root, "a plan.json", "done.json", "-", "")
    assert before != read_source(repository.root, "done.json")
    assert before != read_source(repository.root)


def test_what_is_committed_is_source_whoever_writes_it(repository: Repository) -> None:
    before = read_source(repository.root)
    repository.write("app.py", "changed")

    assert before != read_source(repository.root, str(repository.root / "app.py"))


def test_a_plan_may_stand_outside_of_the_repository(repository: Repository, tmp_path: Path) -> None:
    assert read_source(repository.root) == read_source(
        repository.root, str(tmp_path.parent / "plan.json")
    )


def test_a_plan_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"none\.json cannot be read: No such file") as refused:
        read_plan_file(tmp_path / "none.json")
    assert "make one with --dry-run --json FILE" == refused.value.next_step
