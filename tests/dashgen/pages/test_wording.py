"""Dates as people read them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashgen.pages.wording import moment

DAY = 86_400.0
THEN = 1_790_000_000.0


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "just now"),
        (59, "just now"),
        (60, "1 minute ago"),
        (7_199, "1 hour ago"),
        (7_200, "2 hours ago"),
        (3 * DAY, "3 days ago"),
        (30 * DAY, "21 September 2026"),
        (-5, "21 September 2026"),
    ],
)
def test_how_long_ago(seconds: float, text: str) -> None:
    made = moment(THEN, now=THEN + seconds)

    assert made is not None
    assert text == made.text
    assert "2026-09-21T14:13:20+00:00" == made.iso


def test_without_a_clock_it_is_a_date() -> None:
    made = moment(THEN)

    assert made is not None
    assert "21 September 2026" == made.text


def test_never_is_no_moment() -> None:
    assert moment(None) is None


@given(st.floats(), st.none() | st.floats())
def test_no_number_breaks_it(timestamp: float, now: float | None) -> None:
    made = moment(timestamp, now=now)

    assert made is None or made.text
