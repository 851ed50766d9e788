"""Who may publish where: pure rules over the slots of one owner."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

import msgspec

from dashgen.errors import SlotLimit, SlotOutOfRange

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dashgen.ids import CanvasId

FREE_LIMIT = 3
# Far above what anyone publishes; it keeps a slot a small number.
MAX_SLOT = 9_999
PRO_PRICE_USD_MONTH = 12
BILLING_URL = "/settings.html#billing"


class Tier(StrEnum):
    """What an owner pays for."""

    free = "free"
    pro = "pro"


class Placement(msgspec.Struct, frozen=True):
    """A publish that is granted, and the canvas that goes back to the drafts for it."""

    demoted: CanvasId | None


def limit_for(tier: Tier) -> int | None:
    """How many canvases a tier may have published at once; None for no limit."""
    return FREE_LIMIT if tier is Tier.free else None


def decide_publish(
    occupied: Mapping[int, CanvasId], slot: int, canvas: CanvasId, tier: Tier
) -> Placement:
    """Decide whether a canvas may go into a slot.

    Replacing the occupant of a slot is always granted, since it adds nothing; only an addition
    can go beyond the tier. A canvas that is published already moves, and frees its old slot.

    Args:
        occupied: The owner's published canvases by slot.
        slot: The slot asked for.
        canvas: The canvas to put there.
        tier: The owner's tier.

    Raises:
        SlotOutOfRange: There is no such slot.
        SlotLimit: The addition would go beyond the tier.
    """
    if isinstance(slot, bool) or not 0 <= slot <= MAX_SLOT:
        raise SlotOutOfRange(MAX_SLOT)
    occupant = occupied.get(slot)
    if occupant is not None:
        return Placement(demoted=None if occupant == canvas else occupant)
    limit = limit_for(tier)
    others = sum(1 for published in occupied.values() if published != canvas)
    if limit is not None and (slot >= limit or others >= limit):
        raise SlotLimit(tier, limit, len(occupied))
    return Placement(demoted=None)


def upsell_body(error: SlotLimit) -> dict[str, object]:
    """The body of a 402 answer: the refusal, and what would lift it."""
    upsell = {"plan": "pro", "price_usd_month": PRO_PRICE_USD_MONTH, "url": BILLING_URL}
    return {**error.body(), "upsell": upsell}
