"""What counts as JSON."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request

from dashgen.errors import EnsembleError, SchemaError
from dashgen.serving.json_body import check_unambiguous, read_body

if TYPE_CHECKING:
    from starlette.types import Message

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


def body_of(sent: bytes, *media_types: str) -> bytes:
    """Read what somebody sends and says to be of these types."""

    async def receive() -> Message:
        return {"type": "http.request", "body": sent}

    headers = [(b"content-type", each.encode()) for each in media_types]
    request = Request({"type": "http", "headers": headers}, receive)
    return asyncio.run(read_body(request))


@pytest.mark.parametrize(
    "said", ["application/json", "Application/JSON", "application/json ; charset=utf-8"]
)
def test_json_is_read_that_is_said_to_be_some(said: str) -> None:
    assert b"{}" == body_of(b"{}", said)


@pytest.mark.parametrize(
    "said", [(), ("text/plain",), ("application/json", "text/plain"), ("application/json5",)]
)
def test_what_is_not_said_to_be_json_is_refused(said: tuple[str, ...]) -> None:
    with pytest.raises(EnsembleError) as refused:
        body_of(b"{}", *said)
    assert 415 == refused.value.status


def test_a_body_that_says_two_things_is_refused() -> None:
    with pytest.raises(SchemaError):
        body_of(b'{"a": 1, "a": 2}', "application/json")
