"""Standard streams whose other end is gone."""

from __future__ import annotations

import subprocess
import sys

from tests.runbook.support import ENGINE, engine_environment


def test_whoever_stops_reading_stops_nothing() -> None:
    """As in ``smoke | head -1``: the pipe is closed after the first line."""
    code = (
        "import sys; from runbook.standard_streams import say\n"
        "say('first', sys.stdout); sys.stdin.readline()\n"
        "say('second', sys.stdout); say('third', sys.stdout); print('went on', file=sys.stderr)"
    )
    child = subprocess.Popen(
        [sys.executable, "-c", code],
        env=engine_environment({"PYTHONPATH": str(ENGINE)}),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert child.stdin is not None
    assert child.stdout is not None
    assert child.stderr is not None
    assert "first\n" == child.stdout.readline()
    child.stdout.close()
    child.stdin.write("go on\n")
    child.stdin.close()

    assert "went on\n" == child.stderr.read()
    assert 0 == child.wait()
    child.stderr.close()
