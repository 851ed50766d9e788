"""Contrast: a public tool; whoever is signed in is greeted by name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.exceptions import HTTPException
from starlette.routing import Route

from hub.sdk import AppContext, json_answer, signed_in

from . import colours

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.types import ASGIApp


async def health(_: Request) -> Response:
    """Say that the app works."""
    return json_answer({"status": "ok"})


async def me(request: Request) -> Response:
    """Say who is signed in."""
    return json_answer(signed_in(request).as_json())


async def contrast(request: Request) -> Response:
    """Judge ``?text=#rgb&ground=#rgb``."""
    try:
        text, ground = (
            colours.parse(request.query_params.get(name, "")) for name in ("text", "ground")
        )
    except ValueError as error:
        raise HTTPException(400, str(error)) from error
    ratio = colours.ratio(text, ground)
    return json_answer(
        {
            "ratio": round(ratio, 2),
            "aa": ratio >= colours.AA_TEXT,
            "aa_large": ratio >= colours.AA_LARGE,
            "aaa": ratio >= colours.AAA_TEXT,
            "readable": colours.as_hex(colours.nearest_readable(text, ground)),
        }
    )


def build_app(hub: AppContext) -> ASGIApp:
    """Put the app together."""
    return hub.application(
        [Route("/health", health), Route("/api/me", me), Route("/api/contrast", contrast)]
    )
