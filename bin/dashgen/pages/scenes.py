"""The backdrop of a canvas: the same on its card, on its page and in the studio."""

from __future__ import annotations

from typing import Final

# The symbols of assets/scenes.svg; looks.js picks from the same list in the same way.
SCENES: Final = ("arch", "window", "moon", "curtain", "steps", "leaves")


def scene_of(canvas_id: str) -> str:
    """Return the scene of a canvas: always the same one, and all of them about as often.

    Args:
        canvas_id: Any text; the last hexadecimal digit decides.
    """
    last = canvas_id[-1:]
    number = int(last, 16) if last in set("0123456789abcdef") else 0
    return SCENES[number % len(SCENES)]
