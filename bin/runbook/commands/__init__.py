"""What the tasks do: each function is one procedure, ends the process with an `ExitCode`, and prints for people."""

from __future__ import annotations

from runbook.commands.procedures import (
    gate_close,
    gate_open,
    gate_status,
    revert_and_resmoke,
    rollback,
)
from runbook.commands.searches import drift_history, find_offending_commit, find_offending_upgrade
from runbook.commands.smokes import filter_tests, prove, run
from runbook.commands.upkeep import docs, hub, install_browsers, lock, wheel
from runbook.commands.views import describe, explain, report, rows, verify_evidence
from runbook.commands.workflows import ci_drift, ci_gate, ci_plan, ci_publish_drift

__all__ = [
    "ci_drift",
    "ci_gate",
    "ci_plan",
    "ci_publish_drift",
    "describe",
    "docs",
    "drift_history",
    "explain",
    "filter_tests",
    "find_offending_commit",
    "find_offending_upgrade",
    "gate_close",
    "gate_open",
    "gate_status",
    "hub",
    "install_browsers",
    "lock",
    "prove",
    "report",
    "revert_and_resmoke",
    "rollback",
    "rows",
    "run",
    "verify_evidence",
    "wheel",
]
