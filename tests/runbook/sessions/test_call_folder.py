"""A folder for one call, and what is left of calls that were killed."""

from __future__ import annotations

import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from runbook.errors import EnvironmentNotReady
from runbook.sessions.call_folder import call_folder, is_over
from tests.runbook.support import engine_environment

if TYPE_CHECKING:
    from pathlib import Path

KILLED = """
import os, signal, sys
from pathlib import Path
from runbook.sessions.call_folder import call_folder

with call_folder(Path(sys.argv[1])) as folder:
    (folder / "said.txt").touch()
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_it_goes_with_its_call(tmp_path: Path) -> None:
    with call_folder(tmp_path) as folder:
        (folder / "said.txt").touch()

    assert [] == list((tmp_path / "calls").iterdir())
    assert "*\n" == (tmp_path / ".gitignore").read_text(encoding="utf-8")


def test_whether_a_call_is_over_is_known_by_its_folder(tmp_path: Path) -> None:
    with call_folder(tmp_path) as folder:
        assert not is_over(folder)
    assert is_over(folder)


def test_what_a_killed_call_has_left_goes_with_the_next(tmp_path: Path) -> None:
    command = [sys.executable, "-c", KILLED, str(tmp_path)]
    done = subprocess.run(command, env=engine_environment(), check=False)
    assert -signal.SIGKILL == done.returncode
    (left,) = (tmp_path / "calls").iterdir()
    assert is_over(left)

    with call_folder(tmp_path) as folder:
        assert not left.exists()
        assert folder.is_dir()


def test_calls_at_once_leave_each_other_alone(tmp_path: Path) -> None:
    with call_folder(tmp_path) as one, call_folder(tmp_path) as other:
        assert one != other
        assert one.is_dir()


def test_a_place_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "state").touch()

    with (
        pytest.raises(EnvironmentNotReady, match="no call can be kept"),
        call_folder(tmp_path / "state"),
    ):
        pytest.fail("there is nowhere to write")
