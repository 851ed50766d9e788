"""What the warm fast tier costs beside its floor: ``python benchmarks/inner_loop.py [--rounds N] [--record]``.

The floor is the same command, environment and plugin running one empty test. Each round runs floor and
smoke one after the other, so that what else the machine does weighs on both; the ratio is the median
of the rounds' ratios. The goal is at most 1.5.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "bin"))

from runbook.arguments import at_least_one
from runbook.documents.measured import RECORD, Table, seconds

EMPTY = "benchmarks/floor/test_empty.py"
GOAL = 1.5
COMMANDS = {
    "bin/run_e2e_smoke.sh": (["bash", "bin/run_e2e_smoke.sh"], [EMPTY]),
    "bin/nox -s fast": (["bin/nox", "-s", "fast"], ["--", EMPTY]),
}


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=at_least_one, default=9)
    parser.add_argument(RECORD, action="store_true", help="keep the table for the documents")
    options = parser.parse_args()
    table = Table(["Command", "Floor s", "Smoke s", "Median ratio", "Goal"]).begin()
    for name, (command, empty) in COMMANDS.items():
        timed(command)  # makes the environment where there is none, and warms the disk's cache
        pairs = [(timed([*command, *empty]), timed(command)) for _ in range(options.rounds)]
        floor, smoke = (min(column) for column in zip(*pairs, strict=True))
        ratio = statistics.median(full / bare for bare, full in pairs)
        table.add(f"`{name}`", f"{floor:.2f}", f"{smoke:.2f}", f"{ratio:.2f}", str(GOAL))
    if options.record:
        table.record(ROOT, "inner-loop")


def timed(command: list[str]) -> float:
    """Return the wall time of a command, without a browser."""
    return seconds(command, root=ROOT, environment=os.environ | {"E2E_BROWSER": "no"})


if __name__ == "__main__":
    main()
