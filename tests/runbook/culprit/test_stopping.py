"""When a search ends."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runbook.culprit import stopping


@given(st.integers(1, 10**6), st.integers(1, 64))
def test_the_rounds_needed_are_the_least_that_reach(size: int, width: int) -> None:
    rounds = stopping.rounds_needed(size, width)
    assert (width + 1) ** rounds >= size
    assert rounds == 0 or (width + 1) ** (rounds - 1) < size


# m = ceil(log d / log f): the first line is the half-lie of the literature, the last is capped.
@pytest.mark.parametrize(
    ("rate", "confidence", "runs"),
    [
        (0.2, 0.99, 3),
        (0.2, 0.95, 2),
        (0.05, 0.95, 1),
        (0.0, 0.99, 1),
        (0.1, 0.99, 2),
        (0.9, 0.99, 8),
    ],
)
def test_how_often_a_commit_is_run_again(rate: float, confidence: float, runs: int) -> None:
    assert runs == stopping.repeats(rate, confidence)


@pytest.mark.parametrize("confidence", [0.6, 0.9, 0.95, 0.99])
def test_the_posterior_to_reach_is_above_the_confidence_asked_for(confidence: float) -> None:
    assert confidence < stopping.threshold(confidence) < 1


def test_a_search_that_is_never_lied_to_ends_as_bisection_does_with_both_ends() -> None:
    assert (12, 12, 7) == (
        stopping.steady_limit(1000, 1),
        stopping.steady_limit(1024, 1),
        stopping.steady_limit(700, 2),
    )


def test_the_budget_leaves_room_for_noise_of_three_in_ten() -> None:
    assert stopping.budget(500) > 76 * 2
