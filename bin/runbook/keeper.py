"""Keep one process and one folder no longer than their owner lives.

``python keeper.py --remove DIR [--grace SECONDS] -- COMMAND...`` starts COMMAND and waits. When its own standard
input closes, which happens however the owner ends, kill -9 included, it ends the command with all that it has started,
and removes DIR. It leads a session of its own, so that a signal to the owner's process group does not reach it.
The command's standard output stays open only as long as the command lives: end of file tells its death.

It stands on the critical path of every smoke: it imports no more than it needs to start the command.
"""

from __future__ import annotations

import errno
import os
import select
import signal
import sys
import time

if __name__ == "__main__":  # as a file, see `_become_keeper`
    sys.path.append(os.path.dirname(os.path.dirname(__file__)))  # noqa: PTH120 - pathlib takes long to import

from runbook.processes.descendants import end_marked, marked, signal_group

TYPE_CHECKING = False  # of typing, which takes longer to import than the rest
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import NoReturn

GRACE_SECONDS = 5.0  # between asking the command to end and ending it; 0 does not ask
_STARTED = "--started"  # with the id of the command's process, where it is there already
_MARK = "--mark"  # with what that one is marked by
_MADE = b"0000"  # what a forked keeper says first, where it has something to make: the number of the error
_YIELDING = 10  # a keeper's niceness: what it keeps, and who waits for that, come first
_IGNORED = (signal.SIGINT, signal.SIGHUP, signal.SIGTERM)  # only the owner's end ends the keeper


def main(arguments: list[str]) -> int:
    """Keep the command until standard input closes, then clean up."""
    separator = arguments.index("--")
    folders = _options(arguments, "--remove")
    grace = float(next(iter(_options(arguments, "--grace")), GRACE_SECONDS))
    children = _watch_children()
    child = int(next(iter(_options(arguments, _STARTED)), 0))
    mark = next(iter(_options(arguments, _MARK)), "") or _new_mark()
    try:
        child = child or _start(arguments[separator + 1 :], mark)
    except OSError as error:
        for folder in folders:
            _remove(folder)
        sys.exit(f"error: {arguments[separator + 1]} cannot be started: {error.strerror}")
    os.close(1)
    _wait_for_owner(children)
    _end(child, children, grace)
    end_marked(mark)
    for folder in folders:
        _remove(folder)
    return 0


def _new_mark() -> str:
    return f"/keeper/{os.getpid()}/{time.monotonic_ns()}"


def _start(command: list[str], mark: str) -> int:
    """Start the command, leading a group of its own; from now on only the owner's end ends this process."""
    for number in _IGNORED:
        signal.signal(number, signal.SIG_IGN)
    environment = marked(os.environ, mark)
    return os.posix_spawnp(command[0], command, environment, setsigdef=_IGNORED, setpgroup=0)


def keeper_command(*arguments: str) -> list[str]:
    """Return what to start as a keeper: the file and not its module, in half the time with neither site nor package.

    Args:
        arguments: As on the command line.
    """
    return [sys.executable, "-I", "-S", __file__, *arguments]


def fork_keeper(
    arguments: list[str], *, environment: dict[str, str], errors: int | Callable[[], int]
) -> tuple[int, int, int]:
    """Start the command from a fork of this process, which then becomes its keeper.

    The command need not wait until the keeper's Python has started, which takes longer than all else it does.

    Args:
        arguments: As on the command line.
        environment: All that the command has.
        errors: The descriptor that gets what keeper and command print on standard error; or what returns it, and
            makes what is removed in the end: the keeper calls that, so that no end of this process leaves it behind.

    Returns:
        The keeper's process id; a descriptor to close in the end; and one to read the command's output from.

    Raises:
        OSError: ``errors`` could not make it; nothing is left of it.
    """
    lifeline, ours = os.pipe()
    output, its = os.pipe()
    keeper = os.fork()
    if not keeper:
        _become_keeper(arguments, environment, errors, streams=(lifeline, its))
    os.close(lifeline)
    os.close(its)
    if callable(errors) and (number := int(os.read(output, len(_MADE)) or errno.EIO)):
        os.close(ours)
        os.close(output)
        os.waitpid(keeper, 0)
        raise OSError(number, os.strerror(number))
    return keeper, ours, output


def _become_keeper(
    arguments: list[str],
    environment: dict[str, str],
    errors: int | Callable[[], int],
    *,
    streams: tuple[int, int],
) -> NoReturn:
    """Start the command in this forked process, and go on as a keeper of it that has nothing of its owner's."""
    try:
        os.setsid()
        if callable(errors):
            errors = _make(errors, _options(arguments, "--remove"), streams[1])
        for number, stream in enumerate((*streams, errors)):
            os.dup2(stream, number)
        os.closerange(3, os.sysconf("SC_OPEN_MAX"))
        os.environ.clear()
        os.environ.update(environment)
        mark = _new_mark()
        started = [_MARK, mark]
        try:  # noqa: SIM105 - contextlib is one more import
            started += [_STARTED, str(_start(arguments[arguments.index("--") + 1 :], mark))]
        except OSError:
            pass  # the keeper tries once more, and says why
        os.nice(_YIELDING)
        keeper = keeper_command(*started, *arguments)
        os.execv(keeper[0], keeper)  # noqa: S606 - no shell is wanted
    finally:
        os._exit(1)


def _make(make: Callable[[], int], folders: list[str], told: int) -> int:
    """Make what is kept, where no signal to the owner's group comes any more, and tell the owner what came of it."""
    try:
        errors = make()
        os.write(told, _MADE)
    except OSError as error:
        for folder in folders:
            _remove(folder)
        os.write(told, f"{error.errno:04}".encode())
        raise
    return errors


def _options(arguments: list[str], name: str) -> list[str]:
    """Return the values of an option, each that is there."""
    before = arguments[: arguments.index("--")]
    return [
        value for option, value in zip(before[::2], before[1::2], strict=True) if option == name
    ]


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
    signal_group(child, signal.SIGTERM if grace else signal.SIGKILL)
    deadline = time.monotonic() + grace
    while not os.waitpid(child, os.WNOHANG)[0]:
        left = deadline - time.monotonic()
        if left <= 0:
            signal_group(child, signal.SIGKILL)
            os.waitpid(child, 0)
            return
        if select.select([children], [], [], left)[0]:
            os.read(children, 4096)
    signal_group(child, signal.SIGKILL)


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
    os._exit(main(sys.argv[1:]))
