"""The rates and the channel."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runbook.culprit.core import rates

RATES = st.floats(0.001, 0.45)


@pytest.mark.parametrize("steady", [rates.PRESUMED_STEADY, rates.OPEN_MINDED])
def test_the_beliefs_about_unknown_rates_sum_to_one(steady: float) -> None:
    prior = rates.unknown(steady)
    assert pytest.approx(1) == sum(map(sum, prior.weights))
    assert prior.weights[0][0] > steady


def test_a_good_commit_never_fails_as_often_as_a_bad_one() -> None:
    prior = rates.unknown(0.5)
    for a, row in zip(prior.good_fails, prior.weights, strict=True):
        for b, weight in zip(prior.bad_passes, row, strict=True):
            assert not weight or a < 1 - b


def test_a_bug_that_hides_often_is_as_likely_as_one_that_hides_seldom() -> None:
    prior = rates.unknown(0.0)
    hides = prior.weights[0][1:]  # where good commits never fail
    assert max(hides) < 1.01 * min(hides)


def test_a_told_rate_is_the_rate_of_good_commits() -> None:
    prior = rates.told(0.2)
    assert ((0.2,), False) == (prior.good_fails, prior.can_be_steady)
    assert 0.2 == max(prior.bad_passes)


def test_a_told_rate_of_nought_is_a_command_that_never_lies() -> None:
    assert (((1.0,),), True) == (rates.told(0).weights, rates.told(0).can_be_steady)


# The figures are those of Shannon's channel: 1 - H(p), and the Z-channel for the half-lie.
@pytest.mark.parametrize(
    ("good_fails", "bad_passes", "bits"),
    [(1e-9, 1e-9, 1.0), (0.05, 0.05, 0.714), (0.1, 0.1, 0.531), (0.2, 0.2, 0.278), (0.3, 0.3, 0.119),
     (0.2, 1e-9, 0.618), (0.05, 0.5, 0.208)],
)  # fmt: skip
def test_the_capacity_of_known_channels(good_fails: float, bad_passes: float, bits: float) -> None:
    assert pytest.approx(bits, abs=1e-3) == rates.capacity(good_fails, bad_passes)


@given(RATES, RATES, st.floats(0, 1))
def test_no_mass_tells_more_than_the_best(a: float, b: float, mass: float) -> None:
    best = rates.information(rates.best_mass(a, b), a, b)
    assert rates.information(mass, a, b) <= best + 1e-9


def test_a_certain_commit_tells_nothing() -> None:
    assert 0 == rates.information(0, 0.2, 0.1) == rates.entropy(1)
    assert pytest.approx(0) == rates.information(1, 0.2, 0.1)
