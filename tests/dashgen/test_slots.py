"""Slots: additions count, replacements do not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashgen.errors import SlotLimit, SlotOutOfRange
from dashgen.ids import CanvasId
from dashgen.slots import (
    FREE_LIMIT,
    MAX_SLOT,
    Placement,
    Tier,
    decide_publish,
    limit_for,
    upsell_body,
)

NEW = CanvasId("cnv_000000000000")
FULL = {slot: CanvasId(f"cnv_{slot + 1:012x}") for slot in range(FREE_LIMIT)}


def test_limits() -> None:
    assert 3 == limit_for(Tier.free)
    assert limit_for(Tier.pro) is None


def test_a_free_slot_demotes_nobody() -> None:
    assert Placement(demoted=None) == decide_publish({}, 2, NEW, Tier.free)


def test_a_swap_is_granted_to_a_full_free_owner() -> None:
    assert Placement(demoted=FULL[1]) == decide_publish(FULL, 1, NEW, Tier.free)


def test_a_swap_is_granted_beyond_the_limit_after_a_downgrade() -> None:
    many = {slot: CanvasId(f"cnv_{slot + 1:012x}") for slot in range(5)}
    assert Placement(demoted=many[4]) == decide_publish(many, 4, NEW, Tier.free)


def test_an_addition_after_a_downgrade_is_refused() -> None:
    many = {slot: CanvasId(f"cnv_{slot + 1:012x}") for slot in range(1, 5)}
    with pytest.raises(SlotLimit):
        decide_publish(many, 0, NEW, Tier.free)


def test_publishing_again_into_the_own_slot_changes_nothing() -> None:
    assert Placement(demoted=None) == decide_publish(FULL, 0, FULL[0], Tier.free)


def test_a_move_to_an_empty_slot_is_no_addition() -> None:
    two = {0: FULL[0], 1: FULL[1]}
    assert Placement(demoted=None) == decide_publish(two, 2, FULL[0], Tier.free)


def test_a_move_after_a_downgrade_is_no_addition_either() -> None:
    three = {0: FULL[0], 1: FULL[1], 7: FULL[2]}
    assert Placement(demoted=None) == decide_publish(three, 2, FULL[2], Tier.free)


def test_the_last_slot_is_one() -> None:
    assert Placement(demoted=None) == decide_publish({}, MAX_SLOT, NEW, Tier.pro)


@pytest.mark.parametrize("occupied", [{}, FULL])
def test_a_fourth_slot_is_refused_with_what_would_lift_it(
    occupied: dict[int, CanvasId],
) -> None:
    with pytest.raises(SlotLimit) as refused:
        decide_publish(occupied, FREE_LIMIT, NEW, Tier.free)
    body = upsell_body(refused.value)
    assert body.pop("message")
    assert {
        "error": "slot_limit",
        "tier": "free",
        "limit": 3,
        "current_published": len(occupied),
        "upsell": {"plan": "pro", "price_usd_month": 12, "url": "/settings.html#billing"},
    } == body


@pytest.mark.parametrize("slot", [-1, MAX_SLOT + 1, True])
@pytest.mark.parametrize("tier", Tier)
def test_there_is_no_such_slot(slot: int, tier: Tier) -> None:
    with pytest.raises(SlotOutOfRange):
        decide_publish({}, slot, NEW, tier)


@given(
    slots=st.sets(st.integers(0, 8)),
    wanted=st.integers(0, 8),
    tier=st.sampled_from(Tier),
    is_own=st.booleans(),
)
def test_a_grant_never_takes_an_owner_beyond_the_tier(
    slots: set[int], wanted: int, tier: Tier, *, is_own: bool
) -> None:
    before = {slot: CanvasId(f"cnv_{slot + 1:012x}") for slot in slots}
    canvas = before[min(slots)] if is_own and slots else NEW
    try:
        placement = decide_publish(before, wanted, canvas, tier)
    except SlotLimit:
        assert tier is Tier.free
        assert wanted not in before
        return
    after = {slot: one for slot, one in before.items() if one not in {canvas, placement.demoted}}
    assert wanted not in after
    assert len(after) + 1 <= max(len(before), FREE_LIMIT) or tier is Tier.pro
