"""The ``SMOKE v1`` lines: ``key=value``, one line a fact, ASCII, at most 400 characters.

Text that came from a page, a canvas or an exception is always quoted, so nothing that a visitor
can write is able to forge a line.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

VERSION = "SMOKE v1"
MAX_LENGTH = 400
CUT = "..."  # stands for what is left out of a value
_BARE = re.compile(r"[A-Za-z0-9_./:,@%+\-\[\]]+")
_MIN_VALUE = 12  # characters of a value that are kept while anything longer can be cut

Field = tuple[str, object]


def quote(value: object) -> str:
    """Write a value bare where that is unambiguous, else as a JSON string in ASCII."""
    text = str(value)
    return text if _BARE.fullmatch(text) else json.dumps(text, ensure_ascii=True)


def always_quote(value: object) -> str:
    """Write a value that may come from anywhere: always a JSON string in ASCII."""
    return json.dumps(str(value), ensure_ascii=True)


def line(
    head: Iterable[object], fields: Iterable[Field], *, quoted: frozenset[str] = frozenset()
) -> str:
    """Compose one line, which parses whatever the values hold.

    Args:
        head: The words before the fields; the first is ours and stands as it is.
        fields: Key and value pairs, in order.
        quoted: Keys whose values are quoted whatever they hold. Where the line is longer than
            `MAX_LENGTH`, these values are cut, the longest first, and end in ``...``; the other
            values and words only where that is not enough.
    """
    first, parts = _parts(head, fields, quoted)
    cuttable = [part for part in parts if part.is_quoted]
    for candidates, floor in ((cuttable, _MIN_VALUE), (parts, _MIN_VALUE), (parts, len(CUT))):
        _shrink(first, parts, candidates, floor)
    return _compose(first, parts)


def fits(
    head: Iterable[object], fields: Iterable[Field], *, quoted: frozenset[str] = frozenset()
) -> bool:
    """Return whether `line` shows all of this whole."""
    return len(_compose(*_parts(head, fields, quoted))) <= MAX_LENGTH


@dataclass(slots=True)
class _Part:
    """A word, or a field, and how many characters of its value are shown."""

    key: str
    value: str
    is_quoted: bool
    width: int = field(init=False)

    def __post_init__(self) -> None:
        self.width = min(len(self.value), MAX_LENGTH)

    def __str__(self) -> str:
        shown = self.value
        if len(shown) > self.width:
            shown = shown[: self.width - len(CUT)] + CUT
        written = always_quote(shown) if self.is_quoted else quote(shown)
        return f"{self.key}={written}" if self.key else written


def _parts(
    head: Iterable[object], fields: Iterable[Field], quoted: frozenset[str]
) -> tuple[str, list[_Part]]:
    first, *words = (str(word) for word in head)
    parts = [_Part("", word, is_quoted=False) for word in words]
    parts += [_Part(key, str(value), is_quoted=key in quoted) for key, value in fields]
    return first, parts


def _shrink(first: str, parts: list[_Part], candidates: list[_Part], floor: int) -> None:
    """Cut the widest of ``candidates``, none below ``floor``, until the line fits or none is left."""
    while (excess := len(_compose(first, parts)) - MAX_LENGTH) > 0:
        widest = max(candidates, key=lambda part: part.width, default=None)
        if widest is None or widest.width <= floor:
            return
        # One character can cost twelve (two \uXXXX): cut carefully, no more than must go.
        widest.width = max(floor, widest.width - max(1, excess // 12))


def _compose(first: str, parts: list[_Part]) -> str:
    return " ".join([first, *map(str, parts)])
