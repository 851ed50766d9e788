"""Small parts of the hub: guesses, passwords, sessions and codes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.__main__ import main
from hub.failure_limit import FailureLimit
from hub.passwords import PasswordCheck, hash_password
from hub.sessions import CODE_SECONDS, SESSION_SECONDS, Codes, Grant, Sessions, challenge_of
from hub.tokens import Person
from hub.users import User, Users


@given(st.integers(1, 20))
def test_so_many_failures_are_allowed_and_no_more(per_minute: int) -> None:
    limit = FailureLimit(per_minute)
    for _ in range(per_minute):
        assert 0 == limit.wait("name", 0)
        limit.fail("name", 0)

    wait = limit.wait("name", 0)
    assert 0 < wait <= 60
    assert 0 == limit.wait("other", 0)
    assert 0 == limit.wait("name", wait + 0.001)


def test_many_names_do_not_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hub.failure_limit._MAX_KEYS", 2)
    limit = FailureLimit(1)
    for name in ("first", "second", "first", "third"):
        limit.fail(name, 0)

    assert 0 == limit.wait("second", 0)  # who failed longest ago is forgotten
    assert 0 < min(limit.wait("first", 0), limit.wait("third", 0))


def test_many_sessions_do_not_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hub.sessions._MAX_KEPT", 2)
    sessions = Sessions(now=lambda: 0.0)

    cookies = [sessions.begin(Person(name)) for name in "abc"]

    assert [None, Person("b"), Person("c")] == [sessions.find(cookie) for cookie in cookies]


def test_a_password_is_believed_again_and_a_wrong_one_never() -> None:
    user = User("u", "Ada", "Ada", "", hash_password("right"))
    check = PasswordCheck(Users([user]))

    assert [user, None, user, None] == [
        check.check("ada", text) for text in ("right", "wrong", "right", "")
    ]
    assert check.check("nobody", "right") is None
    assert check.check("ada", "x" * 5000) is None
    assert check.check("ada", "\ud800") is None


def test_a_password_is_recalled_once_it_was_good_and_nothing_else_is() -> None:
    user = User("u", "Ada", "Ada", "", hash_password("right"))
    check = PasswordCheck(Users([user]))

    assert check.recall("ada", "right") is None
    assert user == check.check("ada", "right")
    assert [user, None, None, None] == [
        check.recall(*guess)
        for guess in (("ada", "right"), ("ada", "wrong"), ("nobody", "right"), ("ada", "x" * 5000))
    ]


def test_a_session_ends_by_itself_and_by_logging_out() -> None:
    now = [0.0]
    sessions = Sessions(now=lambda: now[0])
    cookie = sessions.begin(Person("u"))
    other = sessions.begin(Person("v"))
    sessions.end(other)

    assert (Person("u"), None) == (sessions.find(cookie), sessions.find(other))
    assert sessions.is_live(sessions.id_of(cookie))
    assert sessions.find(sessions.id_of(cookie)) is None, (
        "the name in tokens is of no use to log in"
    )
    now[0] = SESSION_SECONDS + 1
    assert sessions.find(cookie) is None


def test_a_code_is_good_for_a_minute() -> None:
    now = [0.0]
    codes = Codes(now=lambda: now[0])
    code = codes.issue(Grant("notes", "http://x", challenge_of("v"), "s"))
    now[0] = CODE_SECONDS + 1

    assert codes.redeem(code, audience="notes", redirect_uri="http://x", verifier="v") is None


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [
        ("--port", "-1", "--port is -1; it is 0 to 65535"),
        ("--port", "65536", "--port is 65536; it is 0 to 65535"),
        ("--ready-seconds", "0", "--ready-seconds is 0; it is above 0"),
        ("--hang-seconds", "nan", "--hang-seconds is nan; it is above 0"),
    ],
)
def test_a_number_that_makes_no_sense_is_refused(
    capsys: pytest.CaptureFixture[str], option: str, value: str, said: str
) -> None:
    assert 2 == main(["serve", "--up", option, value])

    shown = capsys.readouterr()
    assert ("", True) == (shown.out, shown.err.startswith(f"error: {said}\n"))


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "the following arguments are required: COMMAND\n  next: bin/nox -s hub-command -- --help\n"),
        (["serve", "--port", "x"], "argument --port: invalid int value: 'x'\n  next: "),
        (["nosuch"], "argument COMMAND: invalid choice: 'nosuch' (choose from "),
    ],
)  # fmt: skip
def test_a_call_that_cannot_be_read_says_what_to_run(
    capsys: pytest.CaptureFixture[str], words: list[str], said: str
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(words)

    assert 2 == ended.value.code
    assert capsys.readouterr().err.startswith(f"error: {said}")
