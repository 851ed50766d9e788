"""Passwords: which are believed, and which are believed again without the work."""

from __future__ import annotations

from hub.signing_in.passwords import PasswordCheck, hash_password
from hub.users import User, Users


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
