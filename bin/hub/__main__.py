"""The hub's command line: ``python -m hub COMMAND``; ``--help`` shows the commands."""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import secrets
import sys
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING, Final, NoReturn

import yaml

from hub import manifest
from hub.addresses import DEFAULT_PORT, Addresses
from hub.catalogue import APPS, scan
from hub.errors import EXIT_GREEN, EXIT_INTERRUPTED, EXIT_RED, HubError, UsageError
from hub.said import say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hub.services import Settings

_LAST_PORT: Final = 65_535
TEST_USER, TEST_PASSWORD = "HUB_TEST_USER", "HUB_TEST_PASSWORD"


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command.

    Returns:
        The exit status.
    """
    options = _parser().parse_args(argv)
    try:
        status: int = options.command(options)
    except HubError as error:
        print(f"error: {error}", file=sys.stderr)
        if getattr(options, "json", False):
            say(json.dumps(error.as_json(), indent=2))
        return error.exit_code
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED
    return status


class _Parser(argparse.ArgumentParser):
    """As argparse has it; what it refuses, it says as all errors here."""

    def error(self, message: str) -> NoReturn:
        """End the process with the usage error."""
        refused = UsageError(message, next_step=f"{self.prog} --help")
        print(f"error: {refused}", file=sys.stderr)
        sys.exit(refused.exit_code)


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="bin/nox -s hub-command --", description=__doc__)
    parser.add_argument("--apps", type=Path, default=APPS, help="the folder of the apps")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _add_serve(commands.add_parser("serve", help="serve portal and apps"))
    check = commands.add_parser("check", help="check every manifest")
    check.set_defaults(command=_check)
    check.add_argument("--json", action="store_true", help="print one JSON object")
    schema = commands.add_parser("schema", help="print the JSON Schema of the manifest")
    schema.set_defaults(command=_schema)
    _add_new_app(commands.add_parser("new-app", help="make a new app, and smoke it"))
    traefik = commands.add_parser("traefik", help="print a Traefik configuration for all apps")
    traefik.set_defaults(command=_traefik)
    traefik.add_argument("--public-url", required=True, help="the portal's address in browsers")
    traefik.add_argument("--host", default="127.0.0.1", help="where the apps listen (%(default)s)")
    traefik.add_argument("--json", action="store_true", help="print it as one JSON object")
    password = commands.add_parser(
        "hash-password", help="read a password, print its hash for the users' file"
    )
    password.set_defaults(command=_hash_password)
    return parser


def _add_serve(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(command=_serve)
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (%(default)s)")
    parser.add_argument("--port", type=int, help=f"port ({DEFAULT_PORT}); 0 lets the system choose")
    parser.add_argument(
        "--app", default="", help="serve this app alone, on the ports of its manifest"
    )
    parser.add_argument(
        "--data", type=Path, help="where keys and the apps' data are kept ($HUB_DATA)"
    )
    parser.add_argument(
        "--public-url", default="", help="the portal's address, where a proxy hides this one"
    )
    parser.add_argument(
        "--issuer", default=os.environ.get("HUB_ISSUER", ""), help="an external OpenID provider"
    )
    parser.add_argument("--users", type=Path, help="a JSON file of users ($HUB_USERS_FILE)")
    parser.add_argument(
        "--ready-seconds", type=float, default=10, help="how long an app may take (%(default)s)"
    )
    parser.add_argument(
        "--hang-seconds",
        type=float,
        default=10,
        help="how long an app may hold up all others, before it is ended (%(default)s)",
    )
    parser.add_argument(
        "--up", action="store_true", help="load every app at once, and show how to log in"
    )


def _add_new_app(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(command=_new_app)
    parser.add_argument("--slug", required=True, help="its name in addresses, such as team-notes")
    parser.add_argument("--name", required=True, help="its name for people")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument(
        "--kind", default="internal", help="product, client, internal or platform (%(default)s)"
    )


def _serve(options: argparse.Namespace) -> int:
    from hub.serving.server import serve  # noqa: PLC0415 - other commands need no server

    _check_numbers(options)
    settings = _settings(options)
    return serve(settings, options.host, _ports(options), options.public_url, eager=options.up)


def _check_numbers(options: argparse.Namespace) -> None:
    if options.port is not None and not 0 <= options.port <= _LAST_PORT:
        raise UsageError(
            f"--port is {options.port}; it is 0 to {_LAST_PORT}",
            next_step="--port 0 lets the system choose",
        )
    for option in ("ready-seconds", "hang-seconds"):
        seconds = getattr(options, option.replace("-", "_"))
        if not 0 < seconds < inf:
            raise UsageError(f"--{option} is {seconds:g}; it is above 0")


def _settings(options: argparse.Namespace) -> Settings:
    from hub.services import TEST_LOGIN, Settings  # noqa: PLC0415 - see above

    data = options.data or Path(os.environ.get("HUB_DATA") or Path.home() / ".hub")
    users = options.users or os.environ.get("HUB_USERS_FILE")
    password = os.environ.get(TEST_PASSWORD, "")
    login = os.environ.get(TEST_USER) or TEST_LOGIN
    if options.up and not password and not options.issuer:
        password = secrets.token_urlsafe(9)
        say(f"log in as {login} with the password {password}, which ends with this process")
    return Settings(
        data=data,
        apps=options.apps,
        only=options.app,
        issuer=options.issuer,
        users_file=Path(users) if users else None,
        test_login=login,
        test_password=password,
        ready_seconds=options.ready_seconds,
        hang_seconds=options.hang_seconds,
    )


def _ports(options: argparse.Namespace) -> list[int]:
    if options.port is not None:
        return [options.port]
    if not options.app:
        return [DEFAULT_PORT]
    alone = next((app for app in scan(options.apps).apps if app.slug == options.app), None)
    if alone is None:
        raise UsageError(
            f"no usable app is called {options.app!r}", next_step="bin/invoke hub.check"
        )
    return [alone.manifest.routing.ports.frontend, alone.manifest.routing.ports.backend]


def _say_object(schema: str, **facts: object) -> None:
    """Print one JSON object that says what it is."""
    say(json.dumps({"schema": schema, **facts}, indent=2))


def _check(options: argparse.Namespace) -> int:
    """Name every manifest that cannot be used."""
    found = scan(options.apps)
    if options.json:
        broken = [{"slug": app.slug, "reason": app.reason} for app in found.broken]
        _say_object("hub-check/1", apps=[app.slug for app in found.apps], broken=broken)
    else:
        for app in found.broken:
            say(f"error: {app.reason}")
        say(f"{len(found.apps)} usable, {len(found.broken)} broken")
    return EXIT_RED if found.broken else EXIT_GREEN


def _schema(options: argparse.Namespace) -> int:  # noqa: ARG001 - all commands are called alike
    say(json.dumps(manifest.schema(), indent=2))
    return EXIT_GREEN


def _new_app(options: argparse.Namespace) -> int:
    from hub.scaffold import new_app  # noqa: PLC0415 - Copier is slow to import

    with contextlib.redirect_stdout(sys.stderr) if options.json else contextlib.nullcontext():
        folder = new_app(options.apps, options.slug, options.name, options.kind)
    if options.json:
        _say_object("new-app/1", slug=options.slug, folder=str(folder))
    return EXIT_GREEN


def _traefik(options: argparse.Namespace) -> int:
    from hub.traefik import configuration  # noqa: PLC0415 - see above

    found = scan(options.apps)
    made = configuration(found.served, Addresses.parse(options.public_url), options.host)
    # A Traefik that reads YAML reads this too.
    say(json.dumps(yaml.safe_load(made), indent=2) + "\n" if options.json else made, end="")
    return EXIT_GREEN


def _hash_password(options: argparse.Namespace) -> int:  # noqa: ARG001 - all commands are called alike
    from hub.signing_in.passwords import hash_password  # noqa: PLC0415 - see above

    say(hash_password(sys.stdin.readline().rstrip("\n")))
    return EXIT_GREEN


if __name__ == "__main__":
    sys.exit(main())
