"""Answers of the hub itself: JSON, refusals, pages, and the headers that all of them have."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec
from starlette.responses import Response

if TYPE_CHECKING:
    from collections.abc import Mapping

NEVER_STORED: Final = "no-store"
JSON_POLICY: Final = "default-src 'none'; frame-ancestors 'none'"
# For the pages of apps that send no policy of their own: their own files, and nothing from elsewhere.
APP_POLICY: Final = (
    "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; "
    "frame-ancestors 'none'; form-action 'self'"
)
COMMON_HEADERS: Final[Mapping[bytes, bytes]] = {
    b"x-content-type-options": b"nosniff",
    b"x-frame-options": b"DENY",
    # Not "no-referrer": forms would then come from the origin "null", as those of strangers do.
    b"referrer-policy": b"same-origin",
    b"cross-origin-opener-policy": b"same-origin",
    b"permissions-policy": b"camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()",
}


def json_answer(body: object, status: int = 200, **headers: str) -> Response:
    """An answer in JSON that nobody keeps."""
    answer = Response(msgspec.json.encode(body), status, media_type="application/json")
    answer.headers["cache-control"] = NEVER_STORED
    answer.headers["content-security-policy"] = JSON_POLICY
    answer.headers.update({name.replace("_", "-"): value for name, value in headers.items()})
    return answer


def refusal(status: int, error: str, message: str, **headers: str) -> Response:
    """A refusal: a stable key for programs, a sentence for people."""
    return json_answer({"error": error, "message": message}, status, **headers)


def refusal_by_hub(status: int, error: str, message: str, **headers: str) -> Response:
    """A refusal where neither the portal nor an app answers, who add the common headers to theirs."""
    common = {name.decode(): value.decode() for name, value in COMMON_HEADERS.items()}
    return refusal(status, error, message, **common, **headers)


def redirect(url: str) -> Response:
    """Send the browser elsewhere, by a fresh GET; the address was checked by whoever calls."""
    return Response(status_code=303, headers={"location": url, "cache-control": NEVER_STORED})
