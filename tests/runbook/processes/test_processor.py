"""What a command takes, to the last of its processes."""

from __future__ import annotations

import os
import subprocess
import sys

from runbook.processes.processor import cost
from tests.runbook.support import ENGINE

BUSY = "import time\nwhile time.process_time() < 0.3: pass"
LEAVES_ITS_CHILD = f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {BUSY!r}])"


def test_the_time_of_a_process_is_counted() -> None:
    with cost() as taken:
        subprocess.run([sys.executable, "-c", BUSY], check=True)

    assert taken.processor >= 0.3
    assert taken.wall > 0


def test_the_time_of_an_orphan_is_counted() -> None:
    """Linux alone gives it to this process; the measuring is in one of its own, whose children are all its own."""
    measure = (
        "import subprocess, sys\nfrom runbook.processes.processor import cost\nwith cost() as taken:\n"
        f"    subprocess.run([sys.executable, '-c', {LEAVES_ITS_CHILD!r}], check=True)\n"
        "print(taken.processor)"
    )
    environment = os.environ | {"PYTHONPATH": str(ENGINE)}
    said = subprocess.run(
        [sys.executable, "-c", measure], env=environment, check=True, capture_output=True, text=True
    ).stdout

    assert (sys.platform == "linux") == (float(said) >= 0.3)
