"""What a screenshot shows, pixel by pixel: enough of PNG (ISO/IEC 15948) to read what Chromium writes."""

from __future__ import annotations

import struct
import zlib
from itertools import accumulate
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_CHANNELS = {2: 3, 6: 4}  # by colour type: RGB, and RGB with alpha


def contrast(png: bytes) -> float:
    """Return the contrast ratio between the lightest and the darkest pixel, from 1 to 21 (WCAG 2.2).

    Of one colour alone, it is 1: nothing can be seen there.

    Args:
        png: A picture of 8 bits a channel, not interlaced.
    """
    levels = [_luminance(pixel) for pixel in _colours(png)]
    return (max(levels) + 0.05) / (min(levels) + 0.05)


def _luminance(pixel: tuple[int, ...]) -> float:
    linear = [
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4
        for c in (b / 255 for b in pixel)
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _colours(png: bytes) -> set[tuple[int, ...]]:
    """Return every colour that there is."""
    width, depth, kind, interlaced, data = _read(png)
    assert (8, 0) == (depth, interlaced)
    size = _CHANNELS[kind]
    lines = _lines(zlib.decompress(data), width * size, size)
    return {
        colour for line in lines for colour in zip(*(line[c::size] for c in range(3)), strict=True)
    }


def _read(png: bytes) -> tuple[int, int, int, int, bytes]:
    assert png.startswith(_SIGNATURE)
    at, header, data = len(_SIGNATURE), b"", b""
    while at < len(png):
        length, kind = struct.unpack(">I4s", png[at : at + 8])
        content = png[at + 8 : at + 8 + length]
        header = content if kind == b"IHDR" else header
        data += content if kind == b"IDAT" else b""
        at += length + 12
    width, _, depth, colour, _, _, interlaced = struct.unpack(">IIBBBBB", header)
    return width, depth, colour, interlaced, data


def _lines(raw: bytes, stride: int, size: int) -> Iterator[bytes]:
    """Undo the filters, line by line."""
    above = bytearray(stride)
    for start in range(0, len(raw), stride + 1):
        line = bytearray(raw[start + 1 : start + 1 + stride])
        _unfilter(raw[start], line, above, size)
        yield bytes(line)
        above = line


def _unfilter(method: int, line: bytearray, above: bytearray, size: int) -> None:
    """Undo one filter; a picture has a hundred thousand bytes, so each has the quickest way of its own."""
    if method == 1:
        for channel in range(size):
            sums = accumulate(line[channel::size])
            line[channel::size] = bytes([total & 255 for total in sums])
    elif method == 2:
        line[:] = bytes([(a + b) & 255 for a, b in zip(line, above, strict=True)])
    elif method:
        _add_guesses(_mean if method == 3 else _paeth, line, above, size)


def _add_guesses(
    guess: Callable[[int, int, int], int], line: bytearray, above: bytearray, size: int
) -> None:
    for at, up in enumerate(above):
        left, corner = (line[at - size], above[at - size]) if at >= size else (0, 0)
        line[at] = (line[at] + guess(left, up, corner)) & 255


def _mean(left: int, up: int, _: int) -> int:
    return (left + up) // 2


def _paeth(left: int, up: int, corner: int) -> int:
    to_left, to_up, to_corner = abs(up - corner), abs(left - corner), abs(left + up - 2 * corner)
    if to_left <= to_up and to_left <= to_corner:
        return left
    return up if to_up <= to_corner else corner
