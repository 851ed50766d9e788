"""Which files make a workflow worth running: what the rows point at, and what they are run with."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from runbook.rows import read_rows

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from runbook.project import Project


def watched(project: Project) -> list[str]:
    """Return the globs: every row's file and suspects, what the tiers watch, and the harness.

    What another glob covers is left out, so that the list is one that a person can read.
    """
    rows = read_rows(project.root, project.test_paths)
    globs = {
        *project.harness,
        *(glob for tier in project.tiers.values() for glob in tier.watch),
        *(row.file for row in rows),
        *(path for row in rows for path in row.suspect_paths),
    }
    return uncovered(globs)


def uncovered(globs: Collection[str]) -> list[str]:
    """Return the globs that no other of them covers, sorted; of two that cover each other the first."""
    return sorted(
        glob for glob in globs if not any(_covers(other, glob) for other in globs if other != glob)
    )


def is_needed(globs: Sequence[str], files: Iterable[str]) -> bool:
    """Whether a change of ``files`` needs the workflow; one whose files are not known does."""
    changed = list(files)
    return not changed or any(fnmatchcase(file, glob) for file in changed for glob in globs)


def as_yaml(globs: Iterable[str]) -> str:
    """Return the list as a workflow writes it."""
    return "\n".join(f'- "{glob}"' for glob in globs)


def _covers(glob: str, other: str) -> bool:
    return fnmatchcase(other, glob) and not (fnmatchcase(glob, other) and glob > other)
