"""What trust adds to the warm fast tier: ``python benchmarks/trust.py [--rounds N] [--record]``.

The same tests in the same environment, once by pytest without the engine's plugin and once by the engine, which
has its events, controls, verdict and evidence besides. Both start the server before pytest, as the tier does, so that
neither has a lead. Each round runs one after the other, the first in turn; the ratio is the median of the rounds'
ratios. The goal is at most 1.10.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "bin"))

from runbook.arguments import at_least_one
from runbook.documents.measured import RECORD, Table, seconds

PYTHON = ROOT / ".nox" / "fast" / "bin" / "python"
GOAL = 1.10
MARKER = "markers=runbook: a row"  # which the plugin would have registered


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=at_least_one, default=9)
    parser.add_argument(RECORD, action="store_true", help="keep the table for the documents")
    options = parser.parse_args()
    tier = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["runbook"]["tiers"]["fast"]
    bare = ["runbook.in_pytest.early", tier["before"], "-q"]
    bare += ["-p", "no:runbook.plugin", "-o", MARKER]
    bare += tier["tests"]
    engine = ["runbook.smoke", "--tier", "fast"]
    subprocess.run(["bin/nox", "-s", "fast"], cwd=ROOT, capture_output=True, check=True)
    for command in (bare, engine):  # each has caches of its own
        timed(command)
    pairs = [pair(bare, engine, is_bare_first=bool(turn % 2)) for turn in range(options.rounds)]
    least = [min(column) for column in zip(*pairs, strict=True)]
    ratio = statistics.median(whole / plain for plain, whole in pairs)
    table = Table(["Bare pytest s", "Engine s", "Median ratio", "Goal"]).begin()
    table.add(*(f"{each:.2f}" for each in (*least, ratio, GOAL)))
    if options.record:
        table.record(ROOT, "trust")


def pair(bare: list[str], engine: list[str], *, is_bare_first: bool) -> tuple[float, float]:
    """Time both, one after the other."""
    if is_bare_first:
        plain = timed(bare)
        return plain, timed(engine)
    whole = timed(engine)
    return timed(bare), whole


def timed(module: list[str]) -> float:
    """Return the wall time of a module in the environment of the fast tier."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTEST_ADDOPTS"}
    environment |= {"PYTHONPATH": str(ROOT / "bin"), "PYTHONDONTWRITEBYTECODE": ""}
    return seconds([PYTHON, "-m", *module], root=ROOT, environment=environment)


if __name__ == "__main__":
    main()
