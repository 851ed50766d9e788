"""The names that a person may have meant."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


def nearest(word: str, names: Iterable[str], *, most: int = 3) -> list[str]:
    """Return at most ``most`` of ``names``, the likeliest to have been meant by ``word`` first.

    A name that shares a whole word with ``word`` comes before one that is only spelled alike.
    """
    from difflib import SequenceMatcher  # noqa: PLC0415 - hardly ever, and every run imports this module

    def likeness(name: str) -> tuple[int, float]:
        shared = set(word.lower().split("_")) & set(name.lower().split("_")) - {"test"}
        return len(shared), SequenceMatcher(None, word.lower(), name.lower()).ratio()

    ranked = sorted(set(names), key=lambda name: (likeness(name), name), reverse=True)
    return ranked[:most]
