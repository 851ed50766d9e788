"""Several breaks on several branches."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from runbook.culprit.core.branches import broken_branch
from runbook.culprit.core.dag import Dag
from runbook.culprit.core.posterior import GOOD_END
from tests.runbook.culprit.histories import dags, line

# 0 - 1 - 2 - 3 - 7 and 1 - 4 - 5 - 6 - 7: two branches, merged.
FORKED = Dag([(), (0,), (1,), (2,), (1,), (4,), (5,), (3, 6)])


def test_of_two_broken_branches_the_one_with_fewer_candidates_is_followed() -> None:
    assert 2 == broken_branch(FORKED, [(2, True), (6, True), (1, False)])
    assert 5 == broken_branch(FORKED, [(3, True), (5, True), (0, False), (4, False)])


def test_who_passed_after_a_commit_that_failed_has_lied_or_it_did() -> None:
    assert broken_branch(FORKED, [(2, True), (3, False)]) is None
    assert broken_branch(FORKED, [(2, True), (7, True), (2, False)]) is None


def test_where_the_good_end_failed_no_branch_is_to_blame() -> None:
    assert broken_branch(FORKED, [(2, True), (6, True), (GOOD_END, True)]) is None
    assert 2 == broken_branch(FORKED, [(2, True), (6, True), (GOOD_END, False)])


def test_where_nothing_failed_there_is_no_branch() -> None:
    assert broken_branch(FORKED, [(2, False)]) is None


@given(st.data())
def test_what_several_breaks_show_is_explained_by_one_of_them(data: st.DataObject) -> None:
    dag = data.draw(dags(most=25))
    sites = st.integers(0, dag.size - 1)
    breaks = data.draw(st.sets(sites, min_size=1, max_size=3))
    told = [
        (site, any(dag.ancestors(site) >> each & 1 for each in breaks))
        for site in data.draw(st.lists(sites, min_size=1))
    ]

    branch = broken_branch(dag, told)

    if branch is None:
        assert not any(failed for _, failed in told)
    else:
        assert (branch, True) in told
        assert any(dag.ancestors(branch) >> each & 1 for each in breaks)


@given(st.integers(0, 9), st.integers(0, 9))
def test_on_a_line_the_oldest_failure_is_followed(older: int, newer: int) -> None:
    assert min(older, newer) == broken_branch(line(10), [(older, True), (newer, True)])
