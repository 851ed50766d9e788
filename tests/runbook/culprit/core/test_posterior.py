"""Probabilities against a plain sum over all hypotheses."""

from __future__ import annotations

from itertools import product
from math import isclose
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runbook.culprit.core import posterior as module
from runbook.culprit.core import rates
from runbook.culprit.core.posterior import BORN_RED, GOOD_END, NONE_OF_THEM, Posterior
from tests.runbook.culprit.histories import dags, is_bad, line

if TYPE_CHECKING:
    from random import Random

    from runbook.culprit.core.dag import Dag

UNKNOWN = rates.unknown(0.5)
KNOWN = rates.RatePrior((0.2,), (0.3,), ((1.0,),), can_be_steady=False)


def make(dag: Dag, prior: rates.RatePrior = UNKNOWN) -> Posterior:
    return Posterior(dag, [1.0] * dag.size, prior)


@st.composite
def recorded(draw: st.DrawFn) -> tuple[Dag, list[tuple[int, bool]]]:
    dag = draw(dags(most=12))
    runs = st.tuples(st.integers(GOOD_END, dag.size - 1), st.booleans())
    return dag, draw(st.lists(runs, max_size=25))


def tell(posterior: Posterior, runs: list[tuple[int, bool]]) -> None:
    for site, failed in runs:
        posterior.record(site, failed=failed)
    posterior.settle()


@given(recorded())
def test_the_probabilities_sum_to_one(case: tuple[Dag, list[tuple[int, bool]]]) -> None:
    dag, runs = case
    posterior = make(dag)
    tell(posterior, runs)
    assert isclose(1, sum(posterior.commits) + posterior.none + posterior.born_red)
    assert all(0 <= each <= 1 for each in (*posterior.commits, posterior.none, posterior.born_red))


@given(recorded())
def test_the_cells_give_what_the_sum_over_all_hypotheses_gives(
    case: tuple[Dag, list[tuple[int, bool]]],
) -> None:
    dag, runs = case
    prior = rates.RatePrior((0.1, 0.3), (0.2, 0.4), ((0.4, 0.1), (0.2, 0.3)), can_be_steady=False)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "STICKY", 0.0)
        posterior = make(dag, prior)
        tell(posterior, runs)
    joint = []
    for hypothesis in (*range(dag.size), "none", "born"):
        likelihood = 0.0
        for (i, a), (j, b) in product(enumerate(prior.good_fails), enumerate(prior.bad_passes)):
            chance = prior.weights[i][j]
            for site, failed in runs:
                culprit = hypothesis if isinstance(hypothesis, int) else None
                fails = 1 - b if hypothesis == "born" or is_bad(dag, culprit, site) else a
                chance *= fails if failed else 1 - fails
            likelihood += chance
        weight = {"none": NONE_OF_THEM, "born": BORN_RED}.get(str(hypothesis), 0.75 / dag.size)
        joint.append(weight * likelihood)
    expected = [each / sum(joint) for each in joint]
    got = (*posterior.commits, posterior.none, posterior.born_red)
    assert expected == pytest.approx(got, rel=1e-6, abs=1e-12)


@given(recorded(), st.data())
def test_the_worst_odds_are_the_odds_where_the_rates_are_known_and_else_no_better(
    case: tuple[Dag, list[tuple[int, bool]]], data: st.DataObject
) -> None:
    dag, runs = case
    number = data.draw(st.integers(0, dag.size))  # the last is "none of them"
    for prior, is_known in ((UNKNOWN, False), (KNOWN, True)):
        posterior = make(dag, prior)
        tell(posterior, runs)
        chance = [*posterior.commits, posterior.none][number]
        odds = (1 - chance) / chance
        worst = posterior.worst_odds(number)
        assert worst >= odds or isclose(worst, odds, rel_tol=1e-6)
        if is_known:
            assert isclose(worst, odds, rel_tol=1e-6)


@given(recorded(), st.randoms(use_true_random=False))
def test_the_order_of_the_runs_does_not_matter(
    case: tuple[Dag, list[tuple[int, bool]]], random: Random
) -> None:
    dag, runs = case
    shuffled = list(runs)
    random.shuffle(shuffled)
    one, other = make(dag), make(dag)
    tell(one, runs)
    tell(other, shuffled)
    assert one.commits == pytest.approx(other.commits, abs=1e-9)


def test_a_failure_makes_the_commit_and_its_ancestors_likelier() -> None:
    posterior = make(line(10))
    tell(posterior, [(4, True)])
    assert min(posterior.commits[:5]) > max(posterior.commits[5:])
    assert posterior.masses[4] > 0.8


def test_fails_and_then_passes_is_no_change_that_counts() -> None:
    posterior = make(line(10))
    tell(posterior, [(site, site < 5) for site in (GOOD_END, *range(10))])
    assert posterior.commits[5] < 0.2


def test_the_rates_are_learned() -> None:
    posterior = make(line(4))
    tell(posterior, [(GOOD_END, number % 5 == 0) for number in range(40)] + [(3, True)] * 20)
    assert 0.1 < posterior.good_fails < 0.3
    assert posterior.bad_passes < 0.1


def test_one_commit_alone_never_convinces_however_often_it_is_run() -> None:
    few, many = make(line(2)), make(line(2))
    tell(few, [(0, True)] * 20)
    tell(many, [(0, True)] * 2000)
    assert many.none > 1e-6
    assert many.none == pytest.approx(few.none, rel=1)


def test_hundreds_of_contradictions_do_not_underflow() -> None:
    posterior = make(line(5))
    tell(posterior, [(site, flip) for site in (GOOD_END, 0, 2, 4) for flip in (True, False)] * 60)
    assert isclose(1, sum(posterior.commits) + posterior.none + posterior.born_red)


def test_a_cell_holds_what_no_run_has_told_apart() -> None:
    posterior = make(line(6))
    tell(posterior, [(3, True), (1, False)])
    mates, chance = posterior.cell(2)
    assert 0b001100 == mates
    assert pytest.approx(sum(posterior.commits[2:4])) == chance


def test_the_good_end_is_bad_only_if_the_test_was_born_red() -> None:
    posterior = make(line(3))
    assert (posterior.born_red, posterior.masses[2]) == (
        posterior.mass(GOOD_END),
        posterior.mass(2),
    )
    assert posterior.none == pytest.approx(1 - posterior.masses[2])


@given(recorded())
def test_no_run_tells_less_than_nothing_or_more_than_a_bit(
    case: tuple[Dag, list[tuple[int, bool]]],
) -> None:
    dag, runs = case
    posterior = make(dag)
    tell(posterior, runs)
    told = posterior.informations()
    assert {GOOD_END, *range(dag.size)} == told.keys()
    assert all(-1e-9 <= bits <= 1 for bits in told.values())


def test_what_always_says_the_same_tells_ever_less_and_less_than_its_neighbour() -> None:
    posterior = make(line(9))
    told = []
    for _ in range(4):
        tell(posterior, [(4, True)] * 4)
        told.append(posterior.informations()[4])
    assert sorted(told, reverse=True) == told
    assert posterior.informations()[3] > told[-1]


@given(recorded())
def test_with_known_rates_a_run_tells_what_the_channel_says(
    case: tuple[Dag, list[tuple[int, bool]]],
) -> None:
    dag, runs = case
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "STICKY", 0.0)
        posterior = make(dag, rates.RatePrior((0.2,), (0.1,), ((1.0,),), can_be_steady=False))
        tell(posterior, runs)
        informations = posterior.informations()
    for site, bits in informations.items():
        assert pytest.approx(rates.information(posterior.mass(site), 0.2, 0.1), abs=1e-9) == bits
