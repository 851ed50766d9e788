"""JSON that can stand inside a script element without ever ending it."""

from __future__ import annotations

import json

# Escaping "<" covers "</script", "<script" and "<!--" alike: all three change how a browser reads
# what follows, and no JSON value needs the raw character. U+2028, U+2029 and every other character
# outside ASCII are escaped by json.dumps itself.
_ESCAPES = (("<", "\\u003c"), (">", "\\u003e"), ("&", "\\u0026"))


def inline_json(value: object) -> str:
    r"""Serialise a value for `<script type="application/json">`.

    Args:
        value: Anything that `json.dumps` takes.

    Returns:
        ASCII text without `<`, `>` and `&`; parsing it gives the value back unchanged, lone
        surrogates included.

    Raises:
        ValueError: The value holds a number that JSON cannot say (NaN, infinity).
    """
    text = json.dumps(value, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    for sign, escaped in _ESCAPES:  # str.translate takes many times as long
        text = text.replace(sign, escaped)
    return text
