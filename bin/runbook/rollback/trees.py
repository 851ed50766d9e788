"""A disposable checkout of some commit, and the smoke of a tier in it, far from the user's own files."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from runbook.calls import call
from runbook.culprit.probes.guarded import GuardedFolder
from runbook.culprit.probes.worktrees import Worktree
from runbook.errors import EnvironmentNotReady
from runbook.exit_codes import ExitCode
from runbook.json_files import read_object
from runbook.runs.verdict import Word
from runbook.sessions.environments import plain_environment, python_for, search_path
from runbook.state_folder import make_in

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Self

    from runbook.project import Project

_TAIL = 3  # lines of a smoke's output that an error shows


@dataclass(frozen=True, slots=True)
class Smoked:
    """What the smoke of one tier said.

    Attributes:
        tier: Its name.
        record: The run as JSON; see `runbook.runs.run_report`.
    """

    tier: str
    record: dict[str, Any]

    @property
    def is_green(self) -> bool:
        """Whether the whole tier was run, and every row passed."""
        return bool(self.record["verdict"] == Word.GREEN)

    @property
    def red(self) -> tuple[dict[str, Any], ...]:
        """The failures, in their order."""
        return tuple(self.record["failures"])

    @property
    def result(self) -> str:
        """One line for a person."""
        counts = f"{self.record['passed']} of {self.record['total']} rows passed"
        reasons = "" if self.is_green or self.red else f" ({'; '.join(self.record['reasons'])})"
        return f"{self.tier} {self.record['verdict']}: {counts}{reasons}, {self.record['evidence']}"


class Trees:
    """Checkouts in a guarded folder; they are gone when the context is left, or its process was killed.

    Args:
        project: The user's.
        source: The repository to clone from: its common git folder.
    """

    def __init__(self, project: Project, source: Path) -> None:
        self._project = project
        self._folder = GuardedFolder()
        self._source = self._folder.path / "source"
        self._source.symlink_to(source)

    def tree(self, name: str) -> Worktree:
        """Return a checkout, by a name within this folder; ``prepare`` fills it."""
        return Worktree(self._folder.path / name, self._source)

    def smoke(self, tree: Worktree, tier: str) -> Smoked:
        """Smoke a tier in a checkout, with the engine that is in it, and keep the evidence in the user's project.

        Raises:
            EnvironmentNotReady: There is no verdict: the environment or the engine failed.
        """
        root = self.inside(tree)
        python = python_for(self._project, root, self._project.tier(tier).session)
        record, log = tree.scratch / "smoke.json", tree.scratch / "smoke.log"
        command = [str(python), "-m", "runbook.smoke", "--tier", tier, "--json", str(record)]
        with log.open("wb") as sink:
            status = self._folder.call(
                command, cwd=root, environment=self._variables(tree, python), log=sink
            )
        run = read_object(record)
        said = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
        if not run or status not in (ExitCode.GREEN, ExitCode.RED):
            raise EnvironmentNotReady(
                f"the smoke of {tier} came to no verdict: {' | '.join(said[-_TAIL:])}",
                next_step=call(f"run --tier {tier}"),
            )
        self._keep(root, run)
        return Smoked(tier, run)

    def inside(self, tree: Worktree) -> Path:
        """The project's own folder in a checkout of the repository that it is in."""
        top = next(
            each
            for each in (self._project.root, *self._project.root.parents)
            if (each / ".git").exists()
        )
        return tree.path / self._project.root.relative_to(top)

    def _variables(self, tree: Worktree, python: Path) -> dict[str, str]:
        """What the smoke gets: the checkout's own engine where the project holds one, and its own modules.

        Its temporary files go with the checkout: who kills the owner of this kills those too who would remove them.
        """
        temporary = tree.scratch / "tmp"
        temporary.mkdir(exist_ok=True)
        path = [str(self.inside(tree) / each) for each in search_path(python, self._project.root)]
        modules = {"PYTHONPATH": os.pathsep.join(path)} if path else {}
        return plain_environment() | modules | {"TMPDIR": str(temporary)}

    def _keep(self, root: Path, run: dict[str, Any]) -> None:
        """Copy a run's evidence to where the user's own runs are; its name stays what the run calls it."""
        try:
            shutil.copytree(
                root / run["evidence"], self._project.root / run["evidence"], symlinks=True
            )
            make_in(self._project.state)
        except OSError as error:
            raise EnvironmentNotReady(
                f"the evidence of a smoke cannot be kept in {self._project.state}: {error}",
                next_step="free the place, or make the checkout writable",
            ) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._folder.close()
