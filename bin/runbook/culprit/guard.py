"""End what a killed search has left running: ``python -m runbook.culprit.guard FOLDER``.

It reads lines from standard input: ``+N`` a process group has started, ``-N`` it has ended. When the input closes,
which happens however the search ends, kill -9 included, it kills the groups that are left and removes FOLDER.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import sys


def main(folder: str) -> None:
    """Watch until standard input closes, then clean up."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    groups: set[int] = set()
    for line in sys.stdin:
        group = int(line[1:])
        if line[0] == "+":
            groups.add(group)
        else:
            groups.discard(group)
    for group in groups:
        with contextlib.suppress(
            ProcessLookupError, PermissionError
        ):  # gone; macOS says so by EPERM
            os.killpg(group, signal.SIGKILL)
    shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main(sys.argv[1])
