"""The few shapes in which the server answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec
from starlette.responses import Response

from dashgen.errors import EnsembleError, SlotLimit
from dashgen.slots import upsell_body

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dashgen.pages.layout import Page

JSON_POLICY: Final = "default-src 'none'; frame-ancestors 'none'"

# What may be kept, and for how long. A closed gate must be seen at once, so a public page is
# asked for again each time; an asset's address changes with its bytes, so it is kept for good.
NEVER_STORED: Final = "no-store"
ASKED_AGAIN: Final = "no-cache"
KEPT_FOR_GOOD: Final = "public, max-age=31536000, immutable"


class Refusal(EnsembleError):
    """An error whose answer has headers of its own, such as Allow or Retry-After."""

    def __init__(
        self,
        status: int,
        error: str,
        message: str,
        *,
        headers: Mapping[str, str],
        **fields: object,
    ) -> None:
        super().__init__(status, error, message, **fields)
        self.headers = headers


_encode = msgspec.json.Encoder().encode


def json_bytes(value: object) -> bytes:
    """Encode what an answer carries."""
    return _encode(value)


def json_answer(
    value: object, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    """Answer with `value` as JSON, never to be stored and never to be shown as a page."""
    return encoded_answer(json_bytes(value), status, headers)


def encoded_answer(
    body: bytes, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    """Answer with JSON that is encoded already."""
    return Response(
        body,
        status,
        {
            "content-type": "application/json",
            "content-security-policy": JSON_POLICY,
            "cache-control": NEVER_STORED,
            **(headers or {}),
        },
    )


def no_content() -> Response:
    """Answer that it is done, with nothing to say."""
    headers = {"content-security-policy": JSON_POLICY, "cache-control": NEVER_STORED}
    return Response(status_code=204, headers=headers)


def page_answer(page: Page, status: int = 200, cache_control: str = ASKED_AGAIN) -> Response:
    """Answer with a page and the policy that belongs to exactly this page."""
    return Response(
        page.html,
        status,
        {
            "content-type": "text/html; charset=utf-8",
            "content-security-policy": page.content_security_policy,
            "cache-control": cache_control,
        },
    )


def error_body(error: EnsembleError) -> dict[str, object]:
    """The body of a refusal: `error` for programs, `message` for people, and what belongs to it."""
    return upsell_body(error) if isinstance(error, SlotLimit) else error.body()


def error_headers(error: EnsembleError) -> Mapping[str, str]:
    """The headers that belong to a refusal."""
    if isinstance(error, Refusal):
        return error.headers
    return {"www-authenticate": "Bearer"} if error.status == 401 else {}
