"""Who has ended the hub's process: the one that ran, or the one that was there each time."""

from __future__ import annotations

import pytest

from hub.watching.blame import Death, Pulse, Suspicion, ending


def test_the_app_that_ran_did_it() -> None:
    assert "notes" == Suspicion().culprit(Death("notes", ["other", "notes"]))


def test_the_only_app_that_was_served_did_it_in_a_thread() -> None:
    assert "notes" == Suspicion().culprit(Death("", ["notes"]))


def test_of_several_the_one_that_is_there_again_did_it() -> None:
    suspicion = Suspicion()

    assert "" == suspicion.culprit(Death("", ["notes", "other"]))
    assert "notes" == suspicion.culprit(Death("", ["notes", "third"]))


def test_nobody_is_blamed_where_nobody_was_served() -> None:
    assert "" == Suspicion().culprit(Death("", []))


def test_suspects_who_were_elsewhere_are_cleared() -> None:
    suspicion = Suspicion()
    suspicion.culprit(Death("", ["notes", "other"]))

    assert "" == suspicion.culprit(Death("", ["third", "fourth"]))
    assert "third" == suspicion.culprit(Death("", ["third", "notes"]))


@pytest.mark.parametrize(
    ("status", "said"),
    [(3, "with exit status 3"), (-9, "by SIGKILL"), (-99, "by signal 99")],
)
def test_an_end_is_said_in_words(status: int, said: str) -> None:
    assert f"ended the hub's process {said}" == ending(status)


def test_a_pulse_that_goes_on_has_not_stopped() -> None:
    pulse = Pulse(10)

    assert not any(pulse.has_stopped(beat, beat * 8.0) for beat in range(20))


def test_a_pulse_that_stands_still_has_stopped() -> None:
    pulse = Pulse(10)
    seen = [pulse.has_stopped(7, now / 2) for now in range(30)]

    assert [False] * 20 + [True] * 10 == seen


def test_whoever_looks_again_after_a_long_sleep_does_not_judge_at_once() -> None:
    pulse = Pulse(10)
    pulse.has_stopped(7, 0.0)

    assert not pulse.has_stopped(7, 3600.0)
