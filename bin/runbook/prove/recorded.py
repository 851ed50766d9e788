"""The last proof of every tier, kept beside the faults, from which the document's matrix is made."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from runbook.calls import call_session
from runbook.prove.matrix import SCHEMA, Proof, markdown, read_proof
from runbook.rows import read_rows

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from runbook.project import Project
    from runbook.prove.fault import Fault


def record_file(project: Project) -> Path:
    """Where the proofs are kept."""
    return project.root / project.faults / "recorded.json"


def read_record(project: Project) -> list[Proof]:
    """Return the proofs as they were recorded last; none where they never were."""
    return [read_proof(entry) for entry in _entries(project)]


def _entries(project: Project) -> list[dict[str, Any]]:
    file = record_file(project)
    if not file.is_file():
        return []
    return list(json.loads(file.read_text(encoding="utf-8"))["proofs"])


def write_record(project: Project, proofs: Iterable[Proof], faults: Sequence[Fault]) -> Path:
    """Keep proofs beside those that were kept before; return the file.

    Args:
        project: Whose faults they are.
        proofs: What was proved just now.
        faults: All that there are, in their order; a proof of any other is dropped.
    """
    edits = {(fault.row, fault.name): fault.digest for fault in faults}
    known = {(entry["row"], entry["name"]): entry for entry in _entries(project)}
    for proof in proofs:
        key = (proof.row, proof.name)
        known[key] = _entry(proof, edits[key])
    file = record_file(project)
    kept = [known[key] for key in edits if key in known]
    text = json.dumps({"schema": SCHEMA, "proofs": kept}, indent=1, ensure_ascii=False)
    file.write_text(text + "\n", encoding="utf-8")
    return file


def _entry(proof: Proof, edit: str) -> dict[str, Any]:
    """A proof without what is another on each run, and which edit it is a proof of."""
    entry = asdict(proof)
    del entry["got"]
    return entry | {"edit": edit}


def matrix_block(project: Project) -> str:
    """Return the recorded matrix for the document."""
    tests: dict[str, list[str]] = {
        name: [row.test for row in read_rows(project.root, tier.tests)]
        for name, tier in project.tiers.items()
    }
    return markdown(read_record(project), tests)


def _again(row: str) -> str:
    """The command that proves a row and records it."""
    return call_session("faults", "--record", row, module="runbook.prove")


def unproved_records(project: Project) -> Iterator[str]:
    """Yield which proofs prove nothing: a fault that its row has not noticed, or that was not told first."""
    for proof in read_record(project):
        if not proof.is_first:
            word = (
                f"was told behind {proof.told[0]}"
                if proof.is_killed
                else "did not turn its row red"
            )
            yield f"the fault {proof.row}.{proof.name} {word}; mend: its row, then {_again(proof.row)}"


def stale_records(project: Project, faults: Iterable[Fault]) -> Iterator[str]:
    """Yield which faults are recorded otherwise than they stand: another edit is another fault."""
    there = {(fault.row, fault.name): (fault.cause, fault.digest) for fault in faults}
    kept = {
        (entry["row"], entry["name"]): (entry["cause"], entry.get("edit"))
        for entry in _entries(project)
    }
    for row, name in sorted(there.keys() | kept.keys()):
        if there.get((row, name)) != kept.get((row, name)):
            yield f"the proof of {row}.{name} is not the recorded one; mend: {_again(row)}"
