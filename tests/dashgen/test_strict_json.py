"""JSON that decides something is read in one way only."""

from __future__ import annotations

import msgspec
import pytest

from dashgen.strict_json import decode_strictly


class Verdict(msgspec.Struct):
    """What the tests decode into."""

    is_open: bool
    notes: list[str] = []


def test_decodes_plain_json_however_it_is_laid_out() -> None:
    assert Verdict(is_open=True, notes=["a"]) == decode_strictly(
        b'{\n "is_open": true, "notes": ["a"]\n}', Verdict
    )


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"null",
        b'{"is_open": 1}',
        b'{"is_open": false, "is_open": true}',
        b'{"is_open": true, "x": {"a": 1, "a": 1}}',
        b'{"is_open": true, "x": NaN}',
        b'{"is_open": true, "x": -Infinity}',
        b'{"is_open": true, "x": 1e999}',
        b'{"is_open": true} {}',
        b'{"is_open": true, "notes": ["\\ud800"]}',
        b'{"is_open": true, "notes": ["\xff"]}',
        b"\xef\xbb\xbf" + b'{"is_open": true}',
        b'{"is_open": true, "x": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    ],
)
def test_refuses_the_rest(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        decode_strictly(data, Verdict)
