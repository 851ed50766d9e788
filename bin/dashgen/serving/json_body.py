"""Reading what a client sends: JSON, said to be JSON, without the tricks that JSON allows."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import msgspec

from dashgen.canvas_schema import decode_body
from dashgen.errors import EnsembleError, SchemaError
from dashgen.strict_json import decode_strictly

if TYPE_CHECKING:
    from starlette.requests import Request

_T = TypeVar("_T")


class EmptyBody(msgspec.Struct):
    """The body of a step that needs no words: an object, whatever it holds."""


async def read_json(request: Request, shape: type[_T]) -> _T:
    """Read the body of a request into a struct.

    Raises:
        EnsembleError: 415 when the body is not said to be JSON, 400 when it is not of that shape.
    """
    return decode_body(await read_body(request), shape)


async def read_body(request: Request) -> bytes:
    """Read the body of a request as bytes that hold unambiguous JSON.

    Asking for the content type also keeps other sites out: a browser sends `application/json`
    across sites only after asking us first, and we never agree.

    Raises:
        EnsembleError: 415 when the body is not said to be JSON, 400 when it is none.
    """
    said = request.headers.getlist("content-type")
    media_types = [each.partition(";")[0].strip().lower() for each in said]
    if media_types != ["application/json"]:
        raise EnsembleError(415, "unsupported_media_type", "Send application/json.")
    body = await request.body()
    check_unambiguous(body)
    return body


def check_unambiguous(body: bytes) -> None:
    """Refuse JSON that two readers could read differently, such as a key given twice.

    Raises:
        SchemaError: It is such, or no JSON at all.
    """
    try:
        decode_strictly(body, object)
    except ValueError:
        raise SchemaError("body", "is not valid, unambiguous JSON") from None
