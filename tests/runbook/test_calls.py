"""The commands that are shown can be typed where they are shown."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from runbook import calls

if TYPE_CHECKING:
    from pathlib import Path


def test_in_a_checkout_of_the_engine_its_launcher_is_called() -> None:
    assert "bin/invoke explain test_one" == calls.call("explain test_one")


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project that has installed the engine, and is gone to; no Python is on PATH."""
    monkeypatch.setattr(calls, "IS_CHECKOUT", False)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def python_at(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Let the engine be run by the Python of a folder."""
    folder.mkdir(parents=True)
    (folder / "python").symlink_to(sys.executable)
    monkeypatch.setattr(sys, "executable", str(folder / "python"))
    return folder / "python"


def test_elsewhere_the_python_of_the_project_is_called(
    elsewhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    python_at(elsewhere / ".venv" / "bin", monkeypatch)

    assert ".venv/bin/python -m runbook rows" == calls.call("rows")


def test_a_python_that_is_activated_needs_no_path(
    elsewhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    python = python_at(elsewhere / ".venv" / "bin", monkeypatch)
    monkeypatch.setenv("PATH", str(python.parent))

    assert "python -m runbook rows" == calls.call("rows")


def test_what_is_shown_of_a_word_of_several_lines_is_one_line() -> None:
    """Else whoever names a file could write a line of a report."""
    words = [
        "a\nfound: all is well",
        "it's \\ a\ttab 9% \x017",
        "plain",
        "two words",
        "\x1b[31m",
        "\udcff",
    ]

    shown = calls.typed(words)

    assert shown.isprintable()
    for shell in ("sh", "bash"):
        said = [shell, "-c", f"printf '%s\\0' {shown}"]
        printed = subprocess.run(said, check=True, stdout=subprocess.PIPE).stdout
        assert [os.fsencode(word) for word in words] == printed.split(b"\0")[:-1]
    assert "plain 'two words'" in shown


def test_a_word_that_ends_with_a_line_is_whole() -> None:
    shown = calls.typed(["a\n"])

    assert shown.isprintable()
    printed = subprocess.run(
        ["bash", "-c", f"printf %s {shown}"], check=True, stdout=subprocess.PIPE
    )
    assert b"a\n" == printed.stdout


def test_a_python_far_away_is_called_by_its_place(
    elsewhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    python = python_at(elsewhere / "far away" / "bin", monkeypatch)
    (elsewhere / "project").mkdir()
    monkeypatch.chdir(elsewhere / "project")

    assert [str(python), "-m", "runbook", "rows"] == shlex.split(calls.call("rows"))
