"""Runs that have ended, made of the events that they left."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from runbook.project import Project, Tier
from runbook.rows import TestFunction, make_row
from runbook.runs.run_folder import RunFolder
from runbook.runs.run_report import Run
from runbook.runs.source_state import SourceState

if TYPE_CHECKING:
    from pathlib import Path

TIER = Tier("fast", ("tests",), "fast")
ARGUMENTS = {"severity": "normal", "cause": "it broke", "suspects": ["app.py"]}
FAILED = {"outcome": "failed", "at": "tests/test_a.py:3", "want": "1", "got": "2"}


def function_of(name: str, severity: str = "normal") -> TestFunction:
    """Return a test that has a row."""
    arguments = ARGUMENTS | {"severity": severity}
    row = make_row(test=name, file="tests/test_a.py", line=1, arguments=arguments)
    return TestFunction(row.id, name, row)


TESTS = (function_of("test_a"), function_of("test_b", "high"))


def report(test: str, **facts: Any) -> dict[str, Any]:
    """Return the event of a call in ``tests/test_a.py``."""
    event = {"event": "report", "test": f"tests/test_a.py::{test}", "phase": "call"}
    return event | {"outcome": "passed"} | facts


def ended(
    tmp_path: Path, *events: dict[str, Any], log: str = "", starts: bool = True, **facts: Any
) -> Run:
    """Return a run that left ``events``, between its start and its finish, and ``log``."""
    folder = RunFolder.make(tmp_path / ".runbook")
    control = {"event": "control", "test": "tests/test_a.py::test_control", "outcome": "failed"}
    whole = [*([{"event": "start"}, control] if starts else []), *events]
    whole.append({"event": "finish", "events": len(whole) + 1})
    folder.events.write_text("".join(json.dumps(e | {"nonce": "n"}) + "\n" for e in whole))
    folder.log.write_text(log, encoding="utf-8")
    given: dict[str, Any] = {"arguments": [], "status": 0, "interrupted": False} | facts
    return Run(
        project=Project(tmp_path, {"fast": TIER}),
        tier=TIER,
        folder=folder,
        source=SourceState("1a2b3c4", "9f8e7d6", is_dirty=False),
        tests=TESTS,
        nonce="n",
        seconds=1.25,
        **given,
    )
