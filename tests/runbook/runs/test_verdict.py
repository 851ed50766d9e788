"""The verdict: green exactly when the whole manifest ran and passed, and nothing else did."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runbook.exit_codes import ExitCode
from runbook.runs.verdict import Event, Outcome, Verdict, Word, judge

NONCE = "the run's own"
A, B, OTHER = "tests/test_a.py::test_a", "tests/test_a.py::test_b", "tests/test_a.py::test_other"
MANIFEST = (A, B)
FAILED: dict[str, Any] = {"outcome": "failed", "at": "tests/test_a.py:7", "want": "1", "got": "2"}


def report(test: str, phase: str = "call", **facts: Any) -> Event:
    return {"event": "report", "test": test, "phase": phase, "outcome": "passed", **facts}


def passed(test: str) -> list[Event]:
    return [report(test, phase) for phase in ("setup", "call", "teardown")]


CONTROL: Event = {"event": "control", "test": "tests/test_a.py::test_control", "outcome": "failed"}


def run(
    *events: Event, made: tuple[str, ...] = MANIFEST, controls: tuple[Event, ...] = (CONTROL,)
) -> list[Event]:
    """A whole session around ``events``, as the plugin writes it."""
    collected: Event = {"event": "collected", "tests": list(made)}
    inner: list[Event] = [{"event": "start"}, collected, *controls, *events]
    whole = [*inner, {"event": "finish", "exitstatus": 0, "events": len(inner) + 1}]
    return [{"nonce": NONCE, **event} for event in whole]


def verdict(*events: Event, made: tuple[str, ...] = MANIFEST, status: int = 0) -> Verdict:
    return judge(MANIFEST, run(*events, made=made), nonce=NONCE, status=status)


def test_a_whole_run_in_which_all_pass_is_green() -> None:
    decided = verdict(*passed(A), *passed(B))

    assert Word.GREEN is decided.word
    assert {A: Outcome.PASSED, B: Outcome.PASSED} == decided.outcomes
    assert ((), ()) == (decided.failures, decided.reasons)
    assert not decided.is_partial
    assert ExitCode.GREEN == decided.exit_code


@pytest.mark.parametrize("phase", ["setup", "call", "teardown"])
def test_a_failure_in_any_phase_is_red(phase: str) -> None:
    ran = ["setup", "teardown"] if phase == "setup" else ["setup", "call", "teardown"]
    phases = [report(A, each, **(FAILED if each == phase else {})) for each in ran]

    decided = verdict(*phases, *passed(B))

    assert Word.RED is decided.word
    assert Outcome.FAILED is decided.outcomes[A]
    assert [(A, "tests/test_a.py:7", "1", "2", phase)] == [
        (f.test, f.at, f.want, f.got, f.phase) for f in decided.failures
    ]
    assert ExitCode.RED == decided.exit_code


def test_a_failure_that_comes_again_each_time_it_is_tried_is_told_once() -> None:
    other = FAILED | {"got": "3"}
    tries = [report(A, **FAILED), report(A, **FAILED), report(A, **other), report(A, **FAILED)]

    assert ["2", "3"] == [failure.got for failure in verdict(*tries, *passed(B)).failures]


def test_a_whole_run_and_more_is_partial_though_nothing_is_left_out() -> None:
    decided = verdict(*passed(A), *passed(B), *passed(OTHER), made=(*MANIFEST, OTHER))

    assert (0, 0) == (decided.counts[Outcome.SKIPPED], decided.counts[Outcome.MISSING])
    assert Word.PARTIAL is decided.word
    assert decided.is_partial


@pytest.mark.parametrize(
    ("events", "outcome"),
    [
        ([], Outcome.MISSING),
        ([report(A, "setup"), report(A, "teardown")], Outcome.MISSING),
        ([report(A, "setup", outcome="skipped"), report(A, "teardown")], Outcome.SKIPPED),
        ([report(A, xfail=True, outcome="skipped")], Outcome.SKIPPED),
        ([report(A, xfail=True)], Outcome.SKIPPED),
        ([*passed(A), report(A, outcome="skipped")], Outcome.SKIPPED),
    ],
    ids=["absent", "no call", "skipped", "xfailed", "xpassed", "skipped after it passed"],
)
def test_a_test_that_did_not_plainly_pass_makes_the_run_partial(
    events: list[Event], outcome: Outcome
) -> None:
    decided = verdict(*events, *passed(B))

    assert Word.PARTIAL is decided.word
    assert outcome is decided.outcomes[A]
    assert decided.is_partial
    assert (f"{outcome}: test_a",) == decided.reasons
    assert ExitCode.GREEN == decided.exit_code


@pytest.mark.parametrize(
    ("events", "word", "outcome"),
    [
        ([*passed(f"{A}[1]"), *passed(f"{A}[x::y]")], Word.GREEN, Outcome.PASSED),
        ([*passed(f"{A}[1]"), report(f"{A}[x::y]", **FAILED)], Word.RED, Outcome.FAILED),
        ([*passed(f"{A}[1]")], Word.PARTIAL, Outcome.MISSING),
        ([*passed(f"{A}[1]"), report(f"{A}[x::y]", "setup")], Word.PARTIAL, Outcome.MISSING),
    ],
    ids=["all pass", "one fails", "one is dropped", "one is not called"],
)
def test_parameters_fold_into_their_test_and_the_worst_wins(
    events: list[Event], word: Word, outcome: Outcome
) -> None:
    decided = verdict(*events, *passed(B), made=(f"{A}[1]", f"{A}[x::y]", B))

    assert word is decided.word
    assert {A: outcome, B: Outcome.PASSED} == decided.outcomes


def test_a_test_without_a_row_is_run_and_keeps_the_run_from_green() -> None:
    decided = verdict(*passed(A), *passed(B), *passed(OTHER))

    assert Word.PARTIAL is decided.word
    assert ("no row: test_other",) == decided.reasons
    assert 3 == len(decided.outcomes)


def test_a_test_without_a_row_that_is_not_run_is_nobodys_concern() -> None:
    assert Word.GREEN is verdict(*passed(A), *passed(B), made=(*MANIFEST, OTHER)).word


def test_a_red_test_without_a_row_is_red() -> None:
    assert Word.RED is verdict(*passed(A), *passed(B), report(OTHER, **FAILED)).word


BEGUN = {"event": "begin", "test": B, "at": "tests/test_a.py:9"}


@pytest.mark.parametrize("so_far", [[], [report(B, "setup")], [report(B, "setup"), report(B)]])
@pytest.mark.parametrize("status", [-9, -11, 1, 3])
def test_the_test_in_which_a_session_came_to_its_end_is_red(
    so_far: list[Event], status: int
) -> None:
    begun = {**BEGUN, "test": A}
    events = run(begun, *passed(A), BEGUN, *so_far)[:-1]

    decided = judge(MANIFEST, events, nonce=NONCE, status=status)

    [failure] = decided.failures
    assert (B, "tests/test_a.py:9") == (failure.test, failure.at)
    assert "it did not end, and the session did not finish" == failure.got
    assert {A: Outcome.PASSED, B: Outcome.FAILED} == decided.outcomes


@pytest.mark.parametrize("status", [2, 130])
def test_a_test_that_somebody_interrupted_is_not_held_to_have_failed(status: int) -> None:
    decided = judge(MANIFEST, run(*passed(A), BEGUN)[:-1], nonce=NONCE, status=status)

    assert (Word.RED, ()) == (decided.word, decided.failures)


def test_a_test_that_was_told_to_the_end_is_not_held_to_have_hung() -> None:
    assert Word.GREEN is verdict(*passed(A), BEGUN, *passed(B)).word


def test_events_with_another_nonce_are_not_believed() -> None:
    forged = [{**event, "nonce": "a guess"} for event in run(*passed(A), *passed(B))]
    mute = [{key: event[key] for key in event if key != "nonce"} for event in forged]

    for events in (forged, mute):
        decided = judge(MANIFEST, events, nonce=NONCE)

        assert Word.RED is decided.word
        assert {A: Outcome.MISSING, B: Outcome.MISSING} == decided.outcomes


def test_forged_passes_cannot_hide_a_failure() -> None:
    believed = run(*passed(B), report(A, **FAILED))
    forged = [{**event, "nonce": "a guess"} for event in passed(A)]

    assert Word.RED is judge(MANIFEST, [*forged, *believed, *forged], nonce=NONCE).word


def test_a_file_that_cannot_be_collected_is_red_and_named() -> None:
    error = {"event": "collect-error", "file": "tests/test_b.py", "message": "no module x"}

    decided = verdict(error, *passed(A), *passed(B))

    assert Word.RED is decided.word
    assert ("tests/test_b.py cannot be collected: no module x",) == decided.reasons


@pytest.mark.parametrize("status", [1, 3, -11])
def test_a_bad_exit_status_without_a_failing_test_is_red(status: int) -> None:
    decided = verdict(*passed(A), *passed(B), status=status)

    assert Word.RED is decided.word
    assert (f"pytest ended with exit status {status}, though no test failed",) == decided.reasons


def test_a_good_exit_status_makes_nothing_green() -> None:
    assert Word.RED is verdict(*passed(A), report(B, **FAILED), status=0).word
    assert Word.RED is judge(MANIFEST, [], nonce=NONCE, status=0).word


def test_nothing_to_run_and_nothing_run_is_green_of_an_empty_manifest() -> None:
    assert Word.GREEN is judge((), run(made=()), nonce=NONCE).word


@pytest.mark.parametrize(
    ("outcome", "word", "reason"),
    [
        ("passed", Word.RED, "the negative control in tests passed: a failure there is not seen"),
        ("skipped", Word.PARTIAL, "no negative control failed in tests"),
        ("missing", Word.PARTIAL, "no negative control failed in tests"),
    ],
)
def test_a_control_that_did_not_fail_makes_the_run_worthless(
    outcome: str, word: Word, reason: str
) -> None:
    events = run(*passed(A), *passed(B), controls=({**CONTROL, "outcome": outcome},))

    decided = judge(MANIFEST, events, nonce=NONCE)

    assert word is decided.word
    assert reason == decided.reasons[0]


def test_every_control_of_a_folder_must_fail() -> None:
    events = run(*passed(A), *passed(B), controls=(CONTROL, {**CONTROL, "outcome": "missing"}))

    assert Word.PARTIAL is judge(MANIFEST, events, nonce=NONCE).word


def test_a_test_that_was_replaced_proves_nothing() -> None:
    events = run({"event": "replaced", "test": A}, *passed(A), *passed(B))

    decided = judge(MANIFEST, events, nonce=NONCE)

    assert (Word.PARTIAL, ("test_a was replaced by something else before it ran",)) == (
        decided.word,
        decided.reasons,
    )


def test_every_folder_needs_a_control_of_its_own() -> None:
    other = "tests/more/test_c.py::test_c"

    events = run(*passed(A), *passed(B), *passed(other), made=(*MANIFEST, other))
    decided = judge((*MANIFEST, other), events, nonce=NONCE)

    assert ("no negative control failed in tests/more",) == decided.reasons
    assert Word.PARTIAL is decided.word


def test_a_test_that_is_defined_twice_keeps_the_run_from_green() -> None:
    decided = judge((A, B, B), run(*passed(A), *passed(B)), nonce=NONCE)

    assert Word.PARTIAL is decided.word
    assert ("test_b is defined 2 times, and only the last can run",) == decided.reasons


def test_the_counts_come_in_the_order_of_the_result_line() -> None:
    counts = verdict(*passed(A)).counts

    assert [("passed", 1), ("failed", 0), ("skipped", 0), ("missing", 1)] == [*counts.items()]


ITEMS = st.sampled_from([A, f"{A}[1]", f"{A}[2]", B, OTHER])
REPORTS = st.builds(
    report,
    ITEMS,
    st.sampled_from(["setup", "call", "teardown"]),
    outcome=st.sampled_from(["passed", "passed", "passed", "failed", "skipped"]),
    at=st.just("f:1"),
    want=st.just(""),
    got=st.just(""),
)
SESSIONS = st.lists(REPORTS, max_size=9).flatmap(
    lambda some: st.sampled_from([some, [*passed(A), *passed(B), *some], [*passed(A), *passed(B)]])
)


@given(events=SESSIONS)
def test_green_is_exactly_a_whole_manifest_that_passed_and_nothing_else(
    events: list[Event],
) -> None:
    decided = verdict(*events)

    calls = {event["test"].partition("[")[0] for event in events if event["phase"] == "call"}
    all_passed = all(event["outcome"] == "passed" for event in events)
    items = {event["test"] for event in events}
    each_called = items == {event["test"] for event in events if event["phase"] == "call"}
    made_ran = set(MANIFEST) <= items  # what was made by these very names was run
    expected = calls == set(MANIFEST) and all_passed and each_called and made_ran
    assert expected is (decided.word is Word.GREEN)
    assert any(event["outcome"] == "failed" for event in events) is (decided.word is Word.RED)


@given(events=SESSIONS, data=st.data())
def test_losing_an_event_never_makes_a_run_green(events: list[Event], data: st.DataObject) -> None:
    whole = run(*events)
    lost = data.draw(st.integers(0, len(whole) - 1))

    without = judge(MANIFEST, whole[:lost] + whole[lost + 1 :], nonce=NONCE)

    assert Word.RED is without.word


@given(events=SESSIONS, order=st.randoms())
def test_the_order_of_the_events_does_not_matter(events: list[Event], order: Any) -> None:
    shuffled = run(*events)
    order.shuffle(shuffled)

    assert verdict(*events).word is judge(MANIFEST, shuffled, nonce=NONCE).word
