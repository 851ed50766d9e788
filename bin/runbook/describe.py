"""Describe the tasks and sessions with their options, for scripts and agents."""

from __future__ import annotations

import inspect
import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

from runbook.errors import EnvironmentNotReady
from runbook.exit_codes import MEANINGS

# Nox lists only what is selected, and what is not run by default is selected by tag: every session has one.
TAGS = ("ci", "pythons", "browser")

if TYPE_CHECKING:
    from pathlib import Path

    from invoke.collection import Collection


def describe_tasks(collection: Collection) -> list[dict[str, Any]]:
    """Return each task with its options, as Invoke would parse them."""
    return [_describe_task(name, collection[name]) for name in sorted(collection.task_names)]


def _describe_task(name: str, task: Any) -> dict[str, Any]:
    positional = [argument.name for argument in task.get_arguments() if argument.positional]
    options = [
        {
            "name": f"--{argument.name.replace('_', '-')}",
            "type": argument.kind.__name__,
            "default": argument.default,
            "help": argument.help or "",
        }
        for argument in task.get_arguments()
        if not argument.positional
    ]
    return {
        "name": name,
        "help": _first_line(task.body),
        "positional": positional,
        "options": options,
    }


def _first_line(function: object) -> str:
    return (inspect.getdoc(function) or "").partition("\n")[0]


def describe_sessions(root: Path) -> list[dict[str, Any]]:
    """Return every session of the noxfile, also those that are not run by default.

    Raises:
        EnvironmentNotReady: Nox could not list them.
    """
    nox = [sys.executable, "-m", "nox", "--noxfile", str(root / "noxfile.py"), "--list", "--json"]
    default = {entry["session"] for entry in json.loads(_run(nox))}
    tagged = json.loads(_run([*nox, "--tags", *TAGS]))
    return [
        {
            "name": entry["session"],
            "help": entry["description"] or "",
            "python": entry["python"],
            "tags": entry["tags"],
            "default": entry["session"] in default,
        }
        for entry in tagged
    ]


def _run(command: list[str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise EnvironmentNotReady(
            f"nox could not list its sessions: {done.stderr.strip()}", next_step="bin/nox -l"
        )
    return done.stdout


def describe(root: Path, collection: Collection) -> dict[str, Any]:
    """Return all that can be called: tasks, sessions and what exit codes mean."""
    return {
        "schema": "describe/1",
        "tasks": describe_tasks(collection),
        "sessions": describe_sessions(root),
        "exit_codes": {str(int(code)): meaning for code, meaning in MEANINGS.items()},
    }
