"""JSON files that decide something: read without the benefit of the doubt."""

from __future__ import annotations

import json
import math
from typing import NoReturn, TypeVar

from dashgen.decoding import decode

_T = TypeVar("_T")


def decode_strictly(data: bytes, shape: type[_T]) -> _T:
    """Decode JSON into a struct, refusing what two readers could read differently.

    Args:
        data: UTF-8 text.
        shape: The struct.

    Raises:
        ValueError: Malformed, not UTF-8, nested too deep, NaN or infinite, a key twice in one
            object, or not of that shape.
    """
    try:
        json.loads(
            data.decode(),
            object_pairs_hook=_unique,
            parse_float=_finite,
            parse_constant=_refuse_constant,
        )
        return decode(data, shape)
    except RecursionError:
        raise ValueError("is nested too deep") from None


def _unique(pairs: list[tuple[str, object]]) -> None:
    if len({key for key, _ in pairs}) != len(pairs):
        raise ValueError("has a key twice")


def _finite(text: str) -> None:
    if not math.isfinite(float(text)):
        raise ValueError("holds a number that is too large")


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"holds {name}")
