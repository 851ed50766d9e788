"""Explain a row: what it means when its test is red, and where to look."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from runbook.calls import call
from runbook.git import GitError, git
from runbook.rows import Row, Severity, Suspect, find_row, read_rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from runbook.project import Project, Tier

_COMMITS = 3  # that are shown of each suspect
_FIELD = "\x1f"


@dataclass(frozen=True, slots=True)
class Commit:
    """A commit that touched a suspect."""

    sha: str
    date: str
    subject: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """A row with the last commits on each of its suspects, newest first."""

    row: Row
    tier: Tier
    history: tuple[tuple[Suspect, tuple[Commit, ...]], ...]

    def as_json(self) -> dict[str, Any]:
        """Return the explanation with stable keys."""
        return {
            "schema": "row/1",
            "test": self.row.test,
            "id": self.row.id,
            "line": self.row.line,
            "tier": self.tier.name,
            "severity": self.row.severity,
            "cause": self.row.cause,
            "suspects": [
                {
                    "suspect": str(suspect),
                    "commits": [
                        {"sha": c.sha, "date": c.date, "subject": c.subject} for c in commits
                    ],
                }
                for suspect, commits in self.history
            ],
            "next": list(next_steps(self.row, self.tier)),
        }

    def as_text(self) -> str:
        """Return the explanation for a person."""
        row = self.row
        parts = [
            f"{row.test}",
            f"  {row.file}:{row.line}  tier {self.tier.name}  severity {row.severity}",
        ]
        if row.severity is Severity.HIGH:
            parts.append("  HIGH: the gate stays closed until this is green again.")
        parts += ["", "Likely cause", f"  {row.cause}", "", "Suspects, likeliest first"]
        for suspect, commits in self.history:
            parts.append(f"  {suspect}")
            parts += [f"    {c.sha}  {c.date}  {c.subject}" for c in commits] or [
                "    no commit yet"
            ]
        parts += [
            "",
            "What to do next",
            *(f"  {step}" for step in next_steps(row, self.tier)),
        ]
        return "\n".join(parts)


def next_steps(row: Row, tier: Tier) -> tuple[str, ...]:
    """Return the commands that lead on from a red row, in order."""
    files = " ".join(row.suspect_paths)
    return (
        tier.call("-k", row.test, "-vv"),
        f"git log --oneline -10 -- {files}",
        call(f"find-offending-commit --test {row.test}"),
        call(f"rollback --test {row.test}"),
    )


def explain(project: Project, name: str) -> Explanation:
    """Explain the row of the test ``name``.

    Raises:
        UsageError: No row has this name; the message holds the nearest.
    """
    row = find_row(read_rows(project.root, project.test_paths), name)
    history = tuple((suspect, _last_commits(project, suspect.path)) for suspect in row.suspects)
    return Explanation(row, tier_of(project, row), history)


def tier_of(project: Project, row: Row) -> Tier:
    """Return the first tier whose tests hold the row."""
    file = PurePosixPath(row.file)
    return next(
        tier
        for tier in project.tiers.values()
        if any(file.is_relative_to(path) for path in tier.tests)
    )


def _last_commits(project: Project, path: str) -> tuple[Commit, ...]:
    shown = f"--format=%h{_FIELD}%as{_FIELD}%s"
    try:
        log = git(project.root, "log", f"-{_COMMITS}", shown, "--follow", "--", path)
    except GitError:  # the row is worth explaining without its history
        return ()
    return tuple(Commit(*line.split(_FIELD, 2)) for line in log.split("\n") if line)


def overview(rows: Sequence[Row]) -> str:
    """Return one line a row, for choosing."""
    return "\n".join(f"{row.severity:<6}  {row.test}  {row.cause}" for row in rows)
