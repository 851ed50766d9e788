"""The candidates as a graph."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from runbook.culprit.core.dag import Dag, flags, members
from tests.runbook.culprit.histories import dags, line


def plain_ancestors(dag: Dag, commit: int) -> set[int]:
    found, todo = set(), [commit]
    while todo:
        here = todo.pop()
        if here not in found:
            found.add(here)
            todo += dag.parents[here]
    return found


@given(dags())
def test_ancestors_are_all_that_parents_lead_to(dag: Dag) -> None:
    for commit in range(dag.size):
        assert plain_ancestors(dag, commit) == set(members(dag.ancestors(commit)))


@given(dags(), st.data())
def test_masses_count_every_ancestor_once(dag: Dag, data: st.DataObject) -> None:
    weights = data.draw(st.lists(st.integers(0, 9), min_size=dag.size, max_size=dag.size))
    expected = [
        sum(weights[each] for each in plain_ancestors(dag, commit)) for commit in range(dag.size)
    ]
    assert expected == dag.masses(weights)


def test_the_tip_descends_from_everything() -> None:
    dag = Dag([(), (0,), (0,), (1, 2)])
    assert (3, 0b1111) == (dag.tip, dag.ancestors(dag.tip))
    assert dag.everything == dag.ancestors(dag.tip)


def test_a_commit_without_a_parent_among_the_candidates_starts_a_line() -> None:
    assert 0b1010 == Dag([(), (), (0,), (1,)]).ancestors(3)


def test_a_long_line_keeps_no_sets() -> None:
    dag = line(100_000)
    assert 50_001 == dag.ancestors(50_000).bit_count()
    assert not dag._known


def test_flags_show_the_oldest_first() -> None:
    assert "0110" == flags(0b0110, 4)
    assert "1000" == flags(0b0001, 4)


@given(st.integers(1, 40))
def test_the_place_before_the_first_commit_has_no_ancestors(size: int) -> None:
    assert 0 == line(size).ancestors(-1) == Dag([()] * size).ancestors(-1)


def test_lines_meet_where_they_part_and_where_they_are_merged() -> None:
    # A commit, two lines of two commits each from it on, their merge, and one more.
    dag = Dag([(), (0,), (1,), (0,), (3,), (2, 4), (5,)])
    assert {0, 5} == dag.joints
    assert not line(20).joints
