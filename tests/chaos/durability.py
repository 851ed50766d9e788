"""Reads from a trace of system calls what a loss of power could undo: pure."""

from __future__ import annotations

import re
from pathlib import Path

_CALL = re.compile(r"^\d+ +(?P<name>\w+)\((?P<rest>.*)$")
_DESCRIPTOR = re.compile(r"^\d+<(?P<path>[^>]*)>")
_RENAME = re.compile(r'"(?P<old>[^"]*)"[^"]*"(?P<new>[^"]*)"')
_WRITES = {"write", "pwrite64", "writev", "ftruncate"}
_SYNCS = {"fsync", "fdatasync"}


class Ledger:
    """What has been changed below a folder and is not on the disk yet.

    Attributes:
        problems: A line for each loose end that was found.
        checked: How many writes and renames were looked at.

    Args:
        root: The folder; what SQLite rebuilds by itself (``-shm``) need not survive.
    """

    def __init__(self, root: str) -> None:
        self.problems: list[str] = []
        self.checked = 0
        self._root = root
        self._loose: dict[str, str] = {}

    def write(self, path: str) -> None:
        """Bytes were written."""
        if path.startswith(self._root) and not path.endswith("-shm"):
            self._loose[path] = "unsynced bytes in"
            self.checked += 1

    def sync(self, path: str) -> None:
        """A file, or the names in a folder, were brought to the disk."""
        self._loose.pop(path, None)

    def rename(self, old: str, new: str) -> None:
        """A file was put in the place of another."""
        if old in self._loose:
            self.problems.append(f"{old} was renamed before its bytes were synced")
        self._loose[str(Path(new).parent)] = "unsynced names in"
        self.checked += 1

    def acknowledge(self) -> None:
        """The change was said to be durable."""
        self.problems += [f"{what} {path}" for path, what in self._loose.items()]


def loose_ends(trace: str, root: str) -> Ledger:
    """Replay one step up to its acknowledgement.

    Args:
        trace: What strace saw, with the paths of descriptors.
        root: The folder whose files must survive.
    """
    ledger = Ledger(root)
    for line in trace.splitlines():
        call = _CALL.match(line)
        if call is None:
            continue
        if call["name"] == "write" and '"ack ' in call["rest"]:
            ledger.acknowledge()
            return ledger
        _replay(ledger, call["name"], call["rest"])
    ledger.problems.append("nothing was acknowledged")
    return ledger


def _replay(ledger: Ledger, name: str, rest: str) -> None:
    descriptor = _DESCRIPTOR.match(rest)
    if descriptor and name in _WRITES:
        ledger.write(descriptor["path"])
    elif descriptor and name in _SYNCS:
        ledger.sync(descriptor["path"])
    elif name.startswith("rename") and (names := _RENAME.search(rest)):
        ledger.rename(names["old"], names["new"])
