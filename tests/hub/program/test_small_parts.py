"""Small parts of the hub: guesses, passwords, codes, and the pixels that the browser tier looks at."""

from __future__ import annotations

import struct
import zlib
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.failure_limit import FailureLimit
from hub.passwords import PasswordCheck, hash_password
from hub.sessions import CODE_SECONDS, SESSION_SECONDS, Codes, Grant, Sessions, challenge_of
from hub.tokens import Person
from hub.users import User, Users
from tests.hub.pixels import contrast

if TYPE_CHECKING:
    from collections.abc import Callable


@given(st.integers(1, 20))
def test_so_many_failures_are_allowed_and_no_more(per_minute: int) -> None:
    limit = FailureLimit(per_minute)
    for _ in range(per_minute):
        assert 0 == limit.wait("name", 0)
        limit.fail("name", 0)

    wait = limit.wait("name", 0)
    assert 0 < wait <= 60
    assert 0 == limit.wait("other", 0)
    assert 0 == limit.wait("name", wait + 0.001)


def test_a_password_is_believed_again_and_a_wrong_one_never() -> None:
    user = User("u", "Ada", "Ada", "", hash_password("right"))
    check = PasswordCheck(Users([user]))

    assert [user, None, user, None] == [
        check.check("ada", text) for text in ("right", "wrong", "right", "")
    ]
    assert check.check("nobody", "right") is None
    assert check.check("ada", "x" * 5000) is None
    assert check.check("ada", "\ud800") is None


def test_a_password_is_recalled_once_it_was_good_and_nothing_else_is() -> None:
    user = User("u", "Ada", "Ada", "", hash_password("right"))
    check = PasswordCheck(Users([user]))

    assert check.recall("ada", "right") is None
    assert user == check.check("ada", "right")
    assert [user, None, None, None] == [
        check.recall(*guess)
        for guess in (("ada", "right"), ("ada", "wrong"), ("nobody", "right"), ("ada", "x" * 5000))
    ]


def test_a_session_ends_by_itself_and_by_logging_out() -> None:
    now = [0.0]
    sessions = Sessions(now=lambda: now[0])
    cookie = sessions.begin(Person("u"))
    other = sessions.begin(Person("v"))
    sessions.end(other)

    assert (Person("u"), None) == (sessions.find(cookie), sessions.find(other))
    assert sessions.is_live(sessions.id_of(cookie))
    assert sessions.find(sessions.id_of(cookie)) is None, (
        "the name in tokens is of no use to log in"
    )
    now[0] = SESSION_SECONDS + 1
    assert sessions.find(cookie) is None


def test_a_code_is_good_for_a_minute() -> None:
    now = [0.0]
    codes = Codes(now=lambda: now[0])
    code = codes.issue(Grant("notes", "http://x", challenge_of("v"), "s"))
    now[0] = CODE_SECONDS + 1

    assert codes.redeem(code, audience="notes", redirect_uri="http://x", verifier="v") is None


def _sub(line: bytes, size: int) -> bytes:
    return bytes(
        (value - (line[at - size] if at >= size else 0)) & 255 for at, value in enumerate(line)
    )


def _plain(line: bytes, _: int) -> bytes:
    return line


def png(
    lines: list[list[tuple[int, ...]]], method: int, filtered: Callable[[bytes, int], bytes]
) -> bytes:
    """Write a picture with one filter for every line."""
    size = len(lines[0][0])
    raw = b"".join(
        bytes([method]) + filtered(bytes(v for pixel in line for v in pixel), size)
        for line in lines
    )
    header = struct.pack(">IIBBBBB", len(lines[0]), len(lines), 8, {3: 2, 4: 6}[size], 0, 0, 0)
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(raw)), (b"IEND", b"")]
    body = b"".join(
        struct.pack(">I4s", len(data), kind) + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    )
    return b"\x89PNG\r\n\x1a\n" + body


@pytest.mark.parametrize(("method", "filtered"), [(0, _plain), (1, _sub)])
@pytest.mark.parametrize("alpha", [(), (255,)])
def test_contrast_is_between_the_lightest_and_the_darkest_pixel(
    method: int, filtered: Callable[[bytes, int], bytes], alpha: tuple[int, ...]
) -> None:
    white, black, grey = ((255, 255, 255, *alpha), (0, 0, 0, *alpha), (128, 128, 128, *alpha))

    assert 21 == round(contrast(png([[white, grey], [grey, black]], method, filtered)), 6)
    assert 1 == contrast(png([[grey, grey], [grey, grey]], method, filtered))


@settings(max_examples=30)
@given(st.lists(st.tuples(*[st.integers(0, 255)] * 3), min_size=1, max_size=5))
def test_filters_change_nothing(line: list[tuple[int, ...]]) -> None:
    assert contrast(png([line, line], 0, _plain)) == contrast(png([line, line], 1, _sub))
