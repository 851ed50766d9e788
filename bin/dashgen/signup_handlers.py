"""The way in: signing up, and the first run that ends with a first canvas."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final

import msgspec
from msgspec import Meta

from dashgen.auth import (
    count_call,
    forget_pairing_cookie,
    presented_token,
    require_creator,
    set_pairing_cookie,
)
from dashgen.canvas_handlers import create_canvas, whole_record
from dashgen.canvas_schema import CanvasDraft, SignupContext
from dashgen.errors import EnsembleError
from dashgen.ids import new_user_id
from dashgen.pairing import HANDLE_PATTERN, LIFETIME_S
from dashgen.services import now, services_of
from dashgen.serving.answers import json_answer, no_content
from dashgen.serving.json_body import EmptyBody, read_json
from dashgen.serving.threads import in_writing_thread
from dashgen.storage.first_run_store import FirstRunStep, is_complete

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request
    from starlette.responses import Response

_START: Final = "/index.html#first-run"
_STUDIO: Final = "/studio.html"


class SignupBody(msgspec.Struct):
    """A newcomer's handle and answers; the terms must be accepted."""

    handle: Annotated[str, Meta(pattern=HANDLE_PATTERN)]
    tos_accepted: bool = False
    answers: SignupContext = SignupContext()


class UnpairBody(msgspec.Struct):
    """How far unpairing goes: the token ends for good unless only this browser shall forget it."""

    ends_token: bool = True


class AdvanceBody(msgspec.Struct):
    """The step of the first run that was just taken."""

    step: FirstRunStep


async def handle_signup(request: Request) -> Response:
    """POST /studio/signup: make a creator and give out the pairing token, this once."""
    services = services_of(request)
    count_call(request, services.signups)
    body = await read_json(request, SignupBody)
    if not body.tos_accepted:
        raise EnsembleError(400, "tos_required", "Accept the terms of service to sign up.")
    user_id = new_user_id()
    moment = now()
    token = await in_writing_thread(lambda: services.pairings.issue(user_id, body.handle, moment))
    context = msgspec.structs.replace(body.answers, handle=body.handle)
    account = {"user_id": user_id, "handle": body.handle, "signup_context": context}
    return _pairing_answer(request, token, moment, account)


async def handle_renew(request: Request) -> Response:
    """POST /studio/renew: give out another token for 90 days, this once; the old one ends when it is first used."""
    owner = require_creator(request)
    await read_json(request, EmptyBody)
    services = services_of(request)
    count_call(request, services.signups)
    old, moment = presented_token(request), now()
    token = await in_writing_thread(
        lambda: services.pairings.issue(owner.id, owner.handle, moment, replaces=old)
    )
    return _pairing_answer(request, token, moment, {})


async def handle_unpair(request: Request) -> Response:
    """POST /studio/unpair: end the token that came with the request for good, or have its browser alone forget it."""
    require_creator(request)
    body = await read_json(request, UnpairBody)
    if body.ends_token:
        pairings = services_of(request).pairings
        token = presented_token(request)
        await in_writing_thread(lambda: pairings.revoke(token, now()))
    answer = no_content()
    forget_pairing_cookie(answer)
    return answer


async def handle_generate_from_answers(request: Request) -> Response:
    """POST /studio/generate-from-answers: a first canvas that fits a newcomer's answers."""
    owner = require_creator(request)
    answers = await read_json(request, SignupContext)
    context = msgspec.structs.replace(answers, handle=answers.handle or owner.handle)
    draft = CanvasDraft(signup_context=context)
    canvas = await create_canvas(services_of(request), owner, draft)
    return json_answer({"studio": whole_record(canvas)}, 201)


async def handle_first_run_state(request: Request) -> Response:
    """GET /first-run/state: whether the first run is over, and where it goes on."""
    owner = require_creator(request)
    return _first_run_answer(services_of(request).first_runs.step(owner.id))


async def handle_first_run_advance(request: Request) -> Response:
    """POST /first-run/advance: take the next step; none can be skipped."""
    owner = require_creator(request)
    body = await read_json(request, AdvanceBody)
    store = services_of(request).first_runs
    return _first_run_answer(await in_writing_thread(lambda: store.advance(owner.id, body.step)))


def _pairing_answer(
    request: Request, token: str, moment: float, account: Mapping[str, object]
) -> Response:
    pairing = {"pairing_token": token, "expires_at": moment + LIFETIME_S}
    answer = json_answer({**account, **pairing}, 201)
    set_pairing_cookie(request, answer, token, int(LIFETIME_S))
    return answer


def _first_run_answer(step: FirstRunStep | None) -> Response:
    resume_url = _START if step is None else _STUDIO
    return json_answer({"is_complete": is_complete(step), "resume_url": resume_url})
