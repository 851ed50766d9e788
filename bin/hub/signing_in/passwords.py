"""Passwords: checked against argon2 hashes, at the same pace for users that do not exist."""

from __future__ import annotations

import hashlib
import hmac
import os
from collections import OrderedDict
from typing import TYPE_CHECKING, Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

if TYPE_CHECKING:
    from hub.users import User, Users

MAX_PASSWORD: Final = 1024  # characters; a longer one is nobody's
_REMEMBERED: Final = 100
_HASHER: Final = PasswordHasher()  # the parameters of RFC 9106 for little memory


def hash_password(password: str) -> str:
    """Return the hash to keep of a password."""
    return _HASHER.hash(password)


class PasswordCheck:
    """Tells who somebody is by login and password.

    A good password is remembered as a keyed digest, whose key dies with the process: the next check
    of it costs no argon2. A smoke of three hundred apps asks three hundred times.

    Args:
        users: Whoever may log in.
    """

    def __init__(self, users: Users) -> None:
        self._users = users
        self._key = os.urandom(32)
        self._good: OrderedDict[str, bytes] = OrderedDict()
        self._nobody = ""

    def recall(self, login: str, password: str) -> User | None:
        """Return the user whose good password this was before, in no time; None where that is not known."""
        user = self._users.by_login(login)
        if user is None or len(password) > MAX_PASSWORD:
            return None
        return user if self._is_remembered(user, password) else None

    def check(self, login: str, password: str) -> User | None:
        """Return the user, or None where login or password is wrong; nothing tells which."""
        if recalled := self.recall(login, password):
            return recalled
        user = self._users.by_login(login)
        if len(password) > MAX_PASSWORD:
            return None
        stored = user.password_hash if user is not None else self._nobodys_hash()
        if not _matches(stored, password) or user is None:
            return None
        self._remember(user, password)
        return user

    def _nobodys_hash(self) -> str:
        self._nobody = self._nobody or hash_password(os.urandom(16).hex())
        return self._nobody

    def _is_remembered(self, user: User, password: str) -> bool:
        return hmac.compare_digest(self._good.get(user.sub, b""), self._digest(user, password))

    def _remember(self, user: User, password: str) -> None:
        self._good[user.sub] = self._digest(user, password)
        self._good.move_to_end(user.sub)
        if len(self._good) > _REMEMBERED:
            self._good.popitem(last=False)

    def _digest(self, user: User, password: str) -> bytes:
        text = f"{user.sub}\0{user.password_hash}\0{password}"
        return hmac.digest(self._key, text.encode("utf-8", "surrogatepass"), hashlib.sha256)


def _matches(stored: str, password: str) -> bool:
    try:
        return _HASHER.verify(stored, password)
    except (VerificationError, InvalidHashError, UnicodeEncodeError):
        return False
