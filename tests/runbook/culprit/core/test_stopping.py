"""When a search ends."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runbook.culprit.core import stopping


@given(st.integers(1, 10**6), st.integers(1, 64))
def test_the_rounds_needed_are_the_least_that_reach(size: int, width: int) -> None:
    rounds = stopping.rounds_needed(size, width)
    assert (width + 1) ** rounds >= size
    assert rounds == 0 or (width + 1) ** (rounds - 1) < size


@given(st.integers(1, 10**6), st.integers(1, 64))
def test_the_last_of_the_rounds_has_room_for_the_proofs_too(size: int, width: int) -> None:
    rounds = stopping.rounds_with_proof(size, width)
    last = (width + 1) // 2  # each of them but one is run, and the tip without each
    assert max(1, last) * (width + 1) ** (rounds - 1) >= size
    assert rounds == 1 or last * (width + 1) ** (rounds - 2) < size


# m = ceil(log d / log f): the first line is the half-lie of the literature, the last is capped.
@pytest.mark.parametrize(
    ("rate", "confidence", "runs"),
    [
        (0.2, 0.99, 3),
        (0.2, 0.95, 2),
        (0.05, 0.95, 1),
        (0.0, 0.99, 1),
        (0.1, 0.99, 2),
        (0.9, 0.99, 8),
    ],
)
def test_how_often_a_commit_is_run_again(rate: float, confidence: float, runs: int) -> None:
    assert runs == stopping.repeats(rate, confidence)


def test_a_rate_that_may_be_one_takes_the_most_runs() -> None:
    assert stopping.repeats(1.0, 0.6) == stopping.repeats(0.9, 0.99)


@given(st.integers(0, 50), st.integers(0, 50), st.integers(1, 5))
def test_what_the_rate_hardly_exceeds_is_above_what_was_seen_and_nears_it(
    lies: int, truths: int, margin: int
) -> None:
    runs = lies + truths
    most = stopping.rate_at_most(lies, runs, margin)
    assert lies / max(runs, 1) <= most <= 1
    assert stopping.rate_at_most(100 * lies, 100 * runs, margin) <= most
    assert (most == 1) == (truths == 0)


@given(st.integers(0, 20), st.integers(0, 20), st.floats(0.6, 0.999))
def test_each_truth_seen_asks_for_no_more_runs_and_each_lie_for_no_fewer(
    lies: int, truths: int, confidence: float
) -> None:
    def runs(lies: int, truths: int) -> int:
        rate = stopping.rate_at_most(lies, lies + truths, stopping.HIDINGS)
        return stopping.repeats(rate, confidence)

    assert runs(lies, truths + 1) <= runs(lies, truths) <= runs(lies + 1, truths)


@pytest.mark.parametrize(
    ("fails", "passes", "is_red"),
    [(3, 0, False), (4, 0, True), (4, 1, True), (3, 1, False), (5, 2, True), (30, 30, False)],
)
def test_how_often_a_commit_that_was_called_good_must_fail(
    fails: int, passes: int, *, is_red: bool
) -> None:
    assert is_red == stopping.is_red(fails, passes, 0.95)


def test_a_search_that_is_never_lied_to_ends_as_bisection_does_with_both_ends() -> None:
    assert (12, 12, 7) == (
        stopping.steady_limit(1000, 1),
        stopping.steady_limit(1024, 1),
        stopping.steady_limit(700, 2),
    )


def test_the_budget_leaves_room_for_noise_of_three_in_ten() -> None:
    assert stopping.budget(500) > 76 * 2


KNOWN_WELL = stopping.Lies(alarms=8, good=40, hidings=0, bad=40)
SELDOM_SEEN = stopping.Lies(alarms=0, good=5, hidings=0, bad=4)


def test_one_run_of_the_tip_says_nothing_of_a_command_that_lies() -> None:
    assert None is stopping.judge_tip(SELDOM_SEEN, 1, 0, 0.95)
    assert None is stopping.judge_tip(SELDOM_SEEN, 0, 1, 0.95)


def test_the_less_is_known_of_how_the_bug_hides_the_oftener_the_tip_must_pass() -> None:
    def passes_needed(lies: stopping.Lies) -> int:
        return next(runs for runs in range(1, 20) if stopping.judge_tip(lies, 0, runs, 0.95))

    assert passes_needed(KNOWN_WELL) < passes_needed(SELDOM_SEEN)
    # A bug that hides every second time would pass so often in less than one of ten searches.
    assert 0.5 ** passes_needed(SELDOM_SEEN) < 0.1


@given(
    st.builds(
        lambda alarms, good, hidings, bad: stopping.Lies(
            alarms, alarms + good, hidings, hidings + bad
        ),
        *[st.integers(0, 20)] * 4,
    ),
    st.integers(0, 12),
    st.integers(0, 12),
    st.sampled_from([0.6, 0.95, 0.99]),
)
def test_a_pass_never_speaks_against_the_tip_and_a_failure_never_for_it(
    lies: stopping.Lies, fails: int, passes: int, confidence: float
) -> None:
    order = [False, None, True]

    def said(fails: int, passes: int) -> int:
        return order.index(stopping.judge_tip(lies, fails, passes, confidence))

    if lies.most_hidings < 0.8 and (lies.alarms + 1) / (lies.good + 2) < 0.4:
        assert said(fails, passes) <= said(fails, passes + 1)
        assert said(fails + 1, passes) <= said(fails, passes)


def test_who_is_not_confirmed_must_be_ten_times_as_sure() -> None:
    assert pytest.approx(0.995) == stopping.insistent(0.95)


def test_several_suspects_share_the_error_that_is_allowed() -> None:
    assert 0.95 == pytest.approx(stopping.shared(0.95, 1))
    assert 0.99 == pytest.approx(stopping.shared(0.95, 5))
