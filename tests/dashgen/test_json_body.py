"""What counts as JSON."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashgen.errors import SchemaError
from dashgen.json_body import check_unambiguous

_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(_VALUES)
def test_plain_json_passes(value: object) -> None:
    check_unambiguous(json.dumps(value).encode())


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"{'a': 1}",
        b'{"a": 1, "a": 2}',
        b'{"b": {"a": 1, "a": 1}}',
        b"NaN",
        b"[Infinity]",
        b'"\xff"',
        b"[" * 100_000,
        b"1" * 5_000,
        '{"a": 1}'.encode("utf-16"),
        b"\x00",
    ],
)
def test_anything_else_is_refused(body: bytes) -> None:
    with pytest.raises(SchemaError) as refused:
        check_unambiguous(body)
    assert 400 == refused.value.status
