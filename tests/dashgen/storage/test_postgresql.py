"""The server that tests make for themselves leaves nothing behind, however they end."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.postgresql import URL_VARIABLE, PostgresqlServer, PostgresqlUnusable

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parents[3]
_SECONDS = 60.0  # only a hang takes as long


def wait_until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _SECONDS
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_killed_while_the_cluster_is_made_it_leaves_nothing() -> None:
    # Also where the other tests use a server that is there already.
    of_its_own = {name: value for name, value in os.environ.items() if name != URL_VARIABLE}
    with tempfile.TemporaryDirectory(prefix="pg-") as name:
        folder = Path(name)
        folder.chmod(0o755)  # PostgreSQL does not run as root, so somebody else must get in
        with subprocess.Popen(
            [sys.executable, "-m", "tests.postgresql", "cat"],
            cwd=ROOT,
            env={**of_its_own, "TMPDIR": name},
            stdin=subprocess.PIPE,
        ) as running:
            wait_until(lambda: any(folder.glob("ensemble-pg-*/data/*")))
            running.kill()
        wait_until(lambda: not any(folder.iterdir()))


def test_a_server_that_cannot_start_says_why_and_leaves_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("tests.postgresql._PLAIN", ("-c", "no_such_setting=1"))
    server = PostgresqlServer()
    with pytest.raises(PostgresqlUnusable, match="no_such_setting"):
        server.__enter__()
    assert not server.folder.exists()
