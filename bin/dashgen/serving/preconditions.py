"""On which state of a canvas a change was made: entity tags, and what If-Match asks for (RFC 9110, 13.1.1)."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING

import msgspec

from dashgen.errors import ChangedMeanwhile, SchemaError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dashgen.canvas_schema import Canvas

    EntityTags = frozenset[str]

# A weak tag is one, too, but proves nothing: two states that differ may have the same.
_TAG = re.compile(r'(W/)?("[\x21\x23-\x7e\x80-\xff]*")')
_LIST = re.compile(rf"(?:[ \t]*(?:{_TAG.pattern}[ \t]*)?(?:,|$))+")


def etag_of(canvas: Canvas) -> str:
    """The entity tag of a canvas: another one after every change, and the same in every store."""
    return f'"{hashlib.blake2b(msgspec.json.encode(canvas), digest_size=16).hexdigest()}"'


def parse_if_match(lines: Sequence[str]) -> EntityTags | None:
    """The states that a request accepts, by their tags; None where any will do.

    Raises:
        SchemaError: This is no list of entity tags.
    """
    said = ", ".join(lines)
    if not lines or said.strip() == "*":
        return None
    if not _LIST.fullmatch(said) or not _TAG.search(said):
        raise SchemaError("If-Match", "must be * or entity tags, each in quotes")
    return frozenset(tag for weak, tag in _TAG.findall(said) if not weak)


def refuse_when_changed(canvas: Canvas, accepted: EntityTags | None) -> None:
    """Keep what somebody else stored meanwhile.

    Raises:
        ChangedMeanwhile: The canvas is in no state that the request accepts.
    """
    if accepted is not None and (etag := etag_of(canvas)) not in accepted:
        raise ChangedMeanwhile(etag)


def is_repeated(canvas: Canvas, wanted: Canvas, accepted: EntityTags | None) -> bool:
    """Whether a change was made before, so that its answer must have been lost on the way.

    Raises:
        ChangedMeanwhile: It was not, and the canvas is in no state that the request accepts.
    """
    if accepted is not None and wanted == canvas:
        return etag_of(canvas) not in accepted
    refuse_when_changed(canvas, accepted)
    return False
