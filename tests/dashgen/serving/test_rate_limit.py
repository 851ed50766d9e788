"""Bursts, waits and forgetting."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashgen.serving import rate_limit
from dashgen.serving.rate_limit import RateLimit, client_of


def test_a_burst_up_to_the_limit_then_a_wait() -> None:
    limit = RateLimit(3)
    assert [0, 0, 0] == [limit.take("a", 100.0) for _ in range(3)]
    assert pytest.approx(20) == limit.take("a", 100.0)


def test_waiting_refills() -> None:
    limit = RateLimit(60)
    for _ in range(60):
        assert 0 == limit.take("a", 0.0)
    assert pytest.approx(0.5) == limit.wait("a", 0.5)
    assert 0 == limit.take("a", 1.0)
    assert limit.take("a", 1.0) > 0


def test_no_wait_fills_more_than_a_bucket() -> None:
    limit = RateLimit(2)
    assert [0, 0] == [limit.take("a", 0.0) for _ in range(2)]
    assert [True, True, False] == [limit.take("a", 1e6) == 0 for _ in range(3)]


def test_clients_do_not_share_a_bucket() -> None:
    limit = RateLimit(1)
    assert 0 == limit.take("a", 0.0)
    assert 0 == limit.take("b", 0.0)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff:ffff:ffff:ffff"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("fe80::1%eth0", "fe80::2%eth0"),
    ],
)
def test_whoever_has_many_addresses_is_one_client(one: str, other: str) -> None:
    assert client_of(one) == client_of(other)


def test_neighbours_are_several_clients() -> None:
    addresses = ["192.0.2.1", "192.0.2.2", "2001:db8:1:2::1", "2001:db8:1:3::1", "", "a name"]
    assert len(set(map(client_of, addresses))) == len(addresses)


def test_asking_does_not_count() -> None:
    limit = RateLimit(1)
    assert 0 == limit.wait("a", 0.0)
    assert 0 == limit.take("a", 0.0)


def test_addresses_cannot_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rate_limit, "_MAX_CLIENTS", 2)
    limit = RateLimit(1)
    for client in ("a", "b", "c"):
        assert 0 == limit.take(client, 0.0)
    assert limit.take("c", 0.0) > 0
    assert 0 == limit.take("a", 0.0)  # the longest unseen was forgotten


def test_whoever_comes_back_is_remembered_for_as_long_as_the_last(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(rate_limit, "_MAX_CLIENTS", 2)
    limit = RateLimit(2)
    for client in ("a", "b", "a", "c"):
        assert 0 == limit.take(client, 0.0)
    assert limit.take("a", 0.0) > 0


@given(
    per_minute=st.integers(1, 100),
    gaps=st.lists(st.floats(0, 30), max_size=60),
)
def test_no_minute_grants_more_than_two_buckets(per_minute: int, gaps: list[float]) -> None:
    limit = RateLimit(per_minute)
    now = 0.0
    granted: list[float] = []
    for gap in gaps:
        now += gap
        if limit.take("a", now) == 0:
            granted.append(now)
    for start in granted:
        assert sum(start <= moment <= start + 60 for moment in granted) <= 2 * per_minute + 1


@given(per_minute=st.integers(1, 60))
def test_after_the_wait_the_call_is_granted(per_minute: int) -> None:
    limit = RateLimit(per_minute)
    for _ in range(per_minute):
        assert 0 == limit.take("a", 0.0)
    wait = limit.take("a", 0.0)
    assert wait > 0
    assert 0 == limit.take("a", wait * 1.001)
