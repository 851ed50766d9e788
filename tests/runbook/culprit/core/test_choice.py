"""The choice of the next commits."""

from __future__ import annotations

from runbook.culprit.core.choice import Sites, choose, choose_one, halfway
from runbook.culprit.core.dag import Dag
from runbook.culprit.core.rates import STEADY
from tests.runbook.culprit.histories import line


def sites(
    dag: Dag,
    *,
    rate: float = STEADY,
    chance: dict[int, float] | None = None,
    runs: dict[int, int] | None = None,
) -> Sites:
    masses = dag.masses([1 / dag.size] * dag.size)
    inner = {site: mass for site, mass in enumerate(masses) if mass < 1 - 1e-9}
    return Sites(inner, chance or {}, runs or {}, rate, rate, dag.ancestors)


def test_one_run_halves_the_line() -> None:
    assert [49] == choose(sites(line(100)), 1)


def test_of_two_commits_as_near_to_half_the_one_is_chosen_that_git_takes() -> None:
    lines = [line(size) for size in range(2, 9)]
    assert [0, 1, 1, 1, 2, 2, 3] == [halfway(sites(each).masses, each) for each in lines]


def test_of_thousands_a_thousandth_less_than_half_is_half() -> None:
    assert [1534, 2046] == [halfway(sites(line(size)).masses, line(size)) for size in (3071, 4096)]


def test_of_commits_that_are_half_a_merge_comes_first_and_then_what_git_lists_first() -> None:
    two_lines = [(), (0,), (1,), (), (3,), (4,), (2, 5)]
    assert 2 == halfway(sites(Dag(two_lines)).masses, Dag(two_lines))
    dated = Dag(two_lines, ages=[3, 4, 5, 0, 1, 2, 6])
    assert 5 == halfway(sites(dated).masses, dated)
    merged = Dag([(), (), (0,), (0, 1), (2, 3), (4,)])
    assert 3 == halfway(sites(merged).masses, merged)


def test_several_runs_part_the_line_equally() -> None:
    assert [24, 49, 74] == sorted(choose(sites(line(100)), 3))


def test_what_runs_already_takes_its_share() -> None:
    assert [32] == choose(sites(line(99)), 1, pending=[65])


def test_a_commit_that_cannot_be_tested_is_not_chosen() -> None:
    assert [49] != choose(sites(line(100), chance={49: 0.0}), 1)


def test_a_likely_untestable_commit_gives_way_to_one_that_tells_nearly_as_much() -> None:
    chance = dict.fromkeys(range(40, 60), 0.1)
    (chosen,) = choose(sites(line(100), chance=chance), 1)
    assert chosen not in range(40, 60)


def test_a_steady_command_is_never_run_twice_at_one_commit() -> None:
    chosen = choose(sites(line(4)), 8)
    assert [0, 1, 2] == sorted(chosen)


def test_a_lying_command_is_run_again() -> None:
    assert 8 == len(choose(sites(line(4), rate=0.2), 8))


def test_runs_are_mixed_among_commits_that_tell_as_much() -> None:
    (chosen,) = choose(sites(line(101), rate=0.2, runs={50: 5}), 1)
    assert chosen != 50


def test_a_merge_is_not_counted_twice() -> None:
    # 0 - 1 - 3(merge of 1 and 2) - 4 - 5, with 2 beside 1: half of the weight lies below 3, less its own.
    dag = Dag([(), (0,), (0,), (1, 2), (3,), (4,)])
    assert choose(sites(dag), 1)[0] in (1, 2, 3)


def test_nothing_is_chosen_where_nothing_is_open() -> None:
    assert [] == choose(sites(line(1)), 4)


def test_one_alone_is_the_one_that_tells_most_and_can_be_tested() -> None:
    assert 7 == choose_one({3: 0.5, 7: 0.6}, {}, {})
    assert 3 == choose_one({3: 0.5, 7: 0.6}, {7: 0.1}, {})
    assert 3 == choose_one({3: 0.59, 7: 0.6}, {}, {7: 4})
    assert None is choose_one({3: 0.0}, {}, {})
