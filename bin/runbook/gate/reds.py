"""Red runs of what the gate may be opened for: who was red once on the same bytes must be green several times in a row.

Whoever opens again and again until a row that is red now and then happens to be green would get there: a row that is
red every third time is green in two tries of three. So every red run of a clean checkout is remembered beside the
gate's file, with what was served and what smoked it, and an opening for the same asks more of the tier that was red.
What it takes to get rid of that is a commit that changes either: the flake is dealt with, or the row.
"""

from __future__ import annotations

import hashlib
import json
import os
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from runbook.atomic import write_atomically
from runbook.errors import EnvironmentNotReady, RunbookError
from runbook.gate.project_gate import gate_file
from runbook.gate.status import read_build
from runbook.git import git
from runbook.json_files import read_lines

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from runbook.gate.file import GateFile
    from runbook.project import Project, Tier
    from runbook.runs.source_state import SourceState

# A row that is red every third time gets through 5 runs once in 8 openings, through 25 once in 25,000.
GREEN_RUNS_A_RED = 5
MOST_GREEN_RUNS = 25
_KEYS = {"build", "harness", "tier", "tests"}
_KEPT = 500  # red runs, the newest
HARNESS = ("noxfile.py", "pyproject.toml", "requirements", "bin/runbook")  # besides the tests


def runs_needed(reds: int) -> int:
    """How many green runs in a row it takes after so many red ones."""
    return min(GREEN_RUNS_A_RED * reds, MOST_GREEN_RUNS) or 1


def harness_of(root: Path, commit: str, tiers: Iterable[Tier]) -> str:
    """Digest of all that decides what green means: the tests with their folders, the engine, the locks."""
    paths = {path for tier in tiers for path in tier.tests}
    folders = {path.rpartition("/")[0] or "." for path in paths if path.endswith(".py")}
    listed = git(root, "ls-tree", "-r", commit, "--", *sorted({*folders, *paths, *HARNESS}))
    return hashlib.sha256(listed.encode()).hexdigest()


def remember_red(project: Project, source: SourceState, tier: Tier, tests: Sequence[str]) -> None:
    """Remember a red run of a clean checkout, where the project has a gate that was ever used.

    Args:
        project: Whose checkout was smoked.
        source: What was on disk.
        tier: What was run.
        tests: Its red tests; where there are none, nothing is done.
    """
    gate = gate_file(project)
    is_kept = tests and source.is_dirty is False and gate is not None and gate.path.parent.is_dir()
    if not is_kept or gate is None:
        return
    tiers = [project.tier(name) for name in project.gate.tiers or project.tiers]
    with suppress(RunbookError):  # what cannot be served cannot be opened for
        build = read_build(project.root, project.gate.build)
        harness = harness_of(project.root, source.commit_id, tiers)
        RedRuns(gate).add((build, harness), tier.name, tests)


class RedRuns:
    """The red runs that are remembered beside a gate.

    Args:
        gate: Whose.
    """

    def __init__(self, gate: GateFile) -> None:
        self._file = gate.path.with_name(f"{gate.path.stem}-reds.jsonl")

    def add(self, subject: tuple[str, str], tier: str, tests: Sequence[str]) -> None:
        """Remember one; where there is no room for it, the gate is not opened just now all the same.

        Args:
            subject: What is served, and the harness.
            tier: What was red.
            tests: Its red tests.
        """
        entry = {"build": subject[0], "harness": subject[1], "tier": tier, "tests": list(tests)}
        kept = [*self._read()[1 - _KEPT :], entry]
        text = "".join(f"{json.dumps(each)}\n" for each in kept)
        with suppress(OSError):
            os.makedirs(self._file.parent, mode=0o700, exist_ok=True)  # noqa: PTH103 - with its parents
            write_atomically(self._file, text.encode(), mode=0o600)

    def of(self, subject: tuple[str, str], tier: str) -> list[list[str]]:
        """The red tests of each run of a tier that was red on the same bytes."""
        wanted = (*subject, tier)
        return [
            list(map(str, entry["tests"]))
            for entry in self._read()
            if (entry["build"], entry["harness"], entry["tier"]) == wanted
        ]

    def _read(self) -> list[dict[str, Any]]:
        try:
            return [entry for entry in read_lines(self._file) if entry.keys() == _KEYS]
        except NotADirectoryError:
            return []
        except OSError as error:
            raise EnvironmentNotReady(
                f"{self._file} cannot be read: {error.strerror}", next_step="make it readable"
            ) from error
