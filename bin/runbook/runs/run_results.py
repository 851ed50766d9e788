"""Tell everybody of a run that has ended: whoever reads, the gate, the evidence, editors, GitHub Actions."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from runbook.json_files import hand_out
from runbook.processes.standard_streams import narrate, say
from runbook.rows import short_name
from runbook.runs.evidence import write_evidence
from runbook.runs.report_lines import as_quickfix
from runbook.smoke import probes

if TYPE_CHECKING:
    from runbook.runs.run_report import Run

RUNNER = "GITHUB_ACTIONS"  # is set where this is one of its runners


def publish(run: Run, results: TextIO, *, json_file: str) -> None:
    """Print a run's lines, and leave what others read of it.

    Neither gate nor runner is told where something else was smoked than what is served.

    Args:
        run: It has ended.
        results: Where its lines go.
        json_file: Where its JSON goes besides; ``-`` is standard output, empty is nowhere.
    """
    is_probe = probes.is_probe()
    if run.red_high_rows and not is_probe:
        _close_gate(run)
    for line in run.lines():
        say(line, results)
    for note in run.notes:
        narrate(f"note: {note}")
    if problem := run.problem:
        narrate(f"error: {problem}")
    write_evidence(run)
    _keep_proof(run)
    _write_quickfix(run)
    hand_out(run.as_json(), json_file)
    if run.verdict.failures and not is_probe:
        _remember_red(run)
    if RUNNER in os.environ and not is_probe:
        from runbook.github.actions import tell  # noqa: PLC0415 - not on a person's machine

        tell(run.as_json(), run.project.root)


def _close_gate(run: Run) -> None:
    from runbook.gate.project_gate import close_for  # noqa: PLC0415 - hardly ever

    if said := close_for(run.project, run.red_high_rows, run=f"run {run.folder.id}"):
        narrate(said)


def _remember_red(run: Run) -> None:
    from runbook.gate.reds import remember_red  # noqa: PLC0415 - not for a green run

    names = dict.fromkeys(short_name(failure.test) for failure in run.verdict.failures)
    remember_red(run.project, run.source, run.tier, list(names))


def _keep_proof(run: Run) -> None:
    if run.tier.goes_with:
        from runbook.smoke.companions import keep_proof  # noqa: PLC0415 - not for most tiers

        keep_proof(run)


def _write_quickfix(run: Run) -> None:
    """Leave the failures of the last run where an editor finds them; nothing of an earlier one stays."""
    text = as_quickfix(run.as_json()["failures"])
    (run.project.state / "failures.txt").write_text(text, encoding="utf-8")


def add_json(result: dict[str, object], file: str) -> None:
    """Add what a run has come to, or why it has not, to a file of JSON lines."""
    with Path(file).open("a", encoding="utf-8") as told:
        told.write(json.dumps(result) + "\n")
