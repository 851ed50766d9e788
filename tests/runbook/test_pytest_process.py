"""pytest as a child: its output kept and shown, and never left behind."""

from __future__ import annotations

import io
import os
import sys
from typing import TYPE_CHECKING

import pytest

from runbook.pytest_process import PytestProcess, pytest_command
from tests.runbook.support import is_alive, wait_until

if TYPE_CHECKING:
    from pathlib import Path

SAYS = "import os, sys; os.write(1, b'out'); os.write(2, b'err \\xff'); sys.exit(3)"
LIVES = "import os, time; os.read(int(os.environ['RUNBOOK_LIFELINE']), 1)"


def test_the_tests_are_the_default_that_a_path_replaces() -> None:
    command = pytest_command(["tests/a b", "c"], ["-k", "x or y"])

    assert [sys.executable, "-m", "pytest"] == command[:3]
    assert "testpaths='tests/a b' c" in command
    assert ["-k", "x or y"] == command[-2:]


@pytest.mark.parametrize("is_shown", [True, False])
def test_both_outputs_are_kept_and_shown_as_they_come(tmp_path: Path, *, is_shown: bool) -> None:
    shown = io.BytesIO()

    with PytestProcess([sys.executable, "-c", SAYS], root=tmp_path, environment={}) as child:
        status = child.watch(tmp_path / "log", shown if is_shown else None)

    assert 3 == status
    assert b"outerr \xff" == (tmp_path / "log").read_bytes()
    assert (b"outerr \xff" if is_shown else b"") == shown.getvalue()
    assert not child.interrupted


def test_what_is_left_running_ends_when_it_is_left(tmp_path: Path) -> None:
    with PytestProcess([sys.executable, "-c", LIVES], root=tmp_path, environment={}) as child:
        process = child._process.pid
        assert is_alive(process)

    wait_until(lambda: not is_alive(process), "the end of the child")


def test_it_runs_in_its_root_with_its_variables(tmp_path: Path) -> None:
    program = "import os; print(os.getcwd(), os.environ['TIER'], os.environ['COLUMNS'])"

    variables = {"TIER": "fast"}
    with PytestProcess(
        [sys.executable, "-c", program], root=tmp_path, environment=variables
    ) as child:
        child.watch(tmp_path / "log", None)

    assert f"{os.path.realpath(tmp_path)} fast 200\n" == (tmp_path / "log").read_text(
        encoding="utf-8"
    )
