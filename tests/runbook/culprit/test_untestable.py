"""Where a run is likely to tell nothing."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from runbook.culprit.untestable import chances

SITES = st.sets(st.integers(0, 29), max_size=8)


def plain_chance(here: int, tested: set[int], untestable: set[int]) -> float:
    near = min(abs(here - each) for each in {-1, *tested})
    far = min(abs(here - each) for each in untestable)
    return far / (far + near)


@given(SITES, SITES.filter(bool))
def test_the_border_may_be_anywhere_between_testable_and_not(
    tested: set[int], untestable: set[int]
) -> None:
    tested -= untestable
    got = chances(30, tested, untestable)
    for here in range(30):
        assert got[here] in (0.0, plain_chance(here, tested, untestable))


def test_the_untestable_ones_have_no_chance_and_the_tested_ones_are_certain() -> None:
    got = chances(10, [2], [6])
    assert (1.0, 0.0, 0.5) == (got[2], got[6], got[4])


def test_all_between_three_in_a_row_is_a_block() -> None:
    got = chances(20, [1], [5, 10, 15])
    assert [0.0] * 11 == got[5:16]
    assert min(got[:5]) > 0 < got[19]


def test_a_testable_commit_between_them_keeps_it_open() -> None:
    assert chances(20, [1, 9], [5, 10, 15])[12] > 0


def test_what_could_be_tested_once_and_no_more_has_no_chance() -> None:
    assert [1.0, 0.5, 0.0, 0.5, 1.0] == chances(5, [0, 2, 4], [2])
