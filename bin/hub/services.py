"""What portal, identity and apps share: made once a hub, handed to each."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from hub.catalogue import APPS
from hub.directory import Directory
from hub.hosting.child_process import Children
from hub.keys import SigningKey
from hub.signing_in.failure_limit import FailureLimit
from hub.signing_in.passwords import PasswordCheck, hash_password
from hub.signing_in.provider import BuiltInProvider, ExternalProvider
from hub.signing_in.sessions import Codes, Journal, Sessions
from hub.signing_in.tokens import Minter, Verifier
from hub.users import Users, make_test_user, read_users
from hub.watching.board import Board

if TYPE_CHECKING:
    from pathlib import Path

    from starlette.requests import Request

    from hub.addresses import Addresses
    from hub.signing_in.provider import Provider
    from hub.watching.blame import Blame

TEST_LOGIN: Final = "test"
FAILURES_PER_NAME: Final = 10  # a minute
FAILURES_PER_ADDRESS: Final = 60


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything about one hub that a person may choose.

    Attributes:
        data: Where keys and the apps' data are kept.
        apps: The folder that is looked through for apps.
        only: The slug of the only app to serve, or empty.
        issuer: An external identity provider, or empty for the built-in one.
        users_file: The users of the built-in one, if there are any but the test user.
        test_login: What the test user types.
        test_password: With which it logs in; empty means that there is no test user.
        ready_seconds: How long an app may take to get ready.
        hang_seconds: How long an app may hold up all others, before it is ended.
    """

    data: Path
    apps: Path = APPS
    only: str = ""
    issuer: str = ""
    users_file: Path | None = None
    test_login: str = TEST_LOGIN
    test_password: str = ""
    ready_seconds: float = 10.0
    hang_seconds: float = 10.0


@dataclass(frozen=True, slots=True)
class Services:
    """What the parts of a hub share.

    Attributes:
        settings: What was chosen.
        addresses: Where portal and apps are.
        directory: The apps as they are now.
        key: Signs tokens.
        minter: Makes them.
        verifier: Tells whose they are.
        provider: Who says who somebody is.
        passwords: Tells who somebody is by password.
        sessions: Who is logged in at the portal.
        codes: What carries a login to an app.
        by_name: Slows down guesses at one name.
        by_address: Slows down guesses from one address.
        children: The processes of the apps.
        board: Says which app is at work.
        blamed: The apps that have ended a process that served all of them.
        login_turn: One password at a time is checked, so that guesses at once are all counted.
    """

    settings: Settings
    addresses: Addresses
    directory: Directory
    key: SigningKey
    minter: Minter
    verifier: Verifier
    provider: Provider
    passwords: PasswordCheck
    sessions: Sessions
    codes: Codes
    children: Children
    board: Board = field(default_factory=Board)
    blamed: dict[str, Blame] = field(default_factory=dict)
    by_name: FailureLimit = field(default_factory=lambda: FailureLimit(FAILURES_PER_NAME))
    by_address: FailureLimit = field(default_factory=lambda: FailureLimit(FAILURES_PER_ADDRESS))
    login_turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    @property
    def has_own_identity(self) -> bool:
        """Whether the identity provider is the built-in one."""
        return not self.settings.issuer


def make_services(settings: Settings, addresses: Addresses) -> Services:
    """Put them together.

    Raises:
        EnvironmentNotReady: The apps' folder, the users' file or the key cannot be read.
    """
    issuer = settings.issuer or addresses.portal
    key = SigningKey.load_or_create(settings.data / "signing-key.json")
    minter, sessions, codes = Minter(issuer, key), Sessions(journal=Journal()), Codes()
    provider: Provider = (
        ExternalProvider(settings.issuer)
        if settings.issuer
        else BuiltInProvider(issuer, key, minter, codes, sessions)
    )
    verifier = (
        Verifier(issuer, provider)
        if settings.issuer
        else Verifier(issuer, provider, is_live=sessions.is_live)
    )
    return Services(
        settings=settings,
        addresses=addresses,
        directory=Directory(settings.apps, settings.only),
        key=key,
        minter=minter,
        verifier=verifier,
        provider=provider,
        passwords=PasswordCheck(_users(settings)),
        sessions=sessions,
        codes=codes,
        children=Children(settings.ready_seconds),
    )


def services_of(request: Request) -> Services:
    """What the hub shares that got this request."""
    services: Services = request.app.state.services
    return services


def _users(settings: Settings) -> Users:
    users = read_users(settings.users_file) if settings.users_file else []
    if settings.test_password:
        users.append(make_test_user(settings.test_login, hash_password(settings.test_password)))
    return Users(users)
