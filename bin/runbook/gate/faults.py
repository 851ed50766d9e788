"""Whether the smoke of a gate would notice: the faults of the rows of high severity must turn them red.

It is what a verdict cannot see by itself: tests whose bodies were emptied, or a conftest that forges everything
but the negative control. The project's session injects the faults (`runbook.prove`); what it says is judged here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from runbook.json_files import read_object
from runbook.rows import Severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from runbook.rows import Row

SCHEMA = "prove/1"


def high_rows(rows: Iterable[Row]) -> list[str]:
    """The tests whose faults must be noticed, each once, in their order."""
    return list(dict.fromkeys(row.test for row in rows if row.severity is Severity.HIGH))


def read_proofs(file: Path) -> list[dict[str, Any]] | None:
    """Read the proofs that the session wrote; None where it wrote none that can be read."""
    said = read_object(file)
    return said.get("proofs") if said.get("schema") == SCHEMA else None


def unproved(rows: Sequence[str], proofs: Sequence[dict[str, Any]]) -> list[str]:
    """Why the faults do not show that the smoke notices; nothing where they do.

    Args:
        rows: The tests of high severity.
        proofs: Each with ``row``, ``name``, and whether the fault was ``killed``.
    """
    seen = {str(proof.get("row")) for proof in proofs}
    survivors = [
        f"{proof.get('row')} stays green with its fault {proof.get('name')}"
        for proof in proofs
        if proof.get("row") in rows and proof.get("killed") is not True
    ]
    return survivors + [f"{row} has no fault that proves it" for row in rows if row not in seen]
