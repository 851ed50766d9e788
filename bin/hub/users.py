"""The users of the built-in identity provider: those of a file, and the test user of the environment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final

import msgspec
from msgspec import Meta, Struct

from hub.errors import EnvironmentNotReady
from hub.signing_in.tokens import Person

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

TEST_SUB: Final = "test-user"
TEST_GROUPS: Final = ("users", "testers")


class User(Struct, frozen=True, forbid_unknown_fields=True):
    """Somebody who may log in.

    Attributes:
        sub: The stable name of the account.
        login: What they type.
        name: For people.
        email: Where to write to.
        password_hash: By argon2.
        groups: What they belong to.
    """

    sub: Annotated[str, Meta(min_length=1)]
    login: Annotated[str, Meta(min_length=1)]
    name: str
    email: str
    password_hash: str
    groups: tuple[str, ...] = ("users",)

    @property
    def is_test_user(self) -> bool:
        """Whether this is the only one who gets a token for a password alone."""
        return self.sub == TEST_SUB

    def as_person(self) -> Person:
        """The user as tokens describe them."""
        return Person(self.sub, self.name, self.email, self.groups)


class Users:
    """The users by their logins.

    Args:
        users: All of them.

    Raises:
        EnvironmentNotReady: Two share a login or a ``sub``.
    """

    def __init__(self, users: Iterable[User]) -> None:
        listed = list(users)
        self._by_login = {user.login.casefold(): user for user in listed}
        subs = {user.sub for user in listed}
        if not len(self._by_login) == len(subs) == len(listed):
            raise EnvironmentNotReady("two users share a login or a sub")

    def by_login(self, login: str) -> User | None:
        """The user who types this."""
        return self._by_login.get(login.casefold())


def make_test_user(login: str, password_hash: str) -> User:
    """Return the test user, as the smoke logs in."""
    return User(
        sub=TEST_SUB,
        login=login,
        name="Test User",
        email=f"{login}@example.test",
        password_hash=password_hash,
        groups=TEST_GROUPS,
    )


def read_users(file: Path) -> list[User]:
    """Read a JSON list of users.

    Raises:
        EnvironmentNotReady: The file cannot be read, or holds something else.
    """
    try:
        users = msgspec.json.decode(file.read_bytes(), type=list[User])
    except OSError as error:
        raise EnvironmentNotReady(
            f"the users' file {file} cannot be read: {error.strerror}"
        ) from error
    except msgspec.MsgspecError as error:
        raise EnvironmentNotReady(f"the users' file {file} is wrong: {error}") from error
    if any(user.is_test_user for user in users):
        raise EnvironmentNotReady(f"the users' file {file} has a user with the sub {TEST_SUB}")
    return users
