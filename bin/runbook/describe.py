"""Describe the tasks and sessions with their options, for scripts and agents."""

from __future__ import annotations

import ast
import inspect
import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

from runbook.calls import call, call_session_list
from runbook.errors import EnvironmentNotReady
from runbook.exit_codes import MEANINGS

if TYPE_CHECKING:
    from pathlib import Path

    from invoke.collection import Collection


def read_tasks(root: Path) -> Collection:
    """Load the tasks of a project anew.

    Those that Invoke itself has loaded have lost their help: its parser took it.

    Raises:
        EnvironmentNotReady: They cannot be loaded.
    """
    from invoke.collection import Collection  # noqa: PLC0415 - the rest is to work without Invoke
    from invoke.loader import FilesystemLoader  # noqa: PLC0415 - likewise

    try:
        module, _ = FilesystemLoader(start=str(root)).load("tasks")
        return Collection.from_module(module)
    except Exception as error:  # whatever its code may raise
        said = f"tasks.py cannot be loaded: {type(error).__name__}: {error}"
        raise EnvironmentNotReady(said, next_step=call("--list")) from error


def describe_tasks(collection: Collection) -> list[dict[str, Any]]:
    """Return each task with its options, as Invoke would parse them."""
    return [_describe_task(name, collection[name]) for name in sorted(collection.task_names)]


def _describe_task(name: str, task: Any) -> dict[str, Any]:
    arguments = task.get_arguments()  # once: Invoke moves the help into the first that it makes
    # One without a default may stand behind the task by itself, even where Invoke does not demand it (tasks.optional).
    positional = [argument.name for argument in arguments if argument.default is None]
    options = [
        {
            "name": f"--{argument.name.replace('_', '-')}",
            "type": argument.kind.__name__,
            "default": argument.default,
            "help": argument.help or "",
        }
        for argument in arguments
        if argument.default is not None
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
    tags = read_tags((root / "noxfile.py").read_text(encoding="utf-8"))
    tagged = json.loads(_run([*nox, "--tags", *tags]))
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


def read_tags(noxfile: str) -> list[str]:
    """Return every tag that a noxfile gives to a session.

    Nox lists what is selected, and what is not run by default is selected by tag: so every session has one.
    """
    lists = (
        keyword.value
        for call in ast.walk(ast.parse(noxfile))
        if isinstance(call, ast.Call)
        for keyword in call.keywords
        if keyword.arg == "tags"
    )
    return sorted({tag for each in lists for tag in ast.literal_eval(each)})


def _run(command: list[str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise EnvironmentNotReady(
            f"nox could not list its sessions: {done.stderr.strip()}", next_step=call_session_list()
        )
    return done.stdout


def describe(root: Path) -> dict[str, Any]:
    """Return all that can be called: tasks, sessions and what exit codes mean; a project may have neither."""
    has_tasks, has_sessions = (root / "tasks.py").is_file(), (root / "noxfile.py").is_file()
    return {
        "schema": "describe/1",
        "tasks": describe_tasks(read_tasks(root)) if has_tasks else [],
        "sessions": describe_sessions(root) if has_sessions else [],
        "exit_codes": {str(int(code)): meaning for code, meaning in MEANINGS.items()},
    }
