"""End what a killed search has left running: ``python -m runbook.culprit.probes.guard FOLDER``.

It reads lines from standard input: ``+N`` a process group has started, ``-N`` it has ended. When the input closes,
which happens however the search ends, kill -9 included, it kills the groups that are left, who left them, and removes
FOLDER.

What the search itself ran for a moment, such as a checkout of git, is in no group and may go on writing. So may what
leads a session of its own and was asked to end, such as a pytest that keeps its cache: it makes the folder again. Hence
a guard whose owner did not say ``CLOSED`` stays for a while.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import stat
import sys
import time
from pathlib import Path

if __name__ == "__main__":  # as a file, which starts in half the time
    sys.path.append(str(Path(__file__).parents[3]))

from runbook.processes import descendants

LOCK = "owner.lock"  # of a folder; held for as long as its owner lives
CLOSED = ".\n"  # the owner's last word where it was not killed: nobody is left who writes
_RETURNS = 15.0  # seconds in which a folder may come back: three times what a keeper gives its command to end
_PATIENCE = 60.0  # seconds for whoever still writes; the next start does what is left
_PAUSE = 0.05


def delete(place: Path) -> None:
    """Remove a folder, a file or a link, as far as that can be done, what was made read-only in a folder included."""
    with contextlib.suppress(OSError):
        place.unlink()
    shutil.rmtree(place, ignore_errors=True)
    if place.is_dir():
        _open_up(place)
        shutil.rmtree(place, ignore_errors=True)


def _open_up(folder: Path) -> None:
    """Let the owner into a folder and all that are in it, each before it is read."""
    with contextlib.suppress(OSError):
        folder.chmod(stat.S_IRWXU)
    for inside, names, _ in os.walk(folder):
        for place in (Path(inside, name) for name in names):
            if not place.is_symlink():
                with contextlib.suppress(OSError):
                    place.chmod(stat.S_IRWXU)


def remove(folder: Path) -> bool:
    """Remove a folder, its lock last: as long as anything is left, the next start knows that it is nobody's.

    Returns:
        Whether it is gone; else somebody still writes into it.
    """
    with contextlib.suppress(FileNotFoundError):
        for place in _others(folder):
            delete(place)
        if _others(folder):
            return False
        shutil.rmtree(folder, ignore_errors=True)
        if folder.exists():  # something came between the two
            (folder / LOCK).touch()
            return False
    return True


def _others(folder: Path) -> list[Path]:
    return [place for place in folder.iterdir() if place.name != LOCK]


def main(folder: str) -> None:
    """Watch until standard input closes, then clean up."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    groups: set[int] = set()
    was_killed = True
    for line in sys.stdin:
        if line == CLOSED:
            was_killed = False
        elif line[0] == "+":
            groups.add(int(line[1:]))
        else:
            groups.discard(int(line[1:]))
    for group in groups:
        descendants.end_group(group)
    descendants.end_marked(folder)
    now = time.monotonic()
    earliest, latest = now + _RETURNS * was_killed, now + _PATIENCE
    while not (remove(Path(folder)) and time.monotonic() >= earliest) and time.monotonic() < latest:
        time.sleep(_PAUSE)


if __name__ == "__main__":
    main(sys.argv[1])
