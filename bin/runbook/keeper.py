"""Keep one process and one folder no longer than their owner lives.

``python keeper.py --remove DIR [--grace SECONDS] -- COMMAND...`` starts COMMAND and waits. When its own standard
input closes, which happens however the owner ends, kill -9 included, it ends the command and removes
DIR. It leads a session of its own, so that a signal to the owner's process group does not reach it.
The command's standard output stays open only as long as the command lives: end of file tells its death.

It stands on the critical path of every smoke: it imports no more than it needs to start the command.
"""

from __future__ import annotations

import os
import select
import signal
import sys
import time

GRACE_SECONDS = 5.0  # between asking the command to end and ending it; 0 does not ask
_IGNORED = (signal.SIGINT, signal.SIGHUP, signal.SIGTERM)  # only the owner's end ends the keeper


def main(arguments: list[str]) -> int:
    """Keep the command until standard input closes, then clean up."""
    separator = arguments.index("--")
    options = list(zip(arguments[:separator:2], arguments[1:separator:2], strict=True))
    folders = [value for name, value in options if name == "--remove"]
    grace = next((float(value) for name, value in options if name == "--grace"), GRACE_SECONDS)
    children = _watch_children()
    for number in _IGNORED:
        signal.signal(number, signal.SIG_IGN)
    command = arguments[separator + 1 :]
    try:
        child = os.posix_spawnp(command[0], command, os.environ, setsigdef=_IGNORED, setpgroup=0)
    except OSError as error:
        for folder in folders:
            _remove(folder)
        sys.exit(f"error: {command[0]} cannot be started: {error.strerror}")
    os.close(1)
    _wait_for_owner(children)
    _end(child, children, grace)
    for folder in folders:
        _remove(folder)
    return 0


def _watch_children() -> int:
    """Return a descriptor that becomes readable when a child ends."""
    readable, writable = os.pipe()
    os.set_blocking(writable, False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(writable, warn_on_full_buffer=False)
    return readable


def _wait_for_owner(children: int) -> None:
    while True:
        ready, _, _ = select.select([0, children], [], [])
        if children in ready:
            os.read(children, 4096)
        if 0 in ready and not os.read(0, 4096):
            return


def _end(child: int, children: int, grace: float) -> None:
    """Ask the command to end, then end it with whatever it has itself started."""
    _signal_group(child, signal.SIGTERM if grace else signal.SIGKILL)
    deadline = time.monotonic() + grace
    while not os.waitpid(child, os.WNOHANG)[0]:
        left = deadline - time.monotonic()
        if left <= 0:
            _signal_group(child, signal.SIGKILL)
            os.waitpid(child, 0)
            return
        if select.select([children], [], [], left)[0]:
            os.read(children, 4096)
    _signal_group(child, signal.SIGKILL)


def _signal_group(leader: int, number: int) -> None:
    try:  # noqa: SIM105
        os.killpg(leader, number)
    except (ProcessLookupError, PermissionError):
        pass  # nobody is left in it; macOS says so by EPERM


def _remove(path: str, *, is_folder: bool = True) -> None:
    """Remove a file or a folder with all in it, as far as that can be; of a link, the link.

    shutil's would import three compressors while the engine waits for the end.
    """
    try:
        for entry in os.scandir(path) if is_folder else ():
            _remove(entry.path, is_folder=entry.is_dir(follow_symlinks=False))
        (os.rmdir if is_folder else os.unlink)(path)
    except OSError:  # contextlib is one more import
        pass


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
