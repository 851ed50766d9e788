"""Standard streams whose other end is gone."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.runbook.support import ENGINE, engine_environment

SAY = (
    "import sys; from runbook.processes.standard_streams import say\n"
    "say('first', sys.stdout); sys.stdin.readline()\n"
    "say('second', sys.stdout); say('third', sys.stdout); print('went on', file=sys.stderr)"
)
NARRATE = (
    "import sys; from runbook.processes.standard_streams import narrate\n"
    "narrate('first'); sys.stdin.readline()\n"
    "narrate('second'); narrate('third'); print('went on')"
)


@pytest.mark.parametrize(
    ("code", "left", "kept"),
    [(SAY, "stdout", "stderr"), (NARRATE, "stderr", "stdout")],
    ids=["smoke | head -1", "rollback 2>&1 >log | head -1"],
)
def test_whoever_stops_reading_stops_nothing(code: str, left: str, kept: str) -> None:
    """The pipe is closed after the first line."""
    with subprocess.Popen(
        [sys.executable, "-c", code],
        env=engine_environment({"PYTHONPATH": str(ENGINE)}),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as child:
        closed, read = getattr(child, left), getattr(child, kept)
        assert child.stdin is not None
        assert "first\n" == closed.readline()
        closed.close()
        child.stdin.write("go on\n")
        child.stdin.close()

        assert "went on\n" == read.read()
        assert 0 == child.wait()
