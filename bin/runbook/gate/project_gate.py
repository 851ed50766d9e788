"""The feature gate as the rest of the engine knows it: what it says of a run, and how it is closed."""

from __future__ import annotations

import os
import re
import time
from pathlib import Path
from typing import TYPE_CHECKING

from runbook.calls import call
from runbook.errors import EnvironmentNotReady, RunbookError, UsageError
from runbook.gate.file import GateFile, GateState, Position
from runbook.smoke.probes import is_probe

if TYPE_CHECKING:
    from collections.abc import Iterable

    from runbook.project import Project
    from runbook.runs.source_state import SourceState

BOT = "bot"  # who closes it by itself; "bot:NAME" where there are several
_MAX_REASON = 2_000  # characters that the server reads
_VARIABLE = re.compile(r"\$\{(\w+):-([^}]*)\}|\$(\w+)")


def gate_file(project: Project) -> GateFile | None:
    """Return the file that ``[tool.runbook.gate]`` names, or None where there is none to be found.

    ``$NAME`` and ``${NAME:-default}`` stand for variables; without a default, an empty one is no file.
    """
    text = _VARIABLE.sub(_value, project.gate.file)
    is_named = text and not unset_variables(project)
    return GateFile(project.root / Path(text).expanduser()) if is_named else None


def no_gate(next_step: str) -> UsageError:
    """Return the error of whoever asks for a gate where there is none."""
    return UsageError("this project has no gate", next_step=next_step)


def unset_variables(project: Project) -> list[str]:
    """Return the variables that the gate's file is named by and that are empty, with no default."""
    found = _VARIABLE.finditer(project.gate.file)
    return [match[1] or match[3] for match in found if not _value(match)]


def _value(match: re.Match[str]) -> str:
    return os.environ.get(match[1] or match[3]) or match[2] or ""


def read_gate(project: Project) -> GateState:
    """Read what the gate says; a project without one has it closed for ever."""
    file = gate_file(project)
    return file.read(time.time()) if file else GateState(Position.NEVER, "there is no gate")


def gate_word(project: Project, source: SourceState) -> str:
    """Return ``open`` if the gate is open for this very commit and tree, else ``closed``."""
    state = read_gate(project)
    if state.position is not Position.OPEN or source.is_dirty is not False:
        return Position.CLOSED
    is_this = state.record["commit"].startswith(source.commit) and state.record["tree"].startswith(
        source.tree
    )
    return Position.OPEN if is_this else Position.CLOSED


def close(project: Project, *, reason: str, by: str) -> GateState:
    """Close the gate; it needs nothing.

    A person's closure is written whatever the gate said. A bot closes what is open and nothing else, so
    that a person's closure keeps its name and its reason.

    Args:
        project: The project whose gate it is.
        reason: Why, for a person.
        by: Who: a name, `BOT`, or ``bot:NAME``.

    Returns:
        What the gate says now.

    Raises:
        UsageError: A person asked, and the project has no gate.
        EnvironmentNotReady: It is closed, but who and why could not be stored; or it could not be closed.
    """
    file = gate_file(project)
    if file is None:
        if is_bot(by):
            return read_gate(project)
        raise no_gate(call("gate.status"))
    if is_bot(by) and not file.read(time.time()).may_be_open:
        return file.read(time.time())
    try:
        file.close(reason[:_MAX_REASON], by=by, now=time.time())
    except OSError as error:
        raise EnvironmentNotReady(
            f"the gate is {_left_as(file.read(time.time()))}: {file.path}: {error.strerror}",
            next_step="free the place, or make it writable; while in doubt, stop the server",
        ) from error
    return file.read(time.time())


def _left_as(state: GateState) -> str:
    """Say where the gate stands that could not be written."""
    if state.is_hidden:
        return "perhaps STILL OPEN"
    return "STILL OPEN" if state.position is Position.OPEN else "closed, with no reason kept"


def close_for(project: Project, rows: Iterable[str], *, run: str) -> str:
    """Close an open gate because rows of high severity are red: what is red here may be what the public sees.

    Args:
        project: The project whose gate it is.
        rows: The tests of the red rows of high severity; where there are none, nothing is done.
        run: What to call the run.

    Returns:
        What a person is to know of it, or an empty text.
    """
    names = ", ".join(rows)
    if not names or is_probe():
        return ""
    before = read_gate(project)
    try:
        state = close(project, reason=f"red in {run}: {names}", by=BOT)
    except RunbookError as error:
        return f"error: {error}"
    if not before.may_be_open:
        return ""
    was = "was" if before.position is Position.OPEN else "was in doubt, said"
    return f"note: the gate {was} open and is {state.position} now"


def is_bot(name: str) -> bool:
    """Whether a name is an automaton's."""
    return name == BOT or name.startswith(f"{BOT}:")
