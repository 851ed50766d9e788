"""JSON into structs, from any thread."""

from __future__ import annotations

import threading
from typing import Any, Final, TypeVar

import msgspec

_T = TypeVar("_T")

_decoders: Final[dict[Any, msgspec.json.Decoder[Any]]] = {}
_making: Final = threading.Lock()


class ShapeError(ValueError):
    """It is JSON, but not of the shape that was asked for."""


def decode(data: bytes | str, shape: type[_T]) -> _T:
    """Decode JSON into a struct, or into any other shape that msgspec knows.

    msgspec looks a struct up when it first decodes one, and shows other threads what it has found
    so far: a thread that decodes into half a struct ends the process. So decoders are made under
    one lock, and nothing in this program calls ``msgspec.json.decode`` with a type.

    Args:
        data: UTF-8 text.
        shape: What it must be.

    Raises:
        ShapeError: It is not of that shape.
        ValueError: It is not JSON.
        RecursionError: It is nested too deep.
    """
    decoder = _decoders.get(shape)
    if decoder is None:
        with _making:
            decoder = _decoders[shape] = msgspec.json.Decoder(shape)
    try:
        decoded: _T = decoder.decode(data)
    except msgspec.ValidationError as error:
        raise ShapeError(str(error)) from None
    except msgspec.DecodeError as error:  # which is a ValueError in some releases only
        raise ValueError(str(error)) from None
    return decoded
