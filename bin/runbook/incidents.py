"""Incident records: ``.runbook/incidents/<id>.json`` for programs, and ``.md`` beside it for people.

A record is opened when a rollback finds the smoke red, is written again at each step, and is resolved by a rollback
or an opening of the gate that finds its rows green. Each writing replaces the whole file, so that a reader sees the old
record or the new.
"""

from __future__ import annotations

import json
import time
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from runbook.atomic import write_atomically
from runbook.errors import EnvironmentNotReady
from runbook.rows import function_id
from runbook.state_folder import make_in

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable
    from pathlib import Path

SCHEMA = "incident/1"
_SHOWN = 5  # candidates in the text


class Status(StrEnum):
    """How far an incident is."""

    OPEN = "open"  # red, and no way back yet
    REVERT_READY = "revert-ready"  # a revert is proved and waits to be merged
    RESOLVED = "resolved"  # the smoke is green again


@dataclass(frozen=True, slots=True)
class Incident:
    """What went wrong at one commit, and what was done.

    Attributes:
        id: Day, commit and test: the same trouble again is the same record.
        opened: Seconds since the epoch.
        head: The commit that was red.
        severity: High or normal; the highest of its rows.
        rows: The red rows, each as `runbook.rollback.choice.brief` gives it; the hunted one first.
        status: How far it is.
        updated: Seconds since the epoch.
        gate: What the gate said after it was looked at, or empty.
        search: ``culprit/1``, or None.
        revert: ``branch``, ``commit``, ``smoke`` and ``still_red``, or None.
        evidence: The folders of the runs.
        reason: Why nothing more was done, or empty.
        next: The commands that lead on.
        timeline: ``[seconds since the epoch, what happened]`` each.
    """

    id: str
    opened: float
    head: str
    severity: str
    rows: tuple[dict[str, Any], ...]
    status: Status = Status.OPEN
    updated: float = 0.0
    gate: str = ""
    search: dict[str, Any] | None = None
    revert: dict[str, Any] | None = None
    evidence: tuple[str, ...] = ()
    reason: str = ""
    next: tuple[str, ...] = ()
    timeline: tuple[tuple[float, str], ...] = field(default=())

    @property
    def tests(self) -> frozenset[str]:
        """The node ids of its rows, without parameters."""
        return frozenset(function_id(row["test"]) for row in self.rows)

    def as_json(self) -> dict[str, Any]:
        """Return ``incident/1``."""
        culprit = (self.search or {}).get("culprit")
        return {"schema": SCHEMA, **asdict(self), "culprit": culprit}

    def as_text(self) -> str:
        """Return the record as Markdown."""
        parts = [
            f"# Incident {self.id}",
            f"{self.status}, severity {self.severity}, opened {_when(self.opened)}, HEAD `{self.head[:10]}`",
            "## Red rows",
            *(f"- `{row['test']}` ({row['severity']}): {row['cause']}" for row in self.rows),
            *(["## Culprit", *_culprit_lines(self.search)] if self.search else []),
            *(["## Revert", *_revert_lines(self.revert)] if self.revert else []),
            *(["## Why nothing more was done", self.reason] if self.reason else []),
            *(["## Next", *(f"    {command}" for command in self.next)] if self.next else []),
            *(["## Evidence", *(f"- `{path}`" for path in self.evidence)] if self.evidence else []),
            "## Times",
            *(f"- {_when(at)} {what}" for at, what in self.timeline),
            *([f"- the gate was left {self.gate}"] if self.gate else []),
        ]
        return _spaced(parts)


def _culprit_lines(search: dict[str, Any]) -> list[str]:
    lines = [
        f"- verdict {search['verdict']}, {search['probability']:.1%} sure, {search['runs']} runs"
    ]
    if culprit := search["culprit"]:
        lines += [
            f"- `{culprit['sha'][:10]}` {culprit['subject']}",
            f"- by {culprit['author']}, {culprit['date']}",
            f"- files: {', '.join(f'`{name}`' for name in culprit['files'])}",
        ]
    lines += [
        f"- {each['probability']:.1%} `{each['sha'][:10]}`"
        for each in search["candidates"][:_SHOWN]
    ]
    return lines


def _revert_lines(revert: dict[str, Any]) -> list[str]:
    red = ", ".join(f"`{test}`" for test in revert["still_red"]) or "none"
    return [
        f"- branch `{revert['branch']}`, commit `{revert['commit'][:10]}`",
        *(f"- {line}" for line in revert["smoke"]),
        f"- rows that stay red: {red}",
    ]


def _spaced(parts: Iterable[str]) -> str:
    """Put an empty line between blocks, and none within a list."""
    text, before = "", ""
    for part in parts:
        is_list = part.startswith(("- ", "    ")) and before.startswith(("- ", "    "))
        text += part if not text else f"\n{part}" if is_list else f"\n\n{part}"
        before = part
    return text + "\n"


def _when(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


class Incidents:
    """The records of one project.

    Args:
        state: The project's ``.runbook``.
    """

    def __init__(self, state: Path) -> None:
        self._state = state
        self.folder = state / "incidents"

    def open(self, head: str, rows: tuple[dict[str, Any], ...], severity: str) -> Incident:
        """Open a record, or take up the one that is there for the same trouble."""
        now = time.time()
        day = datetime.fromtimestamp(now, UTC).strftime("%Y%m%d")
        name = rows[0]["test"].rpartition("::")[2]
        safe = "".join(letter if letter.isalnum() or letter in "_-" else "_" for letter in name)
        new = Incident(f"{day}-{head[:7]}-{safe[:80]}", now, head, severity, rows)
        before = next((each for each in self.read() if each.id == new.id), None)
        if before:
            new = replace(new, opened=before.opened, timeline=before.timeline)
        return self.write(new, "the smoke is red")

    def write(self, incident: Incident, what: str, **changes: Any) -> Incident:
        """Write a record with changes, and what happened in its timeline.

        Raises:
            EnvironmentNotReady: It cannot be written.
        """
        now = time.time()
        timeline = (*incident.timeline, (round(now, 3), what))
        changed = replace(incident, updated=round(now, 3), timeline=timeline, **changes)
        text = json.dumps(changed.as_json(), indent=2) + "\n"
        try:
            make_in(self._state, self.folder.name)
            write_atomically(
                self.folder / f"{incident.id}.md", changed.as_text().encode(errors="replace")
            )
            write_atomically(self.folder / f"{incident.id}.json", text.encode())
        except OSError as error:
            raise EnvironmentNotReady(
                f"the incident {incident.id} cannot be written in {self.folder}: {error.strerror}",
                next_step="free the place, or make the checkout writable",
            ) from error
        return changed

    def read(self) -> list[Incident]:
        """Return all records, the newest first; a file that is no record is left out."""
        found = [_read(file) for file in self.folder.glob("*.json")]
        return sorted((each for each in found if each), key=lambda each: -each.opened)

    def resolve(
        self,
        head: str,
        *,
        unseen: Collection[str] = (),
        lives_elsewhere: Callable[[str], bool] = lambda _: False,
    ) -> list[Incident]:
        """Resolve what is open: the smoke is green at ``head``.

        Args:
            head: The commit that was smoked.
            unseen: The rows that were not smoked; an incident of theirs stays open.
            lives_elsewhere: Whether a commit that was red is not in ``head`` and in another branch, whose incident
                stays open, too.

        Returns:
            What was resolved.
        """
        return [
            self.write(
                each,
                f"the smoke is green at {head[:10]}",
                status=Status.RESOLVED,
                next=(),
                reason="",
            )
            for each in self.read()
            if each.status is not Status.RESOLVED
            and each.tests.isdisjoint(unseen)
            and not lives_elsewhere(each.head)
        ]


def _read(file: Path) -> Incident | None:
    try:
        entry = json.loads(file.read_bytes())
        if entry.pop("schema") != SCHEMA:
            return None
        del entry["culprit"]
        lists = {name: tuple(entry[name]) for name in ("rows", "evidence", "next")}
        timeline = tuple((at, what) for at, what in entry["timeline"])
        return Incident(**entry | lists | {"timeline": timeline, "status": Status(entry["status"])})
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
