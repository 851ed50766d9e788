"""What the jobs of the workflows call."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from runbook.commands.edge import json_object, procedure
from runbook.exit_codes import ExitCode
from runbook.json_files import say_or_write
from runbook.processes.standard_streams import narrate, say
from runbook.project import find_project


@procedure
def ci_plan(root: Path, *, tags: str, as_json: bool) -> None:
    """Print which sessions a workflow runs, and tell its runner."""
    from runbook.github.commands import plan

    planned = plan(root, tags)
    listed = (f"{each['session']} on {each['python']}" for each in planned["matrix"]["include"])
    lines = [f"needed: {planned['needed']}", *listed]
    say(json.dumps(planned, indent=2) if as_json else "\n".join(lines))


@procedure
def ci_drift(root: Path, *, way: str, as_json: bool) -> ExitCode:
    """Run one way of drift, for a job of a workflow."""
    from runbook.github.drift import float_dependencies, judged

    record = float_dependencies(root, way, output=sys.stderr if as_json else sys.stdout)
    if as_json:
        say(json.dumps(record, indent=2))
    return judged(record)


@procedure
def ci_publish_drift(  # noqa: PLR0913 - these are its options
    root: Path, *, folder: str, dry_run: bool, plan_file: str, resume: bool, json_file: str
) -> None:
    """Tell the repository what drift has found, or print the plan of that."""
    from runbook.github.publish_drift import plan_telling, publish
    from runbook.procedures.step_runner import read_plan_file

    project = find_project(root)
    telling = plan_telling(project, Path(folder), plan_file, json_file)
    if dry_run:
        say_or_write(telling.plan.as_text(), telling.plan.as_json(), json_file)
        return
    approved = read_plan_file(Path(plan_file)) if plan_file else None
    done = publish(project, telling, approved=approved, resume=resume, say=narrate)
    facts = {"schema": "ci-publish-drift/1", "plan": telling.plan.digest, "done": done}
    say_or_write("\n".join(done) or "nothing to tell", facts, json_file)


@procedure
def ci_gate(*, as_json: bool) -> ExitCode:
    """Say whether every job that was needed succeeded."""
    from runbook.github.commands import gate as decide

    closed = decide()
    said = ["not green:", *(f"  {line}" for line in closed)]
    text = "\n".join(said) if closed else "every job that was needed succeeded"
    say(json_object("ci-gate/1", green=not closed, findings=closed) if as_json else text)
    return ExitCode.RED if closed else ExitCode.GREEN
