"""What a form sends, within limits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qsl

from starlette.exceptions import HTTPException

if TYPE_CHECKING:
    from starlette.requests import Request

_MAX_BYTES: Final = 16_384
_MAX_FIELDS: Final = 20


async def read_form(request: Request) -> dict[str, str]:
    """Return the fields of a form by name.

    Raises:
        HTTPException: 413, it is too long; 400, it is no form, or names a field twice.
    """
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > _MAX_BYTES:
            raise HTTPException(413, f"A form may hold at most {_MAX_BYTES} bytes.")
    try:
        fields = parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=_MAX_FIELDS)
    except ValueError as error:
        raise HTTPException(400, "This is no form.") from error
    if len(dict(fields)) != len(fields):
        raise HTTPException(400, "A field of this form stands there twice.")
    return dict(fields)
