"""A procedure as steps: a plan with a digest, which can be read before it is carried out, and after.

Pure: no git, no process, no clock. `runbook.procedures.step_runner` carries a plan out.
"""

from __future__ import annotations

import hashlib
import json
import shlex
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from runbook.calls import call
from runbook.errors import RunbookError, UsageError
from runbook.exit_codes import ExitCode

if TYPE_CHECKING:
    from collections.abc import Mapping

SCHEMA = "plan/1"
_YES = "yes"  # of an argument that has no value


class Refused(RunbookError):
    """A plan, a policy or the gate says no; the message holds the reason and what would change it."""

    exit_code = ExitCode.REFUSED


class Repeat(StrEnum):
    """What doing a step a second time would do."""

    PURE = "pure"  # nothing, as the first time: it only reads
    REPEATABLE = "repeatable"  # nothing more than the first time did
    ONCE = "once"  # harm: it is done no second time


class Outcome(StrEnum):
    """What became of a step; one that was not reached has none."""

    OK = "ok"
    FAILED = "failed"
    NOT_SELECTED = "not-selected"  # the arguments, or an earlier step, leave it out
    NOTHING_TO_DO = "nothing-to-do"  # all was as it should be before
    UNKNOWN = "unknown"  # it was begun, and nobody saw it end


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a procedure, for a person who wants to know what will happen.

    Attributes:
        name: One word or a few, with hyphens; its own within a plan.
        does: One sentence.
        command: What a person would type instead; what is not known yet stands in angle brackets.
        reads: What it looks at.
        writes: What it changes; empty for a pure step.
        repeat: What doing it a second time would do.
    """

    name: str
    does: str
    command: str
    reads: tuple[str, ...] = ()
    writes: tuple[str, ...] = ()
    repeat: Repeat = Repeat.PURE


@dataclass(frozen=True, slots=True)
class Plan:
    """What a procedure is going to do, to which source.

    Attributes:
        procedure: The task's name, as users type it.
        commit: The full name of HEAD.
        tree: The full name of the tree on disk, uncommitted changes included.
        arguments: The task's own, by name; texts, sorted by name.
        steps: In their order.
    """

    procedure: str
    commit: str
    tree: str
    arguments: tuple[tuple[str, str], ...]
    steps: tuple[Step, ...]

    @property
    def digest(self) -> str:
        """SHA-256 of all that the plan says, in hexadecimal."""
        return hashlib.sha256(json.dumps(self._content(), sort_keys=True).encode()).hexdigest()

    @property
    def call(self) -> str:
        """The procedure with its arguments, as they are typed."""
        given = (
            f"--{name}" if value == _YES else f"--{name} {shlex.quote(value)}"
            for name, value in self.arguments
        )
        return " ".join([self.procedure, *given])

    def _content(self) -> dict[str, Any]:
        return {"schema": SCHEMA, **asdict(self), "arguments": dict(self.arguments)}

    def as_json(self) -> dict[str, Any]:
        """Return ``plan/1``, which `read_plan` reads."""
        return {**self._content(), "digest": self.digest}

    def as_text(self) -> str:
        """Return the plan for a person."""
        given = " ".join(f"--{name} {value}" for name, value in self.arguments if value)
        lines = [f"plan {self.digest[:12]} for {self.procedure} {given}".rstrip()]
        lines.append(f"  commit {self.commit[:10]}  tree {self.tree[:10]}")
        for number, step in enumerate(self.steps, 1):
            lines += ["", f"{number}. {step.name} ({step.repeat})", f"   {step.does}"]
            lines.append(f"   $ {step.command}")
            lines += [f"   reads   {', '.join(step.reads)}"] if step.reads else []
            lines.append(f"   writes  {', '.join(step.writes) or 'nothing'}")
        return "\n".join(lines)


def make_plan(
    procedure: str,
    source: tuple[str, str],
    arguments: Mapping[str, object],
    steps: tuple[Step, ...],
) -> Plan:
    """Build a plan; arguments that are empty or False are left out.

    Args:
        procedure: The task's name.
        source: The full names of HEAD and of the tree on disk.
        arguments: By name; each is written as text.
        steps: In their order.
    """
    given = {name: _text(value) for name, value in arguments.items() if value}
    return Plan(procedure, *source, tuple(sorted(given.items())), steps)


def _text(value: object) -> str:
    return _YES if value is True else str(value)


def read_plan(text: str, *, name: str) -> Plan:
    """Read what `Plan.as_json` made.

    Args:
        text: JSON.
        name: The file's, for errors.

    Raises:
        UsageError: It is no plan.
        Refused: It was edited: its digest is not that of what it says.
    """
    try:
        entry = json.loads(text)
        plan = _plan_of(entry)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UsageError(
            f"{name} is no plan: {error}", next_step="make one with --dry-run --json FILE"
        ) from error
    if entry.get("digest") != plan.digest:
        raise Refused(
            f"{name} was edited after it was made: its digest is {plan.digest[:12]}",
            next_step="make it anew with --dry-run --json FILE",
        )
    return plan


def _plan_of(entry: Any) -> Plan:
    if entry["schema"] != SCHEMA:
        raise ValueError(f"its schema is {entry['schema']!r}")
    steps = [
        Step(
            name=step["name"],
            does=step["does"],
            command=step["command"],
            reads=tuple(step["reads"]),
            writes=tuple(step["writes"]),
            repeat=Repeat(step["repeat"]),
        )
        for step in entry["steps"]
    ]
    arguments = tuple(sorted(entry["arguments"].items()))
    return Plan(entry["procedure"], entry["commit"], entry["tree"], arguments, tuple(steps))


def check_unchanged(read: Plan, now: Plan) -> None:
    """Refuse a plan that was made for something else than there is now.

    Raises:
        Refused: The message says what changed.
    """
    if read.digest == now.digest:
        return
    differences = [
        f"{what} was {old[:10]} and is {new[:10]}"
        for what, old, new in (
            ("HEAD", read.commit, now.commit),
            ("the tree on disk", read.tree, now.tree),
        )
        if old != new
    ]
    if read.procedure != now.procedure:
        differences.append(f"it is a plan for {read.procedure}, not for {now.procedure}")
    elif not differences:
        differences.append("its arguments or steps are not what they would be now")
    raise Refused(
        f"the plan {read.digest[:12]} does not hold any more: {'; '.join(differences)}",
        next_step=call(f"{now.call} --dry-run, read it, and apply that one"),
    )
