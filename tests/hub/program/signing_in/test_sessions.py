"""Sessions and one-time codes: how long each lasts, for whom it is good, and what a copy of the hub knows of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hub.signing_in import sessions
from hub.signing_in.sessions import (
    CODE_SECONDS,
    SESSION_SECONDS,
    Codes,
    Grant,
    Journal,
    Sessions,
    challenge_of,
)
from hub.signing_in.tokens import Person

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ADA, EVE = Person("ada"), Person("eve")
VERIFIER = "of whoever asked"
GRANT = Grant("notes", "https://notes/callback", challenge_of(VERIFIER), "a cookie")
ASKED = {"audience": "notes", "redirect_uri": "https://notes/callback", "verifier": VERIFIER}


class Clock:
    """A time that goes on when it is told to."""

    def __init__(self) -> None:
        self.seconds = 1_000.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def journal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Journal]:
    """A journal whose file is closed before its process ends."""
    with (tmp_path / "notes").open("ab+", buffering=0) as file:
        monkeypatch.setattr("tempfile.TemporaryFile", lambda *_, **__: file)
        yield Journal()


def test_what_is_kept_lasts_for_a_working_day_and_a_code_for_a_minute() -> None:
    assert (12 * 3_600.0, 60.0) == (SESSION_SECONDS, CODE_SECONDS)


def test_a_session_ends_when_its_time_is_over(clock: Clock) -> None:
    kept = Sessions(clock)
    cookie = kept.begin(ADA)

    clock.seconds += SESSION_SECONDS - 1
    assert ADA == kept.find(cookie)
    assert kept.is_live(kept.id_of(cookie))

    clock.seconds += 1
    assert kept.find(cookie) is None
    assert not kept.is_live(kept.id_of(cookie))


def test_nobody_is_logged_in_without_a_cookie_or_with_the_name_that_is_in_tokens() -> None:
    kept = Sessions()
    cookie = kept.begin(ADA)

    assert kept.find("") is None
    assert kept.find(kept.id_of(cookie)) is None


def test_a_log_out_ends_one_session_and_no_other() -> None:
    kept = Sessions()
    cookie, other = kept.begin(ADA), kept.begin(ADA)

    kept.end(cookie)

    assert (None, ADA) == (kept.find(cookie), kept.find(other))


def test_of_too_many_sessions_the_oldest_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sessions, "_MAX_KEPT", 2)
    kept = Sessions()

    cookies = [kept.begin(person) for person in (EVE, ADA, ADA)]

    assert [None, ADA, ADA] == [kept.find(cookie) for cookie in cookies]


def test_a_copy_that_takes_over_knows_who_is_logged_in_and_for_how_long(
    clock: Clock, journal: Journal
) -> None:
    first, copy = Sessions(clock, journal), Sessions(clock, journal)
    stays, leaves = first.begin(ADA), first.begin(EVE)
    first.end(leaves)

    clock.seconds += SESSION_SECONDS - 1
    copy.recall()
    assert (ADA, None) == (copy.find(stays), copy.find(leaves))

    clock.seconds += 1
    assert copy.find(stays) is None


def test_a_code_is_good_once(clock: Clock) -> None:
    codes = Codes(clock)
    code = codes.issue(GRANT)
    clock.seconds += CODE_SECONDS - 1

    assert [GRANT, None] == [codes.redeem(code, **ASKED) for _ in range(2)]


def test_a_code_is_good_for_its_time(clock: Clock) -> None:
    codes = Codes(clock)
    code = codes.issue(GRANT)
    clock.seconds += CODE_SECONDS

    assert codes.redeem(code, **ASKED) is None


@pytest.mark.parametrize(
    "other",
    [{"audience": "board"}, {"redirect_uri": "https://eve/callback"}, {"verifier": "of another"}],
)
def test_whoever_did_not_ask_for_a_code_gets_nothing_and_uses_it_up(other: dict[str, str]) -> None:
    codes = Codes()
    code = codes.issue(GRANT)

    assert codes.redeem(code, **{**ASKED, **other}) is None
    assert codes.redeem(code, **ASKED) is None
