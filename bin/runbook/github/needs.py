"""Whether a workflow's gate may be green: by the result of every job that it needs, each read."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

PLAN = "plan"  # the job that says whether the change needs the others
NOT_NEEDED = "no"


def findings(needs: str) -> Iterator[str]:
    """Yield a line for every job that keeps the gate closed.

    A job must have succeeded. It may have been skipped only where the plan succeeded and says that the change
    needs none of them; to GitHub itself a skipped job is as good as a green one.

    Args:
        needs: The workflow's ``needs`` context as JSON.
    """
    jobs = _read(needs)
    if not jobs:
        yield "the jobs that were needed are not known"
        return
    plan = jobs.get(PLAN, {})
    is_needed = plan.get("result") != "success" or _output(plan, "needed") != NOT_NEEDED
    for name, job in jobs.items():
        result = job.get("result")
        is_excused = result == "skipped" and not is_needed
        if result != "success" and not is_excused:
            yield f"{name}: {result or 'no result'}"


def _read(needs: str) -> dict[str, dict[str, Any]]:
    try:
        jobs = json.loads(needs)
    except ValueError:
        return {}
    if not isinstance(jobs, dict):
        return {}
    return {str(name): job if isinstance(job, dict) else {} for name, job in jobs.items()}


def _output(job: dict[str, Any], name: str) -> object:
    outputs = job.get("outputs")
    return outputs.get(name) if isinstance(outputs, dict) else None
