"""A runner of GitHub Actions: its variables, and the files by which a step tells it something."""

from __future__ import annotations

import contextlib
import os
import secrets
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from runbook.errors import EnvironmentNotReady
from runbook.github.annotations import annotate
from runbook.github.summary import summary

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

SUMMARY, OUTPUT = "GITHUB_STEP_SUMMARY", "GITHUB_OUTPUT"


def is_runner() -> bool:
    """Whether this is one."""
    return os.environ.get("GITHUB_ACTIONS") == "true"


def tell(result: Mapping[str, Any], root: Path) -> None:
    """Annotate what is red, and add the run to the job's summary; off a runner nothing happens.

    The annotations go to standard error, for standard output is the run's own; a runner reads both.

    Args:
        result: The run as it says itself, ``smoke/1``.
        root: The project's folder.
    """
    if is_runner():
        for line in annotate(result, folder=_in_workspace(root)):
            print(line, file=sys.stderr, flush=True)
    if os.environ.get(SUMMARY):
        add_summary(summary(result, used=_size(Path(os.environ[SUMMARY]))))


def _in_workspace(root: Path) -> str:
    """Return where a project is in what the runner has checked out; empty where it is not there at all."""
    workspace = Path(os.environ.get("GITHUB_WORKSPACE", root)).resolve()
    root = root.resolve()
    return str(root.relative_to(workspace)) if root.is_relative_to(workspace) else ""


def add_summary(markdown: str) -> None:
    """Add to the job's summary where there is one."""
    _append(SUMMARY, markdown)


def set_output(name: str, value: str) -> None:
    """Set an output of the step where there is a runner; the value is written so that it cannot forge another."""
    mark = f"end-{secrets.token_hex(16)}"
    _append(OUTPUT, f"{name}<<{mark}\n{value}\n{mark}\n")


@contextlib.contextmanager
def commands_stopped() -> Iterator[None]:
    """Let nothing that is printed meanwhile be taken for a command, whoever wrote it."""
    if not is_runner():
        yield
        return
    token = secrets.token_hex(16)
    print(f"::stop-commands::{token}", file=sys.stderr, flush=True)
    try:
        yield
    finally:
        print(f"::{token}::", file=sys.stderr, flush=True)


def _append(variable: str, text: str) -> None:
    if not os.environ.get(variable):
        return
    try:
        with Path(os.environ[variable]).open("a", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise EnvironmentNotReady(f"{variable} cannot be written: {error.strerror}") from error


def _size(file: Path) -> int:
    try:
        return file.stat().st_size
    except OSError:
        return 0
