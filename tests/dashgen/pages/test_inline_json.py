"""JSON inside a script element: it comes back unchanged, and it cannot end the element."""

from __future__ import annotations

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashgen.pages.inline_json import inline_json

_TEXT = st.text(st.characters(), max_size=40)
_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | _TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_TEXT, inner, max_size=4),
    max_leaves=12,
)


@given(_JSON)
def test_every_value_comes_back(value: object) -> None:
    assert value == json.loads(inline_json(value))


@given(_JSON)
def test_no_character_is_left_that_html_reads(value: object) -> None:
    text = inline_json(value)

    assert text.isascii()
    assert not set(text) & set("<>&\r\n\t\x00")


def test_a_payload_comes_back_and_is_harmless(payload: str) -> None:
    text = inline_json({payload: [payload]})

    assert {payload: [payload]} == json.loads(text)
    assert "<" not in text


def test_what_json_cannot_say_is_refused() -> None:
    with pytest.raises(ValueError, match="JSON"):
        inline_json(math.nan)
