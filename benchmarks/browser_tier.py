"""What the browser tier costs beside a boot a test: ``python benchmarks/browser_tier.py [--rounds N] [--record]``.

Both are the same command, environment, server and tests. The tier boots Chromium once, while pytest and
the server boot; the other boots Playwright and Chromium in every test, as suites do that make their own
browser. Each round runs both, one after the other, so that what else the machine does weighs on both;
the ratio is the median of the rounds' ratios. The goals are at most 0.4, and 5 s for the tier on an
idle machine of two cores.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "bin"))

from runbook.measured import RECORD, Table  # noqa: E402 - found through the line above

PYTHON = ROOT / ".nox" / "browser" / "bin" / "python"
GOAL, GOAL_SECONDS = 0.4, 5.0
BOOT_PER_TEST = {"ENSEMBLE_BOOT_PER_TEST": "1"}


def main() -> int:
    """Print the table; return 1 if a run failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument(RECORD, action="store_true", help="keep the table for the documents")
    options = parser.parse_args()
    if not PYTHON.exists():
        sys.exit("error: there is no environment for it\n  next: bin/nox -s browser")
    seconds({})  # warms the disk's cache
    pairs = []
    table = Table(["Round", "One boot s", "A boot a test s", "Ratio"]).begin()
    for number in range(1, options.rounds + 1):
        one, each = seconds({}), seconds(BOOT_PER_TEST)
        pairs.append((one, each))
        table.add(str(number), f"{one:.2f}", f"{each:.2f}", f"{one / each:.2f}")
    ratio = statistics.median(one / each for one, each in pairs)
    best, other = (min(column) for column in zip(*pairs, strict=True))
    table.add("best; median", f"{best:.2f}", f"{other:.2f}", f"{ratio:.2f}")
    table.add("goal", f"{GOAL_SECONDS:.2f}", "", f"{GOAL:.2f}")
    if options.record:
        table.record(ROOT, "browser-tier")
    return 0


def seconds(variables: dict[str, str]) -> float:
    """Return the wall time of a run that must be green, in seconds."""
    environment = os.environ | {"PYTHONPATH": str(ROOT / "bin")} | variables
    command = [str(PYTHON), "-m", "runbook.smoke", "--tier", "browser", "--json", "-"]
    started = time.perf_counter()
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    took = time.perf_counter() - started
    if done.returncode or json.loads(done.stdout)["verdict"] != "green":
        sys.exit(f"the tier is not green:\n{done.stderr}")
    return took


if __name__ == "__main__":
    sys.exit(main())
