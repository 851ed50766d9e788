"""Tiers: what is not said beyond doubt is free."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from dashgen.slots import Tier
from dashgen.subscriptions import FileSubscriptionStore

if TYPE_CHECKING:
    from pathlib import Path

OWNER = "usr_alice"


def test_an_owner_is_free_until_put_on_a_tier(tmp_path: Path) -> None:
    store = FileSubscriptionStore(tmp_path)
    assert store.tier(OWNER) is Tier.free
    store.set_tier(OWNER, Tier.pro)
    assert store.tier(OWNER) is Tier.pro
    assert FileSubscriptionStore(tmp_path).tier(OWNER) is Tier.pro
    store.set_tier(OWNER, Tier.free)
    assert store.tier(OWNER) is Tier.free


def test_a_file_that_is_dropped_in_counts_at_once(tmp_path: Path) -> None:
    store = FileSubscriptionStore(tmp_path)
    (tmp_path / "subscriptions").mkdir()
    path = tmp_path / "subscriptions" / f"{OWNER}.json"
    path.write_text('{"version": 1, "tier": "pro"}')
    assert store.tier(OWNER) is Tier.pro


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"[]",
        b'{"tier": "pro"}',
        b'{"version": 2, "tier": "pro"}',
        b'{"version": 1, "tier": "gold"}',
        b'{"version": 1, "tier": "free", "tier": "pro"}',
        b'{"version": 1, "tier": "pro"}' + b" " * 20_000,
        b"\xff",
    ],
)
def test_a_file_in_doubt_counts_as_free_and_is_told(
    tmp_path: Path, data: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "subscriptions").mkdir()
    (tmp_path / "subscriptions" / f"{OWNER}.json").write_bytes(data)
    assert FileSubscriptionStore(tmp_path).tier(OWNER) is Tier.free
    assert f"{OWNER}.json' counts as free" in caplog.text


def test_an_owner_must_be_one(tmp_path: Path) -> None:
    store = FileSubscriptionStore(tmp_path)
    (tmp_path / "x.json").write_text('{"version": 1, "tier": "pro"}')
    (tmp_path / "subscriptions").mkdir()
    assert store.tier("../x") is Tier.free
    with pytest.raises(ValueError, match="user id"):
        store.set_tier("../x", Tier.pro)
