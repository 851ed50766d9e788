"""Paging through the grid: which keys come next, and the opaque text that says where.

A cursor holds the last key that was shown, not a number of keys, so that canvases published or
unpublished in the meantime neither repeat nor hide others.
"""

from __future__ import annotations

import base64
import binascii
import random
import secrets
from bisect import bisect_right
from enum import StrEnum
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Annotated, Literal, TypeVar

import msgspec
from msgspec import Meta

from dashgen.decoding import decode
from dashgen.errors import SchemaError
from dashgen.ids import CanvasId

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from dashgen.storage.published_index import NewestKey, PublishedIndex

_MAX_CURSOR = 256
_T = TypeVar("_T")
_Key = TypeVar("_Key", tuple[float, CanvasId], tuple[float, bool, float, CanvasId])
_Count = Annotated[int, Meta(ge=0, le=2**48)]


class GridOrder(StrEnum):
    """How the grid is sorted."""

    featured = "featured"
    newest = "newest"
    random = "random"


class InFeatured(msgspec.Struct, array_like=True, frozen=True, forbid_unknown_fields=True):
    """A place in the order of ``IndexEntry.featured_key``."""

    order: Literal["featured"]
    key: tuple[float, bool, float, CanvasId]


class InNewest(msgspec.Struct, array_like=True, frozen=True, forbid_unknown_fields=True):
    """A place in the order of ``IndexEntry.newest_key``."""

    order: Literal["newest"]
    key: tuple[float, CanvasId]


class InRandom(msgspec.Struct, array_like=True, frozen=True, forbid_unknown_fields=True):
    """A place in one permutation of the ``span`` canvases that were public when it began."""

    order: Literal["random"]
    seed: _Count
    span: _Count
    shown: _Count


Place = InFeatured | InNewest | InRandom


def walk(
    index: PublishedIndex, order: GridOrder, cursor: str
) -> Iterator[tuple[CanvasId, Place | None]]:
    """The public canvases after a cursor, each with the place behind it; None behind the last.

    Random order keeps its permutation across pages; what is published meanwhile waits for the
    next one.

    Raises:
        SchemaError: A cursor that is not one of this order.
    """
    if order is GridOrder.random:
        start = decode_place(cursor, InRandom) if cursor else None
        return _walk_at_random(index.newest, start)
    if order is GridOrder.newest:
        latest = decode_place(cursor, InNewest).key if cursor else None
        return _walk_sorted(index.newest, latest, partial(InNewest, "newest"))
    last = decode_place(cursor, InFeatured).key if cursor else None
    return _walk_sorted(index.featured, last, partial(InFeatured, "featured"))


def _walk_sorted(
    keys: list[_Key], last: _Key | None, place_of: Callable[[_Key], Place]
) -> Iterator[tuple[CanvasId, Place | None]]:
    start = 0 if last is None else bisect_right(keys, last)
    for position in range(start, len(keys)):
        key = keys[position]
        yield key[-1], place_of(key) if position + 1 < len(keys) else None


def _walk_at_random(
    newest: list[NewestKey], start: InRandom | None
) -> Iterator[tuple[CanvasId, Place | None]]:
    if start is None:
        start = InRandom("random", secrets.randbits(48), len(newest), 0)
    # A forged span or place costs no more than walking the whole grid twice.
    if start.shown >= len(newest):
        return
    ranks = islice(_permutation(start.seed, start.span), start.shown, start.shown + len(newest))
    for shown, rank in enumerate(ranks, start.shown + 1):
        if rank < len(newest):
            # Counted from the oldest: what is published later does not move the others.
            is_last = shown == start.span
            place = None if is_last else InRandom("random", start.seed, start.span, shown)
            yield newest[-1 - rank][-1], place


def _permutation(seed: int, length: int) -> Iterator[int]:
    """All numbers below ``length`` in a shuffled order, at the cost of those that are taken."""
    shuffle = random.Random(seed)  # noqa: S311 - an order for the eye, not a secret
    moved: dict[int, int] = {}
    for place in range(length):
        pick = shuffle.randrange(place, length)
        yield moved.get(pick, pick)
        moved[pick] = moved.get(place, place)


def cursor_for(place: msgspec.Struct | None) -> str:
    """The cursor that continues behind a place; empty when nothing is behind it."""
    if place is None:
        return ""
    return base64.urlsafe_b64encode(msgspec.json.encode(place)).rstrip(b"=").decode()


def decode_place(cursor: str, shape: type[_T]) -> _T:
    """The place behind a cursor.

    Raises:
        SchemaError: It is no cursor of this kind.
    """
    padded = cursor[:_MAX_CURSOR] + "=" * (-len(cursor) % 4)
    try:
        data = base64.b64decode(padded, altchars=b"-_", validate=True)
        return decode(data, shape)
    except (ValueError, binascii.Error):
        raise SchemaError("cursor", "is not one that this listing gave") from None
