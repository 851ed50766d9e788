"""How many runs settle an environment."""

from __future__ import annotations

import pytest

from runbook.upgrades.core.noise import Rates, learn


def test_of_a_steady_command_one_run_settles_it() -> None:
    assert Rates().is_bad(1, 0) is True
    assert Rates().is_bad(0, 1) is False


@pytest.mark.parametrize(("error", "needed"), [(0.05, 2), (0.01, 3), (0.001, 5)])
def test_of_a_flaky_one_a_pass_is_final_and_failures_in_a_row_are_believed(
    error: float, needed: int
) -> None:
    rates = Rates(good_fails=0.2, error=error)
    assert rates.is_bad(0, 1) is False
    assert rates.is_bad(needed - 1, 0) is None
    assert rates.is_bad(needed, 0) is True


def test_ends_that_fail_alike_have_nothing_to_blame() -> None:
    assert learn((2, 6), (2, 6)) is None


def test_a_failure_that_comes_and_goes_at_the_newest_alone_has_rates() -> None:
    rates = learn((0, 8), (5, 3))
    assert rates is not None
    assert rates.bad_passes > 0.1
    assert not rates.are_steady
