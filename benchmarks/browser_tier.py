"""What the browser tier costs beside one Chromium boot a test: ``python benchmarks/browser_tier.py [--rounds N]``.

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
PYTHON = ROOT / ".nox" / "browser" / "bin" / "python"
GOAL, GOAL_SECONDS = 0.4, 5.0
BOOT_PER_TEST = {"ENSEMBLE_BOOT_PER_TEST": "1"}


def main() -> int:
    """Print the table; return 1 if a run failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    rounds = parser.parse_args().rounds
    if not PYTHON.exists():
        sys.exit("error: there is no environment for it\n  next: bin/nox -s browser")
    print(
        f"{os.cpu_count()} cores, {rounds} paired rounds, seconds of wall time, load {load()} before"
    )
    seconds({})  # warms the disk's cache
    pairs = []
    print(f"{'round':>5} {'one boot':>9} {'a boot a test':>14} {'ratio':>6}")
    for number in range(1, rounds + 1):
        one, each = seconds({}), seconds(BOOT_PER_TEST)
        pairs.append((one, each))
        print(f"{number:>5} {one:>9.2f} {each:>14.2f} {one / each:>6.2f}", flush=True)
    ratio = statistics.median(one / each for one, each in pairs)
    best, other = (min(column) for column in zip(*pairs, strict=True))
    print(f"{'best':>5} {best:>9.2f} {other:>14.2f}")
    print(
        f"median ratio {ratio:.2f} (goal {GOAL}); best of the tier {best:.2f} s (goal {GOAL_SECONDS})"
    )
    print(f"load {load()} after")
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


def load() -> float:
    """Return how many processes wanted to run, on average over the last minute."""
    return round(os.getloadavg()[0], 1)


if __name__ == "__main__":
    sys.exit(main())
