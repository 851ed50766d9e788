"""How many wrong guesses a minute has room for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from hub.signing_in.failure_limit import FailureLimit

if TYPE_CHECKING:
    import pytest


@given(st.integers(1, 20))
def test_so_many_failures_are_allowed_and_no_more(per_minute: int) -> None:
    limit = FailureLimit(per_minute)
    for _ in range(per_minute):
        assert 0 == limit.wait("name", 0)
        limit.fail("name", 0)

    wait = limit.wait("name", 0)
    assert 0 < wait <= 60
    assert 0 == limit.wait("other", 0)
    assert 0 == limit.wait("name", wait + 0.001)


def test_many_names_do_not_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hub.signing_in.failure_limit._MAX_KEYS", 2)
    limit = FailureLimit(1)
    for name in ("first", "second", "first", "third"):
        limit.fail(name, 0)

    assert 0 == limit.wait("second", 0)  # who failed longest ago is forgotten
    assert 0 < min(limit.wait("first", 0), limit.wait("third", 0))
