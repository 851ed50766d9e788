"""What the smokes that are kept say of one row: at which commit, on which files, and how it ended."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, NamedTuple

from runbook.culprit.core.earlier import Tally
from runbook.runs.run_folder import RunFolder

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator
    from pathlib import Path


class RowRun(NamedTuple):
    """One run of a row.

    Attributes:
        commit: The commit that was checked out, as git abbreviates it.
        tree: The files that were there, committed or not, as git abbreviates their tree.
        passed: Whether it passed; it failed otherwise.
    """

    commit: str
    tree: str
    passed: bool


def read_row_runs(state: Path, row: str) -> Iterator[RowRun]:
    """Yield how a row ended in the runs that are kept.

    Args:
        state: The project's state folder.
        row: The id of its test.
    """
    for folder in sorted((state / "runs").glob("*/")):
        result = RunFolder(folder).read_result()
        commit, tree, outcome = result.get("commit"), result.get("tree"), _outcome(result, row)
        if commit and tree and outcome in {"passed", "failed"}:
            yield RowRun(str(commit), str(tree), outcome == "passed")


def _outcome(result: dict[str, Any], row: str) -> str:
    tests = result.get("tests")
    return str(tests.get(row)) if isinstance(tests, dict) else ""


def tallies(runs: Iterable[RowRun], commits: Collection[str]) -> tuple[Tally, ...]:
    """Return how each state of the source did that was made at one of ``commits``."""
    counts = Counter((run.tree, run.passed) for run in runs if run.commit in commits)
    trees = sorted({tree for tree, _ in counts})
    return tuple(Tally(counts[tree, True], counts[tree, False]) for tree in trees)
