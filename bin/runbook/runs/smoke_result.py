"""Tell a dashboard how a smoke went: ``POST /smoke-test-result``, which lets a project go on or holds it back."""

from __future__ import annotations

import http.client
import json
import os
import urllib.error
import urllib.request
from typing import TYPE_CHECKING

from runbook.errors import EnvironmentNotReady, UsageError
from runbook.runs.verdict import Word

if TYPE_CHECKING:
    from runbook.runs.run_report import Run

TOKEN_VARIABLE = "DASHBOARD_TOKEN"  # noqa: S105 - the name of it
_ROUTE = "/smoke-test-result"
_SECONDS = 10.0
_MAX_NOTES = 4_000  # characters
_RESULTS = {Word.GREEN: "pass", Word.PARTIAL: "issues", Word.RED: "fail"}


def take_token(url: str) -> str:
    """See that a result can be sent before anything is run; return the token, which no test inherits.

    Raises:
        UsageError: The address is not one of HTTP, or there is no token in the environment.
    """
    if not url.startswith(("http://", "https://")):
        raise UsageError(
            f"--report-to {url!r} is no address of a dashboard",
            next_step="--report-to http://127.0.0.1:8080",
        )
    token = os.environ.pop(TOKEN_VARIABLE, "")
    if not token:
        raise UsageError(
            f"--report-to needs {TOKEN_VARIABLE} in the environment",
            next_step=f"export {TOKEN_VARIABLE}=..., as the dashboard's .env.local has it",
        )
    return token


def send_result(run: Run, url: str, token: str) -> None:
    """Send how a run went, with its lines for notes. Only green is a pass.

    Args:
        run: The run.
        url: The dashboard's address.
        token: The dashboard's.

    Raises:
        EnvironmentNotReady: Nobody answers, or the dashboard refuses.
    """
    body = {
        "slug": run.project.slug,
        "result": _RESULTS[run.verdict.word],
        "notes": "\n".join(reversed(run.lines()))[:_MAX_NOTES],
    }
    request = urllib.request.Request(  # noqa: S310 - seen to be HTTP
        url.rstrip("/") + _ROUTE,
        json.dumps(body).encode(),
        {"Content-Type": "application/json", "Authorization": f"Bearer {token}"},
    )
    try:
        with urllib.request.urlopen(request, timeout=_SECONDS):  # noqa: S310 - seen to be HTTP
            return
    except urllib.error.HTTPError as error:
        with error:
            why = f"{error.code} {error.reason}{_said_in(error)}"
        step = {401: f"see that {TOKEN_VARIABLE} is the dashboard's", 404: _make_project(run)}
        next_step = step.get(error.code, f"look at the log of {url}")
    except (OSError, ValueError) as error:
        why, next_step = str(error), "start the dashboard, or leave --report-to out"
    raise EnvironmentNotReady(f"{url} was not told of the run: {why}", next_step=next_step)


def _said_in(refusal: urllib.error.HTTPError) -> str:
    """What a dashboard says of why it refuses, in ``message``; nothing where it says nothing."""
    try:
        message = json.loads(refusal.read(_MAX_NOTES))["message"]
    except (OSError, http.client.HTTPException, ValueError, LookupError, TypeError):
        return ""
    return f": {' '.join(str(message).split())}"


def _make_project(run: Run) -> str:
    return f"make the project {run.project.slug} there, or set slug in [tool.runbook]"
