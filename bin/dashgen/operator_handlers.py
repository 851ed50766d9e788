"""The operator's side: health, numbers, projects, and what the dashboard token opens."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Annotated

import msgspec
from msgspec import Meta

from dashgen.auth import (
    bearer_token,
    check_auth,
    is_dashboard_token,
    is_operator,
    set_pairing_cookie,
)
from dashgen.errors import Unauthorised
from dashgen.incidents import read_incidents
from dashgen.pairing import LIFETIME_S
from dashgen.projects import SmokeResult  # noqa: TC001 - msgspec reads annotations
from dashgen.services import now, services_of
from dashgen.serving.answers import json_answer
from dashgen.serving.json_body import read_json
from dashgen.serving.threads import in_thread, in_writing_thread
from dashgen.settings import VERSION

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from dashgen.services import Services


class TokenBody(msgspec.Struct):
    """A token to be looked at."""

    token: Annotated[str, Meta(min_length=1, max_length=256)]


class SmokeBody(msgspec.Struct):
    """How the smoke of a project went."""

    slug: str
    result: SmokeResult
    notes: str = ""


class FireBody(msgspec.Struct):
    """An unattended run that is asked for."""

    slug: str
    minutes: int
    prompt: str = ""


async def handle_health(request: Request) -> Response:
    """GET /health: ready to serve, and what is being served."""
    services = services_of(request)
    is_writable = services.settings.is_storage_writable and await services.storage.is_writable()
    return json_answer(
        {
            "status": "ok",
            "uptime_s": services.metrics.uptime(),
            "version": VERSION,
            "auth_required": True,
            "build": services.build.read(time.monotonic()),
            "storage": "ok" if is_writable else "read-only",
        }
    )


async def handle_metrics(request: Request) -> Response:
    """GET /metrics: counts, none of which tells anything about anybody."""
    services = services_of(request)
    metrics = services.metrics
    canvases = await _canvas_count(services)
    pairings = await in_thread(services.pairings.count)
    return json_answer(
        {
            "request_count": metrics.requests,
            "error_count": metrics.errors,
            "recent_error_count": metrics.recent_errors(),
            "uptime_s": metrics.uptime(),
            "canvas_count": canvases,
            "paired_user_count": pairings,
            "version": VERSION,
        }
    )


async def _canvas_count(services: Services) -> int:
    """How many canvases are published; a database reads a row for each, so it counts once for each state."""
    revision = await services.revision.current()
    kept = services.canvas_counts.find(revision, None)
    if kept is not None:
        return kept
    count = await in_thread(services.canvases.count)
    services.canvas_counts.keep(revision, None, count)
    return count


async def handle_state(request: Request) -> Response:
    """GET /state: everything for an operator, an allow-list for everybody else."""
    services = services_of(request)
    if not is_operator(request):
        return json_answer(await in_thread(lambda: services.projects.visitor_state(now())))
    state = await in_thread(lambda: services.projects.owner_state(now()))
    incidents = await in_thread(lambda: read_incidents(services.settings.incidents))
    return json_answer({**state, "gate": services.gate.read(now()), "incidents": incidents})


async def handle_verify_token(request: Request) -> Response:
    """POST /verify-token: say what a token is good for; a pairing token is put into the cookie."""
    token = (await read_json(request, TokenBody)).token
    if bearer_token(request) not in {None, token}:
        raise Unauthorised("The header and the body carry different tokens.")
    owner = services_of(request).pairings.resolve(token, now())
    if owner is not None:
        answer = json_answer({"kind": "creator", "user_id": owner.id, "handle": owner.handle})
        set_pairing_cookie(request, answer, token, int(LIFETIME_S))
        return answer
    if is_dashboard_token(request, token):
        return json_answer({"kind": "operator"})
    raise Unauthorised("This token is unknown, has expired or was revoked.")


async def handle_smoke_test_result(request: Request) -> Response:
    """POST /smoke-test-result: write down how a project's smoke went."""
    check_auth(request)
    body = await read_json(request, SmokeBody)
    store = services_of(request).projects
    project = await in_writing_thread(
        lambda: store.record_smoke(body.slug, body.result, body.notes, now())
    )
    return json_answer({"state": project["state"], "project": project})


async def handle_fire(request: Request) -> Response:
    """POST /fire: queue an unattended run; refused while the project's smoke is red."""
    check_auth(request)
    body = await read_json(request, FireBody)
    store = services_of(request).projects
    project = await in_writing_thread(
        lambda: store.request_fire(body.slug, body.minutes, body.prompt, now())
    )
    return json_answer({"exit": 0, "project": project})
