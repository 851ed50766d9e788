"""What the browser tier costs beside a boot a test: ``python benchmarks/browser_tier.py [--rounds N] [--record]``.

Both are the same command, environment, server and tests. The tier boots Playwright's driver and Chromium
once, Chromium while pytest and the server boot; the other boots both in every test, as suites do that
make their own browser. The server is booted once in both, though such suites often boot that, too: the
comparison is the hardest for the tier. Each round runs both, one after the other, so that what else the
machine does weighs on both; the ratio is the median of the rounds' ratios. The goals are at most 0.4, and
5 s for the tier on an idle machine of two cores.

The processor time is that of all processes of a run, Chromium's among them, to the last. On a machine that
others use too it says more than the clock.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "bin"))

from runbook.arguments import at_least_one
from runbook.documents.measured import RECORD, Table
from runbook.processes.processor import Cost, cost

if TYPE_CHECKING:
    from collections.abc import Sequence

PYTHON = ROOT / ".nox" / "browser" / "bin" / "python"
GOAL, GOAL_SECONDS = 0.4, 5.0
BOOT_PER_TEST = {"ENSEMBLE_BOOT_PER_TEST": "1"}
HEAD = [
    *("Round", "One boot s", "A boot a test s", "Ratio"),
    *("processor s", "processor s, a boot a test", "Ratio by processor"),
]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=at_least_one, default=7)
    parser.add_argument(RECORD, action="store_true", help="keep the table for the documents")
    options = parser.parse_args()
    if not PYTHON.exists():
        sys.exit("error: there is no environment for it\n  next: bin/nox -s browser")
    cost_of_tier({})  # warms the disk's cache
    pairs = []
    table = Table(HEAD).begin()
    for number in range(1, options.rounds + 1):
        one, each = cost_of_tier({}), cost_of_tier(BOOT_PER_TEST)
        pairs.append((one, each))
        table.add(str(number), *compared(one, each))
    table.add("best; median", *summed_up(pairs))
    table.add("goal", f"{GOAL_SECONDS:.2f}", "", f"{GOAL:.2f}", "", "", "")
    if options.record:
        table.record(ROOT, "browser-tier")


def summed_up(pairs: Sequence[tuple[Cost, Cost]]) -> list[str]:
    """Return the cells of all rounds: the least of each cost, and the medians of the rounds' ratios."""
    best = [
        Cost(min(run.wall for run in runs), min(run.processor for run in runs))
        for runs in zip(*pairs, strict=True)
    ]
    cells = list(compared(*best))
    cells[2] = f"{statistics.median(one.wall / each.wall for one, each in pairs):.2f}"
    cells[5] = f"{statistics.median(one.processor / each.processor for one, each in pairs):.2f}"
    return cells


def compared(one: Cost, each: Cost) -> tuple[str, ...]:
    """Return the cells of a pair of runs: by the clock, then by the processor."""
    pairs = ((one.wall, each.wall), (one.processor, each.processor))
    return tuple(
        f"{figure:.2f}" for ours, theirs in pairs for figure in (ours, theirs, ours / theirs)
    )


def cost_of_tier(variables: dict[str, str]) -> Cost:
    """Return what a run takes that must be green."""
    environment = os.environ | {"PYTHONPATH": str(ROOT / "bin")} | variables
    command = [str(PYTHON), "-m", "runbook.smoke", "--tier", "browser", "--json", "-"]
    with cost() as taken:
        done = subprocess.run(
            command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
        )
    if done.returncode or json.loads(done.stdout)["verdict"] != "green":
        sys.exit(f"the tier is not green:\n{done.stderr}")
    return taken


if __name__ == "__main__":
    main()
