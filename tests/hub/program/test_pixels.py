"""The contrast of a picture, for every filter that an encoder may choose for a line."""

from __future__ import annotations

import random
import struct
import zlib

import pytest

from tests.hub.pixels import contrast

WHITE, GREY, BLACK = b"\xff\xff\xff", b"\x76\x76\x76", b"\0\0\0"


def encoded(lines: list[bytes], method: int, size: int) -> bytes:
    """Return a picture, each of whose lines is filtered by one method, written out as its definition is."""
    filtered, above = b"", bytes(len(lines[0]))
    for line in lines:
        filtered += bytes([method]) + bytes(
            (line[at] - guess(method, line, above, at, size)) & 255 for at in range(len(line))
        )
        above = line
    colour = {3: 2, 4: 6}[size]
    header = struct.pack(">IIBBBBB", len(lines[0]) // size, len(lines), 8, colour, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(filtered)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*each) for each in chunks)


def chunk(kind: bytes, content: bytes) -> bytes:
    return (
        struct.pack(">I", len(content))
        + kind
        + content
        + struct.pack(">I", zlib.crc32(kind + content))
    )


def guess(method: int, line: bytes, above: bytes, at: int, size: int) -> int:
    left, corner = (line[at - size], above[at - size]) if at >= size else (0, 0)
    up = above[at]
    around = left + up - corner
    nearest = min(
        (abs(around - left), 0, left), (abs(around - up), 1, up), (abs(around - corner), 2, corner)
    )
    return (0, left, up, (left + up) // 2, nearest[2])[method]


@pytest.mark.parametrize("size", [3, 4])
@pytest.mark.parametrize("method", range(5))
def test_the_contrast_is_that_of_the_lightest_and_the_darkest(method: int, size: int) -> None:
    alpha = b"\xff" * (size - 3)
    noise = random.Random(method)  # noqa: S311 - the same picture each time
    greys = [bytes([noise.randint(0x76, 0xFF)]) * 3 + alpha for _ in range(40)]
    lines = [b"".join(noise.choices(greys, k=9)) for _ in range(12)]
    lines[4] = (WHITE + alpha) * 8 + GREY + alpha

    assert 4.54 == pytest.approx(contrast(encoded(lines, method, size)), abs=0.01)


@pytest.mark.parametrize("method", range(5))
@pytest.mark.parametrize("colour", [WHITE, GREY, BLACK, b"\x12\x80\xfe"])
def test_of_one_colour_nothing_can_be_seen(method: int, colour: bytes) -> None:
    assert 1 == contrast(encoded([colour * 5] * 5, method, 3))


def test_black_on_white_is_the_most_that_there_is() -> None:
    assert 21 == pytest.approx(contrast(encoded([WHITE + BLACK], 0, 3)))
