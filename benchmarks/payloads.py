"""What the published payloads cost: ``.nox/payloads/bin/python benchmarks/payloads.py [--rounds N] [--record]``.

Each round runs `nox -s fast` twice: while a run of the same content proves the payloads, and when its record was
thrown away, as a change of what makes the pages does. The hub stays proved. What parser and judgement take of that is
measured in processes of their own, which have done nothing of the kind before, on pages that are rendered by then.
The goal of 0.1 s is for these two; see `docs/architecture/benchmarks.md`.
"""

from __future__ import annotations

import argparse
import gc
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "bin")]

from runbook.arguments import at_least_one
from runbook.documents.measured import RECORD, Table, seconds
from tests.payloads import rendering, test_payloads

GOAL = 0.1
PROOF = ROOT / ".runbook" / "proofs" / "payloads.json"
SMOKE = ["bin/nox", "-s", "fast"]
_JUDGE = "--judge"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=at_least_one, default=9)
    parser.add_argument(RECORD, action="store_true", help="keep the table for the documents")
    parser.add_argument(_JUDGE, action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.judge:
        print(judge())
        return
    table = Table(["What", "Seconds", "Goal"]).begin()
    smoked()  # proves all that goes with it, and warms the disk's cache
    pairs = [(smoked(), smoked(is_proved=False)) for _ in range(options.rounds)]
    proved, unproved = (statistics.median(column) for column in zip(*pairs, strict=True))
    added = statistics.median(after - before for before, after in pairs)
    table.add("`nox -s fast`, the payloads proved", f"{proved:.2f}", "")
    table.add("`nox -s fast`, the payloads not proved", f"{unproved:.2f}", "")
    table.add("what that adds: start, render, judge", f"{added:.2f}", "")
    judged = statistics.median(judged_apart() for _ in range(options.rounds))
    table.add("of it to parse and judge the pages", f"{judged:.3f}", str(GOAL))
    if options.record:
        table.record(ROOT, "payloads")


def smoked(*, is_proved: bool = True) -> float:
    """Return the wall time of a smoke, in seconds."""
    if not is_proved:
        PROOF.unlink()
    return seconds(SMOKE, root=ROOT, environment=os.environ | {"E2E_BROWSER": "no"})


def judged_apart() -> float:
    """Have a process of its own judge the pages; return how long it took, in seconds."""
    command = [sys.executable, __file__, _JUDGE]
    told = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    return float(told.stdout)


def judge() -> float:
    """Parse the pages and hold them against all that is expected; return how long that takes, in seconds."""
    wanted, rendered = rendering.wanted(), rendering.pages()
    gc.freeze()  # as the engine's plugin has pytest do
    started = time.perf_counter()
    pages = test_payloads.parsed(wanted, rendered)
    test_payloads.test_payloads_are_text_on_canvas_pages(pages)
    test_payloads.test_payloads_are_no_addresses(pages)
    test_payloads.test_payloads_are_text_on_cards(pages)
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
