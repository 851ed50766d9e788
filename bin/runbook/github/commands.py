"""What the steps of the workflows call: the matrix of their jobs, and their gate."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

from runbook.describe import describe_sessions
from runbook.errors import UsageError
from runbook.github.actions import add_summary, set_output
from runbook.github.matrix import matrix
from runbook.github.needs import findings
from runbook.github.paths import is_needed, watched
from runbook.github.summary import text
from runbook.project import find_project
from runbook.smoke.changed import changed_files

if TYPE_CHECKING:
    from pathlib import Path

NEEDS = "NEEDS"  # holds the ``needs`` context as JSON: what stands in an expression is never part of a script


def plan(root: Path, tags: str) -> dict[str, Any]:
    """Say which sessions are run, and whether the change needs them; outputs ``matrix`` and ``needed``.

    Only a pull request can do without: it is merged as a commit whose first parent is what it is merged into.
    """
    is_request = os.environ.get("GITHUB_EVENT_NAME") == "pull_request"
    files = changed_files(root) if is_request else []
    needed = "yes" if is_needed(watched(find_project(root)), files) else "no"
    made = matrix(describe_sessions(root), [tag for tag in tags.split(",") if tag])
    set_output("matrix", json.dumps(made))
    set_output("needed", needed)
    return {"schema": "ci-plan/1", "needed": needed, "matrix": made}


def gate() -> list[str]:
    """Return a line for every job that keeps the workflow from being green, and sum them up for its runner.

    Raises:
        UsageError: There is no ``needs`` context to read.
    """
    needs = os.environ.get(NEEDS)
    if not needs:
        raise UsageError(
            f"{NEEDS} is not set; it holds the workflow's needs as JSON",
            next_step=f"env: {{{NEEDS}: ${{{{ toJSON(needs) }}}}}}",
        )
    closed = list(findings(needs))
    if closed:
        add_summary("\n".join(["### not green", "", *(f"- {text(line)}" for line in closed), ""]))
    return closed
