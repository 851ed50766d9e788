"""What the warm fast tier costs beside its floor: ``python benchmarks/inner_loop.py [--rounds N]``.

The floor is the same command, environment and plugin running one empty test. Each round runs floor and
smoke one after the other, so that what else the machine does weighs on both; the ratio is the median
of the rounds' ratios. The goal is at most 1.5.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
EMPTY = "benchmarks/floor/test_empty.py"
GOAL = 1.5
COMMANDS = {
    "bin/run_e2e_smoke.sh": (["bash", "bin/run_e2e_smoke.sh"], [EMPTY]),
    "bin/nox -s fast": (["bin/nox", "-s", "fast"], ["--", EMPTY]),
}


def main() -> int:
    """Print the table; return 1 if a command failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=9)
    rounds = parser.parse_args().rounds
    print(
        f"{os.cpu_count()} cores, Python {sys.version.split()[0]}, {rounds} paired rounds, seconds"
    )
    print(f"{'command':<22} {'floor':>7} {'smoke':>7} {'ratio':>7}   goal")
    for name, (command, empty) in COMMANDS.items():
        seconds(command)  # makes the environment where there is none, and warms the disk's cache
        pairs = [(seconds([*command, *empty]), seconds(command)) for _ in range(rounds)]
        floor, smoke = (min(column) for column in zip(*pairs, strict=True))
        ratio = statistics.median(full / bare for bare, full in pairs)
        print(f"{name:<22} {floor:>7.2f} {smoke:>7.2f} {ratio:>7.2f}   {GOAL}", flush=True)
    return 0


def seconds(command: list[str]) -> float:
    """Return the wall time of a command that must succeed, in seconds."""
    started = time.perf_counter()
    done = subprocess.run(
        command,
        cwd=ROOT,
        env=os.environ | {"E2E_BROWSER": "no"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    if done.returncode:
        sys.exit(f"{' '.join(command)} failed:\n{done.stdout.decode(errors='replace')}")
    return time.perf_counter() - started


if __name__ == "__main__":
    sys.exit(main())
