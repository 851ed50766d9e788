"""A published corpus of XSS payloads: brs-kb's (MIT), read from the installed package."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

MAX_TEXT = 2_000


def payloads(count: int | None = None, *, seed: int = 8) -> list[str]:
    """Different payloads that can be stored: no lone surrogates, and not longer than a text may be.

    Args:
        count: How many, chosen by chance; all of them by default.
        seed: Of the choice.
    """
    from brs_kb import get_all_payloads

    texts = {str(entry["payload"]) for entry in get_all_payloads().values()}
    fitting = sorted(text for text in texts if _can_be_stored(text))
    chance = random.Random(seed)  # noqa: S311 - a sample that can be drawn again
    return fitting if count is None else chance.sample(fitting, min(count, len(fitting)))


def chunks(texts: Sequence[str], size: int) -> Iterator[tuple[str, ...]]:
    """The texts, so many at a time."""
    for start in range(0, len(texts), size):
        yield tuple(texts[start : start + size])


def _can_be_stored(text: str) -> bool:
    return text.isprintable() and text.strip() != "" and len(text) <= MAX_TEXT
