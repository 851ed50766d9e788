"""What is kept of procedures: the journal of a plan, by which it is resumed, and the audit of all of them.

Under ``.runbook``: ``audit.jsonl`` has one line for each step that ended, for ever; ``steps/<digest>.jsonl`` has how
far one plan was carried out.
"""

from __future__ import annotations

import errno
import fcntl
import getpass
import hashlib
import json
import os
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from runbook.errors import EnvironmentNotReady
from runbook.json_files import read_lines
from runbook.procedures.steps import Outcome, Refused
from runbook.state_folder import make_in

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from runbook.procedures.steps import Plan, Step

AUDIT = "audit.jsonl"  # in the project's state folder
_KEEP = 50  # journals, the newest

Facts = dict[str, Any]  # what a step found out or made; JSON


@dataclass(frozen=True, slots=True)
class Done:
    """What an action did.

    Attributes:
        said: One line for a person.
        facts: What later steps and reports need.
        made: The name of what it made, a commit for instance; the audit keeps it.
        outcome: Ok, nothing-to-do or not-selected.
        is_last: Whether the goal is reached: what follows is not selected.
    """

    said: str = ""
    facts: Facts = field(default_factory=dict)
    made: str = ""
    outcome: Outcome = Outcome.OK
    is_last: bool = False


@dataclass(slots=True)
class Ended:
    """How far a plan was carried out.

    Attributes:
        plan: The plan.
        outcomes: Of each step that was reached, by name.
        facts: Of each step that ended well, by name.
        is_over: Whether one of them reached the goal, so that those after it are not selected.
    """

    plan: Plan
    outcomes: dict[str, Outcome] = field(default_factory=dict)
    facts: dict[str, Facts] = field(default_factory=dict)
    is_over: bool = False

    def as_json(self) -> dict[str, Any]:
        """Return the outcomes with stable keys."""
        return {
            "plan": self.plan.digest,
            "steps": [
                {"name": step.name, "outcome": self.outcomes.get(step.name)}
                for step in self.plan.steps
            ],
        }


@dataclass(frozen=True, slots=True)
class _Span:
    """A step that has begun: seconds since the epoch, and of the monotonic clock."""

    step: Step
    wall: float
    monotonic: float


class Journal:
    """The journal of one plan, and the audit of all.

    Args:
        state: The project's ``.runbook``.
        plan: The plan.
    """

    def __init__(self, state: Path, plan: Plan) -> None:
        self._state = state
        self._plan = plan
        self._file = state / "steps" / f"{plan.digest[:16]}.jsonl"
        self._audit = state / AUDIT

    def read(self) -> Ended:
        """Return how far the plan was carried out when it was last begun."""
        ended = Ended(self._plan)
        for entry in read_lines(self._file):
            name = entry["step"]
            ended.outcomes[name] = Outcome(entry["outcome"])
            ended.facts[name] = entry.get("facts", {})
            ended.is_over |= entry.get("is_last", False)
        return ended

    @contextmanager
    def only_one(self) -> Iterator[None]:
        """Keep a second process from carrying out the same plan at the same time.

        Raises:
            Refused: Another one does.
        """
        guard = self._file.with_suffix(".lock")
        with _writing(guard):
            guard.parent.mkdir(parents=True, exist_ok=True)
            make_in(self._state)
            descriptor = os.open(guard, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            os.close(descriptor)
            raise Refused(
                f"another process is carrying out this very plan, {self._plan.digest[:12]}",
                next_step="wait for it, then run this again",
            ) from error
        try:
            yield
        finally:
            os.close(descriptor)

    def begin(self, step: Step) -> _Span:
        """Note that a step has begun: until its end is noted, what became of it is unknown."""
        if step is self._plan.steps[0]:
            with _writing(self._file):
                self._file.unlink(missing_ok=True)
            self._prune()
        append_line(self._file, {"step": step.name, "outcome": Outcome.UNKNOWN})
        return _Span(step, time.time(), time.monotonic())

    def end(self, span: _Span, done: Done) -> None:
        """Note how a step ended, in the journal and in the audit."""
        self.audit(span, done)
        entry = {"step": span.step.name, "outcome": done.outcome, "facts": done.facts}
        append_line(self._file, {**entry, "is_last": done.is_last})

    def audit(self, span: _Span, done: Done) -> None:
        """Add a step to the audit, which nothing ever shortens."""
        output = json.dumps([done.said, done.facts], sort_keys=True).encode()
        line = {
            "who": person(),
            "argv": sys.argv,
            "procedure": self._plan.procedure,
            "plan": self._plan.digest,
            "commit": self._plan.commit,
            "tree": self._plan.tree,
            "step": span.step.name,
            "outcome": done.outcome,
            "said": done.said,
            "made": done.made,
            "wall": [round(span.wall, 3), round(time.time(), 3)],
            "monotonic": [round(span.monotonic, 3), round(time.monotonic(), 3)],
            "output": hashlib.sha256(output).hexdigest(),
        }
        append_line(self._audit, line)

    def _prune(self) -> None:
        journals = sorted(
            self._file.parent.glob("*.jsonl"), key=lambda file: -file.stat().st_mtime_ns
        )
        for file in journals[_KEEP:]:
            file.unlink(missing_ok=True)


def append_line(file: Path, entry: Mapping[str, Any]) -> None:
    """Append one JSON line in a single write, so that two processes at once do not mix theirs.

    Raises:
        EnvironmentNotReady: It cannot be written.
    """
    line = json.dumps(entry, sort_keys=True) + "\n"
    with _writing(file):
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("a+b", buffering=0) as log:
            size = log.seek(0, os.SEEK_END)
            # By a process that was killed as it wrote.
            is_torn = size > 0 and os.pread(log.fileno(), 1, size - 1) != b"\n"
            whole = b"\n" * is_torn + line.encode()
            if log.write(whole) != len(whole):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(file))
            os.fsync(log.fileno())


@contextmanager
def _writing(file: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise EnvironmentNotReady(
            f"{file} cannot be written: {error.strerror}",
            next_step="free the place, or make the checkout writable",
        ) from error


def person() -> str:
    """The name of whoever runs this process, as the system knows it."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a container's user may have no name
        return f"user {os.getuid()}"
