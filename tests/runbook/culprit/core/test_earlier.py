"""What earlier runs tell of a command."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runbook.culprit.core import rates
from runbook.culprit.core.earlier import Tally, likelihood, taught, told

TALLIES = st.builds(Tally, st.integers(0, 6), st.integers(0, 6)).filter(any)
GREEN = (Tally(1, 0),) * 40
RED_AND_GREEN = Tally(1, 1)


def chance_to_be_steady(*earlier: Tally) -> float:
    return taught(rates.unknown(rates.PRESUMED_STEADY), earlier).of_steady


@pytest.mark.parametrize("steady", [rates.PRESUMED_STEADY, rates.OPEN_MINDED])
def test_without_earlier_runs_nothing_is_learned(steady: float) -> None:
    prior = rates.unknown(steady)

    assert prior is taught(prior, ())


@given(st.lists(TALLIES, max_size=30))
def test_what_is_believed_still_sums_to_one(earlier: list[Tally]) -> None:
    learned = taught(rates.unknown(rates.OPEN_MINDED), earlier)

    assert pytest.approx(1) == sum(map(sum, learned.weights))


def test_states_that_were_red_and_green_are_no_work_of_a_steady_command() -> None:
    once, twice = ((*GREEN, *times * [RED_AND_GREEN]) for times in (1, 2))

    assert chance_to_be_steady(*once) < 0.6
    assert chance_to_be_steady(*twice) < 0.02


def test_a_long_line_of_greens_gives_no_trust() -> None:
    prior = rates.unknown(rates.PRESUMED_STEADY)

    assert likelihood(GREEN, 0.2) < likelihood(GREEN, rates.STEADY) / 1000
    assert prior is taught(prior, GREEN)


def test_failures_that_were_not_run_again_tell_no_flake_from_a_break() -> None:
    earlier = [Tally(1, 0)] * 40 + [Tally(0, 1)] * 10

    assert 0.2 < likelihood(earlier, 0.2) / likelihood(earlier, rates.STEADY) < 5


def test_a_state_that_failed_each_time_it_was_run_was_broken() -> None:
    assert chance_to_be_steady(*GREEN, Tally(0, 5)) > 0.98 * chance_to_be_steady()


@pytest.mark.parametrize("rate", [0.1, 0.2, 0.3])
def test_the_rate_is_learned_from_states_that_were_run_again(rate: float) -> None:
    earlier = [Tally(10 - round(10 * rate), round(10 * rate))] * 6
    levels = rates.unknown(0.5).good_fails

    assert rate == max(levels, key=lambda level: likelihood(earlier, level))


def test_that_a_flake_hides_bugs_as_often_as_it_feigns_them_is_less_sure_than_before() -> None:
    prior = rates.unknown(rates.OPEN_MINDED)
    learned = taught(prior, [Tally(8, 2)] * 6)
    fifth = prior.good_fails.index(0.2)
    before, after = (
        [each / sum(row) for each in row] for row in (prior.weights[fifth], learned.weights[fifth])
    )

    assert max(after) < max(before)
    assert fifth == after.index(max(after)) == before.index(max(before))
    for seldom, often in zip(before, after, strict=True):
        assert often > min(0.02, seldom) or not seldom


def test_a_person_is_told_how_many_were_green_and_what_they_say() -> None:
    assert "40 of 40 earlier runs were green, and none contradicted another" == told(GREEN)
    assert (
        "41 of 42 earlier runs were green, and 1 of 41 states of the source was both green and red"
        == told([*GREEN, RED_AND_GREEN])
    )
