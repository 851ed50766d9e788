"""What the smoke of the hub costs an app: the tests, the script and the browser tier, over 3, 30 and 300 apps.

    .nox/hub-browser/bin/python benchmarks/hub.py            all of it but the browser tier
    .nox/hub-browser/bin/python benchmarks/hub.py --browser  the browser tier too, over 3 and 30

The apps are copies of one that the template makes. A cost an app is what the larger number takes beyond the
smaller one, so that start and boot, which are paid once, are not in it. The processor time is that of all
processes, Chromium's among them: shared by two cores, no app can take less than half of it.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "bin")]


from runbook.arguments import at_least_one
from runbook.browsers import find_browser
from runbook.documents.measured import RECORD, Table
from runbook.processes.processor import Cost, cost
from tests.hub.breaking import copy_as
from tests.hub.client import Client
from tests.hub.hub_process import TEST_PASSWORD, TEST_USER, HubProcess

Measured = Callable[[Path], None]

SIZES = (3, 30, 300)
BROWSER_SIZES = (3, 30)
PAGE_READS = 20


def main() -> None:
    """Measure, and print one table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument(
        "--rounds", type=at_least_one, default=2, help="the best of so many counts (%(default)s)"
    )
    parser.add_argument("--browser", action="store_true", help="measure the browser tier too")
    parser.add_argument(RECORD, action="store_true", help="keep the table for the documents")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="hub-benchmark-") as folder:
        apps = {size: make_apps(Path(folder) / str(size), size) for size in SIZES}
        page = page_ms(apps[max(SIZES)])
        rows = [
            ("the tests", 0.010, {size: best(tests, apps[size], options.rounds) for size in SIZES}),
            (
                "the script",
                0.15,
                {size: best(script, apps[size], options.rounds) for size in SIZES},
            ),
        ]
        if options.browser:
            took = {size: best(browser, apps[size], options.rounds) for size in BROWSER_SIZES}
            rows.append((f"the browser tier in {browser_name()}", 0.6, took))
    table = print_table(rows)
    table.add(
        "the portal's page", *["-"] * (len(SIZES) - 1), f"{page / 1000:.3f}", "-", "100 ms", "-"
    )
    if options.record:
        table.record(ROOT, "hub")


def make_apps(folder: Path, count: int) -> Path:
    """Make one app from the template and copies of it."""
    command = [sys.executable, "-m", "hub", "--apps", str(folder), "new-app", "--slug", "app-zero"]
    run([*command, "--name", "Some App"], HUB_PYTHON=sys.executable)
    for number in range(1, count):
        copy_as(folder / "app-zero", f"app-{number:03}", number)
    return folder


def best(measured: Measured, apps: Path, rounds: int) -> Cost:
    """Return the least that some rounds took."""
    taken = []
    for _ in range(rounds):
        with cost() as one:
            measured(apps)
        taken.append(one)
    return Cost(min(one.wall for one in taken), min(one.processor for one in taken))


def tests(apps: Path) -> None:
    """Run the fast tier as the session does."""
    run([sys.executable, "-m", "runbook.smoke", "--tier", "hub"], HUB_APPS=str(apps))


def script(apps: Path) -> None:
    """Run the five checks by curl and jq."""
    command = ["bash", str(ROOT / "bin" / "smoke-test.sh"), "--apps", str(apps), "--all"]
    run(command, HUB_PYTHON=sys.executable)


def browser(apps: Path) -> None:
    """Run the browser tier."""
    run([sys.executable, "-m", "runbook.smoke", "--tier", "hub-browser"], HUB_APPS=str(apps))


def browser_name() -> str:
    """Return which program the browser tier drives: a headless shell takes a third less than a whole Chromium."""
    found = find_browser()
    assert found is not None
    return Path(found.path).name


def run(command: list[str], **variables: str) -> None:
    """Run a command that must be green."""
    environment = os.environ | {"PYTHONPATH": str(ROOT / "bin")} | variables
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]


def page_ms(apps: Path) -> float:
    """Return the median milliseconds of the portal's page for somebody who is logged in."""
    times = []
    with HubProcess(apps) as hub, Client(hub.url) as client:
        reply = client.form(f"{hub.url}/login", {"login": TEST_USER, "password": TEST_PASSWORD})
        cookie = f"hub_session={reply.cookies['hub_session']}"
        for _ in range(PAGE_READS):
            started = time.perf_counter()
            shown = client.get(f"{hub.url}/", cookie=cookie)
            times.append((time.perf_counter() - started) * 1000)
    assert shown.text.count('class="tile-link"') == max(SIZES)
    return statistics.median(times)


def print_table(rows: list[tuple[str, float, dict[int, Cost]]]) -> Table:
    """Print seconds by number of apps, and the cost an app against its goal."""
    sizes = [f"{size} apps s" for size in SIZES]
    table = Table(["Smoke", *sizes, "ms an app", "Goal", "processor ms an app"]).begin()
    for name, goal, took in rows:
        few, many = min(took), max(took)
        more = (many - few) / 1000
        wall = (took[many].wall - took[few].wall) / more
        processor = (took[many].processor - took[few].processor) / more
        cells = [f"{took[size].wall:.2f}" if size in took else "-" for size in SIZES]
        table.add(name, *cells, f"{wall:.1f}", f"{goal * 1000:.0f}", f"{processor:.1f}")
    return table


if __name__ == "__main__":
    main()
