"""What proving rows costs beside doing it fault by fault: ``python benchmarks/fault_matrix.py [--faults N]``.

By hand, each fault is put into a fresh clone, which makes its environment, compiles everything and runs the fast
tier. The proof shares one environment and compiles once, and runs as many at once as there are cores; its time holds
the run without a fault too. Both inject the same faults, taken evenly from all of them. The goal is a third.
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

from runbook.project import find_project  # noqa: E402 - found through the line above
from runbook.prove.fault import Fault, read_faults  # noqa: E402

PYTHON = ROOT / ".nox" / "fast" / "bin" / "python"
GOAL = 1 / 3


def main() -> int:
    """Print the comparison; return 1 if a run went wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--faults", type=int, default=4)
    count = parser.parse_args().faults
    faults = [fault for fault in read_faults(find_project(ROOT)) if fault.tier == "fast"]
    rows = list(dict.fromkeys(fault.row for fault in faults))
    rows = rows[:: max(1, len(rows) // count)][:count]
    chosen = [fault for fault in faults if fault.row in rows]
    cold = sum(by_hand(fault) for fault in chosen)
    matrix = proof(rows)
    print(f"{os.cpu_count()} cores, {len(chosen)} faults of {len(rows)} rows, seconds")
    print(f"{'fault by fault':>15} {'proof':>8} {'ratio':>6}   goal")
    print(f"{cold:>15.1f} {matrix:>8.1f} {matrix / cold:>6.2f}   {GOAL:.2f}")
    return 0


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
    run([str(PYTHON), "-m", "runbook.prove", *rows], ROOT, expected=0)
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
    sys.exit(main())
