"""Where a run is likely to tell nothing."""

from __future__ import annotations

from itertools import pairwise, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runbook.culprit.core.untestable import _CHAINS, _HOPELESS, chances

SIZE = 7
SITES = st.sets(st.integers(0, SIZE - 1), max_size=4)


def counted(tested: set[int], untestable: set[int]) -> list[float]:
    """Return the chances by the definition: over each way in which all commits may lie, one by one."""
    known = dict.fromkeys((-1, SIZE - 1, *tested), True) | dict.fromkeys(untestable, False)
    whole, testable = 0.0, [0.0] * SIZE
    for states in product((True, False), repeat=SIZE + 1):
        if any(states[site + 1] is not state for site, state in known.items()):
            continue
        for chain, weight in _CHAINS.items():
            likely = float(weight)
            for one, other in pairwise(states):
                drawn = (1 - chain.share) if other else chain.share
                likely *= (1 - chain.kept) * drawn + chain.kept * (one == other)
            whole += likely
            testable = [
                sum_ + likely * state for sum_, state in zip(testable, states[1:], strict=True)
            ]
    return [each / whole for each in testable]


@given(SITES, SITES.filter(bool))
def test_the_chance_is_that_of_all_ways_in_which_stretches_may_lie(
    tested: set[int], untestable: set[int]
) -> None:
    wanted = [each if each >= _HOPELESS else 0.0 for each in counted(tested, untestable)]
    # What is left out as too unlikely may move a chance by as much as it holds.
    assert pytest.approx(wanted, abs=0.05) == chances(SIZE, tested, untestable)


def test_the_untestable_ones_have_no_chance_and_the_tested_ones_are_certain() -> None:
    got = chances(10, [2], [6])
    assert (1.0, 0.0, 1.0) == (got[2], got[6], got[9])
    assert got[2] > got[3] > got[4] > got[5] > got[6] < got[7] < got[8]


def test_what_could_be_tested_once_and_no_more_has_no_chance() -> None:
    got = chances(5, [0, 2, 3], [2])
    assert (1.0, 0.0, 1.0) == (got[0], got[2], got[3])


def test_an_end_that_cannot_be_tested_is_believed() -> None:
    got = chances(40, [], [39])
    assert 0.0 == got[39]
    assert got[0] > got[20] > got[38]


def test_in_the_midst_of_a_long_stretch_there_is_no_hope_and_at_its_edges_there_is() -> None:
    got = chances(300, [90, 220], [100, 110, 125, 140, 150, 160, 175, 190, 200])
    assert [0.0] * 61 == got[120:181]
    assert min(got[91:96] + got[215:220]) > 0.3


def test_where_single_commits_err_their_neighbours_are_worth_a_run() -> None:
    tested = [site for site in range(0, 200, 10) if site % 50]
    got = chances(200, tested, [0, 50, 100, 150])
    assert got[51] > 0.5 > chances(200, [199], [50])[51]


def test_what_is_broken_on_a_branch_says_little_of_where_it_is_merged() -> None:
    got = chances(40, [30], [10, 12, 14], joints=[11, 20])
    assert got[11] > 0.5 > got[9]
    assert got[20] > chances(40, [30], [10, 12, 14])[20]


def test_a_broken_merge_says_of_all_around_it_that_they_are_broken() -> None:
    got = chances(40, [30], [10], joints=[10, 13])
    assert chances(40, [30], [10]) == got
