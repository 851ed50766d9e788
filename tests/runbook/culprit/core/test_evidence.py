"""What runs come to: who is left, who lied how often, and what counts as a run."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from runbook.culprit.core import rates
from runbook.culprit.core.dag import Dag, members
from runbook.culprit.core.evidence import Evidence, Outcome
from runbook.culprit.core.posterior import GOOD_END, blamed_for, without
from tests.runbook.culprit.histories import dags, line

PRESUMED = rates.unknown(rates.PRESUMED_STEADY)


def make(dag: Dag, *told: tuple[int, Outcome]) -> Evidence:
    seen = Evidence(dag, [1.0] * dag.size, PRESUMED, may_presume=True)
    for site, outcome in told:
        seen.record(site, outcome)
    return seen


@st.composite
def told(draw: st.DrawFn) -> tuple[Dag, list[tuple[int, Outcome]]]:
    """A history, and outcomes of its commits; not of one line alone, so that branches may be followed."""
    dag = draw(dags(most=12))
    outcome = st.sampled_from([Outcome.PASS, Outcome.FAIL])
    return dag, draw(st.lists(st.tuples(st.integers(0, dag.size - 1), outcome), max_size=8))


def lies(dag: Dag, culprit: int, outcomes: list[tuple[int, Outcome]]) -> int:
    """How many of the outcomes are lies if one commit alone is to blame, counted one by one."""
    return sum(
        (outcome is Outcome.FAIL) != bool(blamed_for(dag, site) >> culprit & 1)
        for site, outcome in outcomes
    )


@given(told())
def test_whoever_is_left_explains_every_run_that_counts(
    case: tuple[Dag, list[tuple[int, Outcome]]],
) -> None:
    dag, outcomes = case
    seen = make(dag, *outcomes)

    beside = seen.beside()
    counted = [
        (site, said) for site, said in outcomes if said is Outcome.PASS or site not in beside
    ]
    alone = {culprit for culprit in range(dag.size) if not lies(dag, culprit, counted)}
    assert alone == set(members(seen.live))
    for culprit in range(dag.size):
        seen_to_lie = seen.lies(culprit)
        assert (culprit in alone) == (0 == seen_to_lie.alarms + seen_to_lie.hidings)


@given(told())
def test_every_run_is_of_a_good_commit_or_of_a_bad_one(
    case: tuple[Dag, list[tuple[int, Outcome]]],
) -> None:
    dag, outcomes = case
    seen = make(dag, *outcomes)

    counted = sum(fails + passes for fails, passes in seen.of_commits().values())
    for culprit in range(dag.size):
        assert counted == seen.lies(culprit).good + seen.lies(culprit).bad
    assert len(outcomes) == seen.runs


def test_what_could_not_be_tested_was_asked_and_says_nothing() -> None:
    seen = make(line(8), (3, Outcome.UNTESTABLE))
    assert (True, {3}, (0, 0)) == (seen.was_asked(3), seen.untestable, seen.count(3))
    assert 8 == seen.live.bit_count()

    seen.record(3, Outcome.FAIL)

    assert (set(), (1, 0)) == (seen.untestable, seen.count(3))


def test_what_is_remembered_is_no_run() -> None:
    seen = make(line(8))
    seen.record(3, Outcome.FAIL, remembered=True)
    assert (0, True) == (seen.runs, seen.remembers)


def test_it_is_known_when_one_candidate_was_left() -> None:
    seen = make(line(4), (1, Outcome.FAIL), (0, Outcome.PASS))
    assert 2 == seen.isolated_after
    seen.record(3, Outcome.FAIL)
    assert 2 == seen.isolated_after


def test_a_parent_is_green_by_whoever_holds_it_without_the_culprit() -> None:
    # Two branches from the first commit, merged; the culprit is on the second.
    dag = Dag([(), (0,), (1,), (0,), (2, 3)])
    seen = make(dag, (2, Outcome.PASS), (2, Outcome.PASS))

    assert seen.is_green(0, 3, 2)
    assert not seen.is_green(0, 3, 3)
    assert not seen.is_green(0, 1, 1)  # the one that passed holds this culprit
    assert not seen.is_green(GOOD_END, 3, 1)


def test_the_tip_without_somebody_is_left_aside_by_what_the_commits_say() -> None:
    dag = line(8)
    seen = make(dag, (5, Outcome.FAIL), (without(dag, 5), Outcome.PASS))

    assert {5: (1, 0)} == seen.of_commits()
    assert {5} == seen.put_to_the_test()
    alone = seen.told_by_commits().commits
    assert alone[5] == alone[4]  # nothing tells them apart but the tip
    assert seen.posterior.commits[5] > seen.posterior.commits[4]


def test_the_tip_is_red_unseen_until_somebody_fails_or_it_is_run() -> None:
    dag = line(8)
    assert make(dag, (1, Outcome.PASS)).is_red_unseen()
    assert not make(dag, (1, Outcome.FAIL)).is_red_unseen()
    assert not make(dag, (dag.tip, Outcome.PASS)).is_red_unseen()


def test_the_tip_is_red_by_the_other_branch_whoever_is_taken_out_of_it() -> None:
    dag = Dag([(), (0,), (0,), (1, 2)])
    told = [(0, Outcome.PASS), (1, Outcome.FAIL), (2, Outcome.FAIL)]
    seen = make(dag, *told, (without(dag, 1), Outcome.FAIL))

    assert 1 == seen.likeliest()[0]
    assert ((0, 0), {without(dag, 1)}) == (seen.count(without(dag, 1)), seen.untestable)
