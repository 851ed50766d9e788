"""Nox as bin/nox starts it: a session that is not there is a usage error that names the nearest."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from tests.runbook.support import ROOT, completed, unread

if TYPE_CHECKING:
    import subprocess

PROGRAM = [
    sys.executable,
    str(ROOT / "bin" / "nox_program.py"),
    "--noxfile",
    str(ROOT / "noxfile.py"),
]


def nox(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Call Nox as the launcher does."""
    return completed([*PROGRAM, *arguments], cwd=ROOT)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (["-s", "fsat"], "no session is called 'fsat'; the nearest: fast"),
        (["-s", "lint", "hub-smok"], "no session is called 'hub-smok'; the nearest: hub-smoke"),
        (
            ["-s", "fast-stores(sqlit)"],
            "no session is called 'fast-stores(sqlit)'; the nearest: fast-stores(sqlite)",
        ),
        (["-e", "docs"], "no session is called 'docs'; the nearest: "),
        (["-t", "brwoser"], "no session is tagged 'brwoser'; the nearest: browser"),
    ],
)
def test_what_is_not_there_is_a_usage_error(asked: list[str], said: str) -> None:
    done = nox(*asked)

    assert (2, "") == (done.returncode, done.stdout)
    assert f"error: {said}" in done.stderr
    assert done.stderr.endswith("\n  next: bin/nox -l\n")


def test_an_option_that_is_not_there_is_one_too() -> None:
    done = nox("--nosuch")

    assert (2, "") == (done.returncode, done.stdout)
    assert done.stderr.endswith(
        "nox: error: unrecognized arguments: --nosuch\n  next: bin/nox --help\n"
    )


def test_what_is_there_is_as_it_was() -> None:
    listed, named = nox("--list", "-s", "lint"), nox("--list", "-t", "browser")

    assert (0, 0) == (listed.returncode, named.returncode)
    assert "* lint" in listed.stdout
    assert "* browser" in named.stdout


def test_whoever_stops_reading_is_told_nothing() -> None:
    assert (0, "") == unread(*PROGRAM, "--list")
