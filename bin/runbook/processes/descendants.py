"""End all that a command has started, what left its process group included.

A process that calls ``setsid``, as every daemon does, is in no group of the command's, and once its parent has ended
nothing leads from the one to the other. What is left is the environment, which each process hands on to those that
it starts: a variable in it holds the marks of all on whose behalf it runs. Only Linux shows it; elsewhere, and of
who clears its environment, no more is ended than the group.

A keeper imports this before it starts anything: it imports no more than it needs.
"""

from __future__ import annotations

import os
import select
import signal
import sys

TYPE_CHECKING = False  # of typing, which takes longer to import than the rest
if TYPE_CHECKING:
    from collections.abc import Mapping

VARIABLE = "RUNBOOK_ON_BEHALF_OF"  # marks between colons, the innermost last
# After which a process that was killed hangs in the kernel, and is not waited for.
_DEATH_SECONDS = 5.0
_MOST_ROUNDS = 100  # of looking for those that were started meanwhile


def marked(environment: Mapping[str, str], mark: str) -> dict[str, str]:
    """Return an environment by which a process, and all that it starts, is found again.

    Args:
        environment: What the process gets besides; marks that it has already are kept.
        mark: A path that nobody else uses. Who is marked by a path below it is found by it, too.
    """
    return {**environment, VARIABLE: f"{environment.get(VARIABLE, ':')}{mark}:"}


def end_all(leader: int, mark: str) -> None:
    """Kill a process group, and whoever left it.

    Args:
        leader: The process that leads the group.
        mark: What it was marked by when it was started.
    """
    end_group(leader)
    end_marked(mark)


def end_group(leader: int) -> None:
    """Kill a process group, if anybody is left in it."""
    signal_group(leader, signal.SIGKILL)


def signal_group(leader: int, number: int) -> None:
    """Send a signal to a process group, if anybody is left in it."""
    try:  # noqa: SIM105 - contextlib takes longer to import than the rest
        os.killpg(leader, number)
    except (ProcessLookupError, PermissionError):
        pass  # nobody is left in it; macOS says so by EPERM


def end_marked(mark: str) -> None:
    """Kill every process that is marked, but for this one, until none is left; nothing where that cannot be known."""
    if sys.platform != "linux":
        return
    for _ in range(_MOST_ROUNDS):
        names = [entry.name for entry in os.scandir("/proc")]
        others = [int(name) for name in names if name.isdigit() and int(name) != os.getpid()]
        if not sum(_end_if_marked(each, mark) for each in others):
            return


def _end_if_marked(process: int, mark: str) -> bool:
    """Kill a process if it is marked; return whether it was.

    Its descriptor is opened before it is looked at, so that the signal meets no other that gets its number meanwhile.
    """
    if not _is_marked(process, mark):
        return False
    try:
        descriptor = os.pidfd_open(process)
    except OSError:  # it has ended
        return False
    try:
        if not _is_marked(process, mark):
            return False
        signal.pidfd_send_signal(descriptor, signal.SIGKILL)
        return bool(select.select([descriptor], [], [], _DEATH_SECONDS)[0])
    except OSError:
        return False
    finally:
        os.close(descriptor)


def _is_marked(process: int, mark: str) -> bool:
    try:
        with open(f"/proc/{process}/environ", "rb") as file:  # noqa: PTH123 - pathlib takes long to import
            environment = file.read()
    except OSError:  # it has ended, or is somebody else's
        return False
    name, wanted = f"{VARIABLE}=".encode(), os.fsencode(mark)
    values = [entry for entry in environment.split(b"\0") if entry.startswith(name)]
    return any(b":%b%b" % (wanted, end) in value for value in values for end in (b":", b"/"))
