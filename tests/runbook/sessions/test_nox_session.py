"""What a program does that Nox runs as a session."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

from runbook.sessions.nox_session import end_with_callers
from tests.runbook.support import engine_environment, is_alive, wait_until

if TYPE_CHECKING:
    import pytest

PARENT = """
import subprocess, sys
child = subprocess.Popen([sys.executable, "-c", sys.argv[1]], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
child.stdout.readline()
print(child.pid, flush=True)
sys.stdin.read()
"""
WATCHING = """
import time
from runbook.sessions.nox_session import end_with_callers

end_with_callers()
print("watching", flush=True)
time.sleep(1000)
"""


def test_it_ends_with_the_nox_that_is_killed() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", PARENT, WATCHING],
        env=engine_environment({"NOX_CURRENT_SESSION": "faults"}),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as nox:
        assert nox.stdout is not None
        watching = int(nox.stdout.readline())
        assert is_alive(watching)
        nox.kill()

    wait_until(lambda: not is_alive(watching), "its end")


def test_without_a_caller_nothing_is_watched(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NOX_CURRENT_SESSION", raising=False)
    monkeypatch.setattr("threading.Thread", None)  # whoever starts one fails

    end_with_callers()
