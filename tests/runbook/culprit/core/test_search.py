"""The state machine, against oracles that lie and that do not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runbook.culprit.core import stopping
from runbook.culprit.core.dag import Dag
from runbook.culprit.core.earlier import Tally
from runbook.culprit.core.evidence import Outcome
from runbook.culprit.core.posterior import GOOD_END, blamed_for, without
from runbook.culprit.core.search import Search, Word
from runbook.culprit.core.stopping import rounds_needed, steady_limit
from tests.runbook.culprit.histories import (
    bisection_runs,
    dags,
    line,
    lying,
    play,
    prove,
    runs_of_git,
    seeded,
    steady,
)

if TYPE_CHECKING:
    from collections.abc import Callable


def make(dag: Dag, *, weights: list[float] | None = None, **options: object) -> Search:
    return Search(dag, weights or [1.0] * dag.size, **options)  # type: ignore[arg-type]


@st.composite
def broken(draw: st.DrawFn) -> tuple[Dag, int]:
    dag = draw(dags(most=30))
    return dag, draw(st.integers(0, dag.size - 1))


@given(broken())
@settings(max_examples=60, deadline=None)
def test_a_steady_command_is_never_run_more_often_than_bisection_and_both_ends(
    case: tuple[Dag, int],
) -> None:
    dag, culprit = case
    search, ask = make(dag), steady(dag, culprit)
    finding, asked = play(search, ask)
    assert (Word.FOUND, culprit) == (finding.word, finding.culprit)
    worst = max(bisection_runs(dag, each) for each in range(dag.size))
    runs = len(asked) + prove(search, culprit, ask)
    assert runs <= max(worst, rounds_needed(dag.size, 1)) + 2


def assert_as_quick_as_git(dag: Dag) -> None:
    for culprit in range(dag.size):
        search, ask = make(dag), steady(dag, culprit)
        finding, asked = play(search, ask)
        assert culprit == finding.culprit
        assert len(asked) + prove(search, culprit, ask) <= runs_of_git(dag, culprit) + 2


@pytest.mark.parametrize("size", [*range(1, 20), 33, 62, 75, 100])
def test_no_culprit_of_a_line_takes_more_runs_than_git_and_both_ends(size: int) -> None:
    assert_as_quick_as_git(line(size))


@given(dags())
@settings(max_examples=40, deadline=None)
def test_no_culprit_of_a_graph_takes_more_runs_than_git_and_both_ends(dag: Dag) -> None:
    assert_as_quick_as_git(dag)


@pytest.mark.parametrize("size", [1, 2, 3, 7, 8, 9, 31, 32, 33, 64])
@pytest.mark.parametrize("rate", [None, 0.0])
def test_every_culprit_of_a_line_is_found_within_the_bound(size: int, rate: float | None) -> None:
    dag = line(size)
    for culprit in range(size):
        search, ask = make(dag, rate=rate), steady(dag, culprit)
        finding, asked = play(search, ask)
        assert (Word.FOUND, culprit) == (finding.word, finding.culprit)
        assert len(asked) + prove(search, culprit, ask) <= rounds_needed(size, 1) + 2


@pytest.mark.parametrize("culprit", [0, 37, 63, 99])
def test_the_culprit_is_proved_red_and_its_parent_green(culprit: int) -> None:
    dag = line(100)
    search = make(dag)
    play(search, steady(dag, culprit))
    assert search.seen.posterior.counts[culprit][0] >= 1
    assert search.seen.posterior.counts[culprit - 1 if culprit else GOOD_END][1] >= 1


@pytest.mark.parametrize("width", [2, 3, 4, 8])
@pytest.mark.parametrize("size", [9, 27, 81, 100, 729])
def test_several_runs_at_once_take_no_more_rounds_than_k_section_and_one(
    size: int, width: int
) -> None:
    dag = line(size)
    for culprit in {0, 1, size // 3, size // 2, size - 2, size - 1}:
        search = make(dag, width=width)
        finding, _ = play(search, steady(dag, culprit))
        assert culprit == finding.culprit
        assert search.seen.rounds <= steady_limit(size, width)


def test_a_told_steady_command_is_not_run_again() -> None:
    dag = line(64)
    finding, asked = play(make(dag, rate=0.0), steady(dag, 20))
    assert (20, 6) == (finding.culprit, len(asked))


@pytest.mark.parametrize("culprit", [3, 200])
def test_a_right_prior_saves_runs_and_a_wrong_one_costs_little(culprit: int) -> None:
    dag = line(256)
    weights = [10.0 if site in (3, 77, 150) else 1.0 for site in range(256)]
    finding, asked = play(make(dag, weights=weights, rate=0.0), steady(dag, culprit))
    assert culprit == finding.culprit
    assert len(asked) <= 8 + (2 if culprit == 200 else 0)


@pytest.mark.parametrize("is_wary", [False, True])
def test_where_few_runs_were_red_the_culprit_and_the_tip_must_be_red_again(
    *, is_wary: bool
) -> None:
    dag = line(64)
    for culprit, most in ((61, 2), (59, 2), (50, 1), (20, 0), (8, 0)):
        # Who is wary has seen the tip red before anything else; without, the proof has to fit in.
        again = max(most, 1) if is_wary else min(most, 1)
        search = make(dag, is_wary=is_wary)
        finding, asked = play(search, steady(dag, culprit))
        assert culprit == finding.culprit
        counts = search.seen.posterior.counts
        assert again == counts[culprit][0] - 1 + counts.get(dag.tip, (0, 0))[0]
        assert len(asked) <= rounds_needed(64, 1) + 2


def test_a_command_that_is_told_to_be_steady_is_not_doubted() -> None:
    dag = line(64)
    search = make(dag, rate=0.0)
    play(search, steady(dag, 61))
    assert 1 == search.seen.posterior.counts[61][0]
    search.record(without(dag, 61), Outcome.PASS)
    assert search.demands.judge_tip(61)


def test_a_flake_that_nobody_was_told_of_is_seldom_blamed_by_who_is_wary() -> None:
    dag = line(200)
    blamed = 0
    for seed in range(60):
        finding, _ = play(make(dag, is_wary=True), lying(dag, None, 0.2, 0, seeded(seed)))
        blamed += finding.word is Word.FOUND
    assert blamed <= 6  # 14 of 60 without that


@pytest.mark.parametrize("width", [1, 4])
def test_who_is_wary_looks_at_the_tip_first_and_takes_a_pass_for_a_lie(width: int) -> None:
    search = make(line(20), is_wary=True, width=width)
    assert search.dag.tip in search.next_probes()
    search.record(search.dag.tip, Outcome.PASS)
    assert search.seen.is_consistent
    assert not search.demands.is_presumed_steady


@pytest.mark.parametrize("culprit", [3, 40, 57, 62])
def test_what_will_be_reverted_is_proved_until_a_flake_is_ruled_out(culprit: int) -> None:
    dag = line(64)
    search, ask = make(dag, is_wary=True), steady(dag, culprit)
    finding, _ = play(search, ask)
    assert culprit == finding.culprit

    prove(search, culprit, ask)

    assert (0, 4) == search.seen.posterior.counts[without(dag, culprit)]
    counts = search.seen.posterior.counts.values()
    fails, passes = (sum(each) for each in zip(*counts, strict=True))
    assert 0.2 * 0.2**fails * 0.8**passes <= 0.005 * 0.8 / 64
    assert search.seen.runs <= rounds_needed(64, 1) + 8


def test_a_culprit_that_is_the_tip_must_be_red_again_too() -> None:
    dag = line(64)
    search = make(dag, is_wary=True)
    play(search, steady(dag, dag.tip))
    while (again := search.demands.red_again(dag.tip)) is not None:
        assert again == dag.tip
        search.record(again, Outcome.FAIL)
    assert search.seen.posterior.counts[dag.tip][0] >= 4


def test_the_tip_without_a_culprit_tells_it_from_all_others_at_once() -> None:
    dag = line(64)
    search = make(dag, confidence=0.95)
    search.record(without(dag, 20), Outcome.PASS)
    search.record(without(dag, 20), Outcome.PASS)
    assert 20 == search.seen.likeliest()[0]
    search = make(dag)
    search.record(dag.tip, Outcome.FAIL)
    search.record(without(dag, 20), Outcome.FAIL)
    assert search.seen.posterior.commits[20] < search.seen.posterior.commits[21] / 50


def test_who_is_named_of_a_command_that_lies_was_confirmed_by_the_tip() -> None:
    dag = line(60)
    for seed in range(8):
        search = make(dag, confidence=0.95)
        finding, _ = play(search, lying(dag, 7 * seed, 0.2, 0.1, seeded(seed)))
        if finding.culprit is not None:
            assert search.demands.judge_tip(finding.culprit)


def test_a_rate_that_is_told_need_not_be_learned() -> None:
    """Told at 0.2, about log2 n over the capacity; learned, half as much again."""
    dag, runs, right = line(60), {0.2: 0, None: 0}, 0
    for seed in range(12):
        for rate in runs:
            rng = seeded(seed)
            culprit = rng.randrange(59)
            search = make(dag, confidence=0.95, rate=rate)
            finding, asked = play(search, lying(dag, culprit, 0.2, 0.2, rng))
            runs[rate] += len(asked)
            right += finding.culprit == culprit
            if rate and finding.culprit is not None:
                assert search.seen.posterior.worst_odds(finding.culprit) <= 0.05 / 0.95
                assert search.seen.posterior.counts[without(dag, finding.culprit)][1] >= 1
    assert right >= 22
    assert runs[0.2] < 0.85 * runs[None]


def test_a_flake_whose_rate_is_told_is_said_when_it_is_sure_at_each_pair_of_rates() -> None:
    """Told at 0.2, a tip that passes now and then need not pass as often as a bug that hides every second time."""
    dag, words, most = line(100), [], 0
    for seed in range(10):
        search = make(dag, confidence=0.95, rate=0.2)
        finding, asked = play(search, lying(dag, None, 0.2, 0, seeded(seed)))
        words.append(finding.word)
        most = max(most, len(asked))
        if finding.word is Word.NOT_REPRODUCED:
            assert search.seen.posterior.worst_odds(dag.size) <= 0.05 / 0.95
            assert search.seen.posterior.counts[dag.tip][1]
    assert words.count(Word.NOT_REPRODUCED) >= 9
    assert most <= 25


def test_whoever_is_idle_at_the_end_runs_the_proof_ahead() -> None:
    dag = line(200)
    search = make(dag, width=8)
    play(search, steady(dag, 77))
    assert (0, 1) == search.seen.posterior.counts[without(dag, 77)]


@pytest.mark.parametrize(("width", "rounds"), [(4, 4), (8, 3)])
def test_the_ends_do_not_run_along_where_the_proof_would_come_a_round_later(
    width: int, rounds: int
) -> None:
    dag = line(200)
    for culprit in range(dag.tip):
        search = make(dag, rate=0.0, width=width)
        play(search, steady(dag, culprit))
        assert (0, 1) == search.seen.posterior.counts[without(dag, culprit)]
        assert rounds >= search.seen.rounds


def test_born_red_is_said() -> None:
    finding, _ = play(make(line(20)), lambda _: Outcome.FAIL)
    assert Word.BORN_RED == finding.word


@pytest.mark.parametrize(
    ("fails", "passes", "word"),
    [
        (1, 0, Word.BORN_RED),
        (5, 1, Word.BORN_RED),
        (2, 1, Word.INCONCLUSIVE),
        (2, 2, Word.INCONCLUSIVE),
    ],
)
def test_born_red_is_not_said_of_a_good_end_that_may_be_flaky(
    fails: int, passes: int, word: Word
) -> None:
    """Three branches break it, each by itself: no single commit explains all that is red."""
    search = make(
        Dag([(), (), (), (0, 1, 2), *((each,) for each in range(3, 40))]), confidence=0.95
    )
    for outcome in fails * [Outcome.FAIL] + passes * [Outcome.PASS]:
        search.record(GOOD_END, outcome)
    finding, asked = play(search, lambda _: Outcome.FAIL)
    fails += asked.count(GOOD_END)
    told = f"the good end failed in {fails} of {fails + passes} runs"
    assert word == finding.word
    assert (told in finding.why) == (word is Word.INCONCLUSIVE)


def test_a_good_end_that_failed_a_few_times_by_chance_is_not_born_red() -> None:
    """Three branches break it, each by itself, and good commits fail one time in five: so does the good end."""
    dag = Dag([(), (), (), (0, 1, 2), *((each,) for each in range(3, 40))])
    search, fails = make(dag, confidence=0.95), iter(3 * [Outcome.FAIL])

    finding, asked = play(
        search, lambda site: next(fails, Outcome.PASS) if site == GOOD_END else Outcome.FAIL
    )

    assert Word.BORN_RED != finding.word
    assert 4 <= asked.count(GOOD_END)


def test_not_reproduced_is_said() -> None:
    finding, asked = play(make(line(20)), lambda _: Outcome.PASS)
    assert Word.NOT_REPRODUCED == finding.word
    assert len(asked) <= 7


def test_the_tip_comes_first_where_lies_are_expected() -> None:
    """It passes: then a flake is likelier than anything else, and nobody need be looked for."""
    _, asked = play(make(line(200), confidence=0.95), lambda _: Outcome.PASS)
    assert {199} == set(asked)


def test_a_flake_is_no_culprit() -> None:
    dag = line(200)
    words = [
        play(make(dag, confidence=0.95), lying(dag, None, 0.2, 0, seeded(seed)))[0].word
        for seed in range(10)
    ]
    assert words.count(Word.NOT_REPRODUCED) >= 9


@pytest.mark.parametrize(("good_fails", "bad_passes"), [(0.2, 0.2), (0.2, 0.0), (0.0, 0.2)])
@pytest.mark.parametrize("told", [False, True])
def test_a_lying_command_is_seen_through(
    good_fails: float, bad_passes: float, *, told: bool
) -> None:
    dag = line(60)
    right = 0
    for seed in range(12):
        rng = seeded(seed)
        search = make(dag, confidence=0.95, rate=good_fails or None if told else None)
        culprit = rng.randrange(60)
        finding, _ = play(search, lying(dag, culprit, good_fails, bad_passes, rng))
        right += finding.culprit == culprit
    assert right >= 11


def who_was_named(
    good_fails: float, bad_passes: float, *, is_built_upon: bool
) -> list[tuple[Search, int]]:
    """Search twelve histories with a command that lies; return the searches that named somebody, and whom.

    Args:
        good_fails: How often it fails on a good commit.
        bad_passes: How often it passes on a bad one.
        is_built_upon: Whether no commit can be taken out of the tip.
    """
    named = []
    for seed in range(12):
        rng = seeded(seed)
        dag = line(40)
        search = make(dag, confidence=0.95)
        ask = lying(dag, rng.randrange(40), good_fails, bad_passes, rng)
        finding, _ = play(search, built_upon(dag, ask) if is_built_upon else ask)
        if finding.culprit is not None:
            named.append((search, finding.culprit))
    assert len(named) >= 6
    return named


def built_upon(dag: Dag, ask: Callable[[int], Outcome]) -> Callable[[int], Outcome]:
    """An oracle of a history in which no commit can be taken out of the tip."""
    return lambda site: Outcome.UNTESTABLE if site >= dag.size else ask(site)


def passes_of_parent(search: Search, culprit: int) -> int:
    """How often the parent has passed in a line, or the good end where there is none."""
    parent = culprit - 1 if culprit else GOOD_END
    return search.seen.posterior.counts.get(parent, (0, 0))[1]


@pytest.mark.parametrize(("good_fails", "bad_passes"), [(0.05, 0.5), (0.0, 0.3), (0.3, 0.3)])
def test_who_cannot_be_taken_out_has_failed_and_its_parent_passed_as_often_as_the_lies_demand(
    good_fails: float, bad_passes: float
) -> None:
    for search, culprit in who_was_named(good_fails, bad_passes, is_built_upon=True):
        counts, dag = search.seen.posterior.counts, search.dag
        bad = [count for site, count in counts.items() if blamed_for(dag, site) >> culprit & 1]
        hidden = stopping.rate_at_most(
            sum(passes for _, passes in bad), sum(map(sum, bad)), stopping.HIDINGS
        )
        assert passes_of_parent(search, culprit) >= stopping.repeats(hidden, 0.95)
        assert counts[culprit][0] >= 2


@pytest.mark.parametrize(("good_fails", "bad_passes"), [(0.05, 0.5), (0.0, 0.3), (0.3, 0.3)])
def test_whoever_is_named_has_failed_again_its_parent_passed_and_the_tip_confirms_it(
    good_fails: float, bad_passes: float
) -> None:
    for search, culprit in who_was_named(good_fails, bad_passes, is_built_upon=False):
        counts = search.seen.posterior.counts
        assert passes_of_parent(search, culprit) >= 1
        assert counts[culprit][0] >= 2
        if culprit != search.dag.tip:
            assert counts[without(search.dag, culprit)][1] >= 2
            assert search.demands.judge_tip(culprit)


@pytest.mark.parametrize("breaks", [(3, 90), (50, 51), (10, 99)])
@pytest.mark.parametrize(("confidence", "rate"), [(0.95, None), (None, 0.2)])
def test_of_two_breaks_the_first_is_named_though_the_tip_is_red_without_it(
    breaks: tuple[int, int], confidence: float | None, rate: float | None
) -> None:
    dag = line(100)

    def ask(site: int) -> Outcome:
        is_bad = any(blamed_for(dag, site) >> each & 1 for each in breaks)
        return Outcome.FAIL if is_bad else Outcome.PASS

    search = make(dag, confidence=confidence, rate=rate)
    finding, asked = play(search, ask)

    assert (Word.FOUND, breaks[0]) == (finding.word, finding.culprit)
    assert finding.probability == max(search.believed.commits) > search.terms.confidence
    assert len(asked) < stopping.budget(dag.size) / 3


@pytest.mark.parametrize("size", [100, 500])
def test_the_newest_commit_is_named_though_no_other_run_can_bear_witness(size: int) -> None:
    dag = line(size)
    for seed in (3, 5, 8):
        finding, asked = play(
            make(dag, confidence=0.95), lying(dag, dag.tip, 0.2, 0.0, seeded(seed))
        )
        assert (Word.FOUND, dag.tip) == (finding.word, finding.culprit)
        assert len(asked) < stopping.budget(size) / 2


@given(st.integers(0, 10**6))
@settings(max_examples=40, deadline=None)
def test_nobody_is_acquitted_before_the_tip_has_passed_as_often_as_a_shy_bug_would_not(
    seed: int,
) -> None:
    dag = line(30)
    for culprit in (None, 20):
        search = make(dag, confidence=0.95)
        finding, _ = play(search, lying(dag, culprit, 0.1, 0.5, seeded(seed)))
        if finding.word is Word.NOT_REPRODUCED:
            assert search.seen.posterior.counts[dag.tip][1] >= stopping.repeats(
                stopping.INTERMITTENT, 0.95
            )


@pytest.mark.parametrize(("good_fails", "bad_passes"), [(0.0, 0.5), (0.05, 0.5), (0.2, 0.2)])
def test_a_stated_confidence_holds_whether_the_bug_hides_or_the_machine_lies(
    good_fails: float, bad_passes: float
) -> None:
    dag = line(40)
    wrong = 0
    for seed in range(30):
        rng = seeded(1000 + seed)
        culprit = rng.randrange(40)
        finding, _ = play(
            make(dag, confidence=0.99), lying(dag, culprit, good_fails, bad_passes, rng)
        )
        wrong += finding.word is not Word.INCONCLUSIVE and finding.culprit != culprit
    assert wrong <= 3


def test_a_block_that_cannot_be_tested_is_jumped_over_and_never_blamed() -> None:
    dag = line(120)
    block = range(40, 80)
    for culprit in (5, 20, 90, 110):
        finding, asked = play(make(dag), steady(dag, culprit, block))
        assert (Word.FOUND, culprit) == (finding.word, finding.culprit)
        assert sum(site in block for site in asked) <= 4
        assert len(asked) <= rounds_needed(120, 1) + 3


def test_a_culprit_in_the_block_is_not_named_but_bounded() -> None:
    dag = line(60)
    block = range(20, 40)
    finding, _ = play(make(dag), steady(dag, 30, block))
    assert (Word.INCONCLUSIVE, None) == (finding.word, finding.culprit)
    assert {*block, 40} == set(finding.suspects)
    assert "cannot be tested" in finding.why


def test_where_nothing_failed_the_bad_end_is_run_before_the_suspects_are_listed() -> None:
    dag, block = line(40), range(36, 39)
    finding, asked = play(make(dag), steady(dag, None, block))
    assert (Word.NOT_REPRODUCED, 39) == (finding.word, asked[-1])
    finding, asked = play(make(dag), steady(dag, 37, block))
    assert (Word.INCONCLUSIVE, (36, 37, 38, 39)) == (finding.word, tuple(sorted(finding.suspects)))
    assert 1 == asked.count(39)


def test_what_is_half_done_on_branches_keeps_nobody_from_a_culprit_beside_it() -> None:
    parents: list[tuple[int, ...]] = [()]
    for _ in range(25):  # a branch of two commits, one commit beside it, and their merge
        main = len(parents) - 1
        parents += [(main,), (main + 1,), (main,), (main + 3, main + 2)]
    dag, half_done = Dag(parents), range(1, 101, 4)
    nameable = [each for each in range(dag.size) if not {each, *dag.parents[each]} & set(half_done)]
    for culprit in nameable:
        ask = steady(dag, culprit, half_done)
        search = make(dag)
        finding, asked = play(search, ask)
        assert culprit == finding.culprit
        assert 1 >= sum(site in half_done for site in asked)
        assert len(asked) + prove(search, culprit, ask) <= rounds_needed(dag.size, 1) + 2


def test_where_nothing_can_be_tested_the_search_gives_up() -> None:
    finding, asked = play(make(line(500)), lambda _: Outcome.UNTESTABLE)
    assert Word.INCONCLUSIVE == finding.word
    assert len(asked) <= 24


def test_the_parent_on_the_branch_that_is_innocent_is_not_needed_twice() -> None:
    # A merge of two lines whose culprit is on the second.
    dag = Dag([(), (0,), (1,), (), (3,), (4,), (2, 5), (6,)])
    for culprit in range(dag.size):
        finding, _ = play(make(dag), steady(dag, culprit))
        assert culprit == finding.culprit


def test_a_run_that_can_rule_nobody_out_is_useless() -> None:
    search = make(line(90), width=2)
    search.record(30, Outcome.FAIL)
    assert search.is_useless(60)
    assert not search.is_useless(15)
    assert not search.is_useless(search.dag.tip)


def test_what_is_remembered_is_no_run_and_ends_the_search_at_once() -> None:
    dag = line(16)
    search = make(dag)
    search.record(7, Outcome.FAIL, remembered=True)
    search.record(6, Outcome.PASS, remembered=True)
    finding = search.finding()
    assert finding is not None
    assert (7, 0, []) == (finding.culprit, search.seen.runs, search.next_probes())


def test_a_search_that_is_only_lied_to_ends() -> None:
    rng = seeded(1)
    finding, asked = play(
        make(line(50), confidence=0.95), lambda _: rng.choice([Outcome.FAIL, Outcome.PASS])
    )
    assert finding.word in Word
    assert len(asked) <= 200


def test_the_runs_left_shrink() -> None:
    search = make(line(256))
    before = search.runs_left
    for site in (127, 63, 31):
        search.record(site, Outcome.FAIL)
    assert 1 <= search.runs_left < before


def test_a_command_that_was_seen_to_lie_before_is_not_presumed_steady() -> None:
    greens = (Tally(1, 0),) * 20

    assert make(line(50), earlier=greens).demands.is_presumed_steady
    assert not make(line(50), earlier=(*greens, Tally(1, 1))).demands.is_presumed_steady
    assert make(line(50), earlier=(Tally(1, 1),), rate=0.0).demands.is_presumed_steady


def test_greens_before_the_search_leave_a_steady_command_the_runs_it_took() -> None:
    dag = line(100)
    for culprit in range(0, 100, 7):
        asked = [
            play(make(dag, earlier=earlier), steady(dag, culprit))[1]
            for earlier in ((), (Tally(1, 0),) * 50)
        ]
        assert asked[0] == asked[1]


def test_who_knows_from_before_how_often_it_lies_needs_fewer_runs() -> None:
    dag, earlier = line(100), (Tally(8, 2),) * 5

    def runs(earlier: tuple[Tally, ...]) -> int:
        searches = [(make(dag, confidence=0.95, earlier=earlier), seed) for seed in range(30)]
        found = [play(search, lying(dag, 60, 0.2, 0.2, seeded(seed))) for search, seed in searches]
        assert 28 <= sum(60 == finding.culprit for finding, _ in found)
        return sum(len(asked) for _, asked in found)

    assert runs(earlier) < runs(())


def forked(before: int, one: int, other: int) -> tuple[Dag, int, int]:
    """Two branches from one commit, merged, and ten commits more; their first commits besides."""
    parents: list[tuple[int, ...]] = [(), *((each,) for each in range(before - 1))]
    firsts, tips = [], []
    for length in (one, other):
        firsts.append(len(parents))
        parents += [(before - 1,), *((firsts[-1] + each,) for each in range(length - 1))]
        tips.append(len(parents) - 1)
    parents.append((tips[0], tips[1]))
    parents += [(len(parents) - 1 + each,) for each in range(10)]
    return Dag(parents), firsts[0], firsts[1]


def broken_by(dag: Dag, *breaks: int) -> Callable[[int], Outcome]:
    def ask(site: int) -> Outcome:
        blamed = blamed_for(dag, site)
        return Outcome.FAIL if any(blamed >> each & 1 for each in breaks) else Outcome.PASS

    return ask


def run_at_once(search: Search, ask: Callable[[int], Outcome]) -> None:
    """Answer a search until it ends; that the tip without somebody fails is kept from it, as by a hunt."""
    while sites := search.next_probes():
        for site in sites:
            outcome = ask(site)
            if site < search.dag.size or outcome is Outcome.PASS:
                search.record(site, outcome)
            else:
                search.seen.runs += 1


@pytest.mark.parametrize("width", [2, 3, 4, 8])
@pytest.mark.parametrize("shape", [(20, 3, 3), (40, 12, 5), (90, 1, 20), (10, 15, 15)])
def test_of_two_breaks_on_two_branches_one_is_found_however_many_run_at_once(
    shape: tuple[int, int, int], width: int
) -> None:
    dag, one, other = forked(*shape)
    search = make(dag, width=width)

    run_at_once(search, broken_by(dag, one, other))

    finding = search.finding()
    assert finding is not None
    assert finding.culprit in {one, other}
    assert search.seen.runs <= 6 * rounds_needed(dag.size, 1)


def test_a_failure_on_another_branch_that_passes_later_was_a_lie() -> None:
    dag, one, other = forked(20, 4, 4)
    search = make(dag, width=2)
    for site, outcome in ((one, Outcome.FAIL), (other, Outcome.FAIL), (19, Outcome.PASS)):
        search.record(site, outcome)
    assert search.demands.is_presumed_steady
    assert one == search.seen.likeliest()[0]

    search.record(other, Outcome.PASS)

    assert not search.demands.is_presumed_steady
    assert (1, 1) == search.seen.posterior.counts[other]


@pytest.mark.parametrize("width", [1, 4])
def test_who_asks_to_doubt_is_told_one_of_two_breaks_on_two_branches(width: int) -> None:
    dag, one, other = forked(40, 6, 6)
    search = make(dag, confidence=0.95, width=width)

    finding, _ = play(search, broken_by(dag, one, other))

    assert finding.culprit in {one, other}
    assert search.seen.runs < stopping.budget(dag.size) / 2
