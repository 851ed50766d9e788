"""Contrast of two colours, as WCAG 2.2 defines it. Pure: no request, no state."""

from __future__ import annotations

import re
from typing import Final

AA_TEXT: Final = 4.5
AA_LARGE: Final = 3.0
AAA_TEXT: Final = 7.0
_HEX: Final = re.compile(r"#?(?:[0-9a-fA-F]{3}|[0-9a-fA-F]{6})")
_STEPS: Final = 256

Colour = tuple[int, int, int]


def parse(text: str) -> Colour:
    """Read ``#rgb`` or ``#rrggbb``, each channel from 0 to 255.

    Raises:
        ValueError: It is something else.
    """
    if not _HEX.fullmatch(text.strip()):
        raise ValueError(f"{text!r} is no colour such as #1a2b3c")
    digits = text.strip().removeprefix("#")
    if len(digits) == 3:
        digits = "".join(digit * 2 for digit in digits)
    red, green, blue = (int(digits[at : at + 2], 16) for at in (0, 2, 4))
    return red, green, blue


def as_hex(colour: Colour) -> str:
    """Write a colour as ``#rrggbb``."""
    return "#{:02x}{:02x}{:02x}".format(*colour)


def luminance(colour: Colour) -> float:
    """The relative luminance, from 0 to 1 (WCAG 2.2, "relative luminance")."""
    channels = (channel / 255 for channel in colour)
    red, green, blue = (
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def ratio(one: Colour, other: Colour) -> float:
    """The contrast ratio, from 1 to 21 (WCAG 2.2, "contrast ratio")."""
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def nearest_readable(text: Colour, ground: Colour, wanted: float = AA_TEXT) -> Colour:
    """Return the colour nearest to ``text`` that reaches ``wanted`` on ``ground``.

    It is looked for on the way to black and on the way to white; one of them always reaches 4.5.

    Args:
        text: The colour to keep close to.
        ground: What it stands on.
        wanted: The contrast ratio to reach, at most 4.5 to be sure of an answer.

    Returns:
        The colour, ``text`` itself where it is readable already; else black or white, whichever stands
        out more.
    """
    for step in range(_STEPS):
        for end in ((0, 0, 0), (255, 255, 255)):
            mixed = _mix(text, end, step / (_STEPS - 1))
            if ratio(mixed, ground) >= wanted:
                return mixed
    return max(((0, 0, 0), (255, 255, 255)), key=lambda end: ratio(end, ground))


def _mix(start: Colour, end: Colour, share: float) -> Colour:
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(start, end, strict=True))
    return red, green, blue
