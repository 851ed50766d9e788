"""What a run leaves behind: ``.runbook/runs/<id>/``."""

from __future__ import annotations

import fcntl
import os
from typing import TYPE_CHECKING, Any

from runbook.errors import EnvironmentNotReady
from runbook.json_files import read_lines, read_object, write_json
from runbook.state_folder import make_in

if TYPE_CHECKING:
    from pathlib import Path

    from runbook.runs.verdict import Event

KEEP = 50  # runs, the newest
PROOFS = "proofs"  # the folder of the records that name a run; see runbook.smoke.companions


class RunFolder:
    """The folder of one run.

    Attributes:
        id: What the lines call it, in hexadecimal.
        path: The folder.
        events: Where the plugin writes its events.
        log: What pytest printed.
        result: The run as one JSON object.

    The process that makes one holds a lock on it until it ends, by which `prune` knows that the run is not over.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.id = path.name
        self.events = path / "events.jsonl"
        self.log = path / "pytest.log"
        self.result = path / "result.json"

    @classmethod
    def make(cls, state: Path) -> RunFolder:
        """Make a new one under ``state``, which two runs at once can do safely.

        Raises:
            EnvironmentNotReady: The folder cannot be made.
        """
        try:
            folder = cls(_make_new(make_in(state, "runs")))
            _hold(folder.path)
        except OSError as error:
            raise EnvironmentNotReady(
                f"no run can be kept in {state / 'runs'}: {error.strerror}",
                next_step="free the place, or make the checkout writable",
            ) from error
        return folder

    def read_events(self) -> list[Event]:
        """Read the events; a line that is torn, of a process that was killed, is left out.

        That an event is lost is noticed by their number, see `runbook.runs.verdict.judge`.
        """
        return read_lines(self.events)

    def read_result(self) -> dict[str, Any]:
        """Read the run's JSON; empty where there is none."""
        return read_object(self.result)

    def write_result(self, result: dict[str, Any]) -> None:
        """Write the run's JSON."""
        write_json(self.result, result)


def prune(state: Path, *, keep: int = KEEP - 1) -> None:
    """Remove all but the newest ``keep`` runs: ``KEEP`` with that of the caller, which is not over.

    Those that still run, or prove a tier, are left alone.
    """
    over = [(time, path) for path in (state / "runs").iterdir() if (time := _time_of(path))]
    records = "".join(file.read_text(errors="replace") for file in (state / PROOFS).glob("*.json"))
    for _, path in sorted(over, reverse=True)[keep:]:
        if f'"{path.name}"' not in records:
            from shutil import rmtree  # noqa: PLC0415 - before pytest runs every import counts

            rmtree(path, ignore_errors=True)


def _make_new(runs: Path) -> Path:
    while True:
        path = runs / os.urandom(3).hex()
        try:
            path.mkdir()
        except FileExistsError:
            continue  # one in sixteen million
        return path


def _hold(folder: Path) -> None:
    """Lock a folder for as long as this process lives."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    fcntl.flock(descriptor, fcntl.LOCK_EX)


def _time_of(path: Path) -> int:
    """When a run ended in nanoseconds; 0 where it has not, or another run has just removed it."""
    try:
        return (path / "result.json").stat().st_mtime_ns
    except NotADirectoryError:
        return 0
    except FileNotFoundError:
        return _time_of_killed(path)


def _time_of_killed(path: Path) -> int:
    """When a run was begun that was killed before it could say how it ended; 0 where it still runs."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except FileNotFoundError:
        return 0
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return os.fstat(descriptor).st_mtime_ns
    except BlockingIOError:
        return 0
    finally:
        os.close(descriptor)
