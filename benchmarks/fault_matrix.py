"""What proving rows costs beside doing it fault by fault: ``python benchmarks/fault_matrix.py [--record] [ROW...]``.

By hand, each fault is put into a fresh clone, which makes its environment, compiles everything and runs the fast
tier. The proof shares one environment and compiles once, and runs as many at once as there are cores; its time holds
the run without a fault too. What is compared is the mean of a fault; by hand only some are done, taken evenly from
those that are proved. The goal is a third.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "bin"))

from runbook.documents.measured import RECORD, Table
from runbook.project import find_project
from runbook.prove.fault import Fault, read_faults

PYTHON = ROOT / ".nox" / "fast" / "bin" / "python"
GOAL = 1 / 3


def main() -> None:
    """Print the comparison."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--by-hand", type=int, default=4, help="faults that are injected by hand")
    parser.add_argument("rows", nargs="*", help="rows that are proved; all of the tier by default")
    parser.add_argument(RECORD, action="store_true", help="keep the table for the documents")
    options = parser.parse_args()
    faults = [fault for fault in read_faults(find_project(ROOT)) if fault.tier == "fast"]
    faults = [fault for fault in faults if fault.row in (options.rows or [fault.row])]
    chosen = faults[:: -(-len(faults) // options.by_hand)]
    cold = sum(by_hand(fault) for fault in chosen) / len(chosen)
    matrix = proof(options.rows) / len(faults)
    table = Table(["By hand", "s a fault", "Proved", "s a fault", "Ratio", "Goal"]).begin()
    cells = (
        f"{cold:.1f}",
        str(len(faults)),
        f"{matrix:.1f}",
        f"{matrix / cold:.2f}",
        f"{GOAL:.2f}",
    )
    table.add(str(len(chosen)), *cells)
    if options.record:
        table.record(ROOT, "fault-matrix")


def by_hand(fault: Fault) -> float:
    """Return the wall time of one fault in a clone of its own, in seconds."""
    started = time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="runbook-by-hand-") as folder:
        run(["git", "clone", "--quiet", str(ROOT), folder], ROOT, expected=0)
        file = Path(folder, fault.file)
        file.write_text(fault.edit(file.read_text(encoding="utf-8")), encoding="utf-8")
        run(["bash", "bin/run_e2e_smoke.sh"], Path(folder), expected=1)
    return time.perf_counter() - started


def proof(rows: list[str]) -> float:
    """Return the wall time of proving these rows, in seconds."""
    started = time.perf_counter()
    command = [str(PYTHON), "-m", "runbook.prove", "--tier", "fast", "--unfaulted", "1", *rows]
    run(command, ROOT, expected=0)
    return time.perf_counter() - started


def run(command: list[str], folder: Path, *, expected: int) -> None:
    """Run a command that must end with this status."""
    environment = os.environ | {"E2E_BROWSER": "no", "PYTHONPATH": str(ROOT / "bin")}
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode != expected:
        sys.exit(f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout}{done.stderr}")


if __name__ == "__main__":
    main()
