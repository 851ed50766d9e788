"""What can be called, as data."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from invoke.collection import Collection
from invoke.tasks import task

from runbook.describe import describe, describe_sessions, describe_tasks
from runbook.errors import EnvironmentNotReady

if TYPE_CHECKING:
    from pathlib import Path

    from invoke.context import Context

NOXFILE = """
import nox

@nox.session(name="fast", tags=["ci"])
def fast(session):
    '''Smoke it.

    More of it.
    '''

@nox.session(name="on", python=["3.11", "3.12"], tags=["pythons"], default=False)
def on(session):
    pass
"""

TASKS = """
from invoke import task

@task(help={"brief": "in short"})
def show(c, brief=False):
    pass
"""


@task(positional=["test"], help={"dry_run": "only say it"})
def find_culprit(_: Context, test: str, dry_run: bool = False, jobs: int = 2) -> None:  # noqa: FBT001, FBT002 - as Invoke reads them
    """Find it.

    More of it.
    """


@task
def show(_: Context) -> None:
    """Show it."""


def test_a_task_is_described_as_invoke_would_parse_it() -> None:
    described = describe_tasks(Collection(find_culprit))

    assert [
        {
            "name": "find-culprit",
            "help": "Find it.",
            "positional": ["test"],
            "options": [
                {"name": "--dry-run", "type": "bool", "default": False, "help": "only say it"},
                {"name": "--jobs", "type": "int", "default": 2, "help": ""},
            ],
        }
    ] == described


def test_tasks_of_a_collection_within_have_its_name() -> None:
    described = describe_tasks(Collection(find_culprit, gate=Collection(show)))

    assert ["find-culprit", "gate.show"] == [entry["name"] for entry in described]


def test_every_session_is_described_also_those_not_run_by_default(tmp_path: Path) -> None:
    (tmp_path / "noxfile.py").write_text(NOXFILE, encoding="utf-8")

    fast, *on = describe_sessions(tmp_path)

    assert {
        "name": "fast",
        "help": "Smoke it.",
        "python": None,
        "tags": ["ci"],
        "default": True,
    } == fast
    assert [("on-3.11", "3.11", "", False), ("on-3.12", "3.12", "", False)] == [
        (each["name"], each["python"], each["help"], each["default"]) for each in on
    ]


@pytest.mark.parametrize("noxfile", ["raise ValueError('boom')\n", None])
def test_a_noxfile_that_cannot_be_read_is_said(tmp_path: Path, noxfile: str | None) -> None:
    if noxfile:
        (tmp_path / "noxfile.py").write_text(noxfile, encoding="utf-8")

    with pytest.raises(EnvironmentNotReady, match="nox could not list its sessions"):
        describe_sessions(tmp_path)


def test_tasks_that_cannot_be_loaded_are_said(tmp_path: Path) -> None:
    (tmp_path / "tasks.py").write_text("raise ValueError('boom')\n", encoding="utf-8")

    with pytest.raises(EnvironmentNotReady, match=r"tasks.py cannot be loaded: ValueError: boom"):
        describe(tmp_path)


def test_the_whole_says_what_the_exit_codes_mean(tmp_path: Path) -> None:
    (tmp_path / "noxfile.py").write_text(NOXFILE, encoding="utf-8")
    (tmp_path / "tasks.py").write_text(TASKS, encoding="utf-8")

    for _ in range(2):
        described = describe(tmp_path)

        assert "describe/1" == described["schema"]
        assert "interrupted" == described["exit_codes"]["130"]
        (only,) = described["tasks"]
        assert ("show", "in short") == (only["name"], only["options"][0]["help"])
