"""What a run may say of the feature gate: ``open`` only without any doubt."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from runbook.project import Project
    from runbook.source_state import SourceState

OPEN, CLOSED = "open", "closed"


def gate_word(project: Project, source: SourceState) -> str:
    """Return ``open`` if the gate's file says that it is open for this very commit and tree, else ``closed``.

    Whatever cannot be read, or speaks of another source, is closed.
    """
    path = _gate_path(project)
    if path is None or source.is_dirty is not False:
        return CLOSED
    try:
        state = json.loads(path.read_bytes())
        names = str(state["commit"]), str(state["tree"])
        is_open = state["state"] == OPEN
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return CLOSED
    is_this = names[0].startswith(source.commit) and names[1].startswith(source.tree)
    return OPEN if is_open and is_this else CLOSED


def _gate_path(project: Project) -> Path | None:
    """The file that ``[tool.runbook] gate`` names, or None where there is none to be found."""
    if not project.gate:
        return None
    text = project.gate
    if text.startswith("$"):
        name, _, rest = text[1:].partition("/")
        if not os.environ.get(name):
            return None
        text = str(Path(os.environ[name], rest))
    return project.root / text
