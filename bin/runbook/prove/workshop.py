"""Scratch trees in which a tier is run on edited source, several at once, far from the user's own tree.

A tree is a copy of what git would commit, uncommitted work included. The first one is run once as it is, so that
everything is compiled; the others are copies of it with their bytecode. The tier runs with this process's Python.
However this process ends, the runs end with it and the trees go.
"""

from __future__ import annotations

import contextlib
import glob
import importlib.util
import json
import os
import queue
import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, Self

from runbook.culprit.probes.guarded import GuardedFolder
from runbook.errors import EnvironmentNotReady
from runbook.rows import function_id
from runbook.sessions.environments import own_modules
from runbook.smoke.probes import PROBE_VARIABLE
from runbook.source_copy import read_source

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from runbook.project import Project, Tier

RUN_SECONDS = 180.0  # only a hang takes as long, unless the machine is busy:
_TIMES_AS_LONG = 20  # a hang takes longer than that many runs without a fault
_RUNS = Path(".runbook", "runs")  # what the first tree has made of its own, in a tree


class Edit(Protocol):
    """A change of one file."""

    @property
    def file(self) -> str:
        """Relative to the project's root."""

    def edit(self, source: str) -> str:
        """Return the file's new text."""


@dataclass(frozen=True, slots=True)
class Ran:
    """What a run of a tier said.

    Attributes:
        verdict: green, red or partial; ``hung`` where it did not end.
        failures: As ``smoke --json`` lists them, each with the short ``name`` of its test.
        reasons: Why it is not green, besides failing tests.
        seconds: Its wall time.
    """

    verdict: str
    failures: tuple[dict[str, Any], ...]
    reasons: tuple[str, ...]
    seconds: float


class Workshop:
    """A few scratch trees of one project; a context manager that removes them.

    Attributes:
        patience: The seconds after which a run hangs.

    Args:
        project: Whose files are copied, as they are on disk now.
        jobs: How many trees there are at most, and runs at once.
    """

    def __init__(self, project: Project, jobs: int) -> None:
        self._project = project
        self._jobs = jobs
        self._folder = GuardedFolder()
        self._trees: queue.Queue[Path] = queue.Queue()
        self._first = self._folder.path / "tree-0"
        self.patience = RUN_SECONDS

    def __enter__(self) -> Self:
        read_source(self._project.root).copy_to(self._first)
        return self

    def __exit__(self, *_: object) -> None:
        self._folder.close()

    def open(self, tier: Tier) -> Ran:
        """Run the tier as it is, in the first tree, and make the other trees from that.

        Raises:
            EnvironmentNotReady: It is not green, so that no red run would prove anything.
        """
        ran = self._run(self._first, tier, ())
        if ran.verdict != "green":
            why = [f"{each['name']}: {each['got']}" for each in ran.failures] or list(ran.reasons)
            raise EnvironmentNotReady(
                f"the tier {tier.name} is {ran.verdict} without any fault: {'; '.join(why)[:400]}",
                next_step=tier.call(),
            )
        self.patience = max(RUN_SECONDS, _TIMES_AS_LONG * ran.seconds)
        if self._trees.empty():
            self._trees.put(self._first)
            for number in range(1, self._jobs):
                tree = self._folder.path / f"tree-{number}"
                shutil.copytree(self._first, tree, symlinks=True, ignore=self._runs_in)
                self._trees.put(tree)
        return ran

    def _runs_in(self, folder: str, names: list[str]) -> set[str]:
        """Return which entries of a folder of the first tree are its runs: code may be called so, too."""
        return {name for name in names if Path(folder, name) == self._first / _RUNS}

    def run_all(
        self, tier: Tier, runs: Sequence[tuple[Edit | None, Sequence[str]]]
    ) -> Iterator[tuple[int, Ran]]:
        """Run the tier once for each edit, several at once; yield its place and what it said, as they end.

        Args:
            tier: What to run.
            runs: What to edit, if anything, and further arguments for pytest.
        """
        with ThreadPoolExecutor(self._jobs) as pool:
            tasks = {
                pool.submit(self._run_edited, tier, edit, arguments): place
                for place, (edit, arguments) in enumerate(runs)
            }
            try:
                for task in as_completed(tasks):
                    yield tasks[task], task.result()
            finally:
                for task in tasks:
                    task.cancel()
                self._folder.end_calls()  # where this is interrupted

    def _run_edited(self, tier: Tier, edit: Edit | None, arguments: Sequence[str]) -> Ran:
        tree = self._trees.get()
        try:
            with _edited(tree, edit) if edit else contextlib.nullcontext():
                return self._run(tree, tier, arguments)
        finally:
            self._trees.put(tree)

    def _run(self, tree: Path, tier: Tier, arguments: Sequence[str]) -> Ran:
        started = time.monotonic()
        said_in, log = tree.with_suffix(".json"), tree.with_suffix(".log")
        command = [sys.executable, "-m", "runbook.smoke", "--tier", tier.name]
        try:
            with log.open("wb") as output:
                self._folder.call(
                    [*command, "--json", str(said_in), "--", *arguments],
                    cwd=tree,
                    environment=self._environment(tree),
                    log=output,
                    timeout=self.patience,
                )
        except subprocess.TimeoutExpired:
            return Ran("hung", (), ("it did not end",), time.monotonic() - started)
        try:
            said = json.loads(said_in.read_bytes())
            if "error" in said:
                raise EnvironmentNotReady(f"the tier {tier.name} cannot be run: {said['error']}")
        except (OSError, ValueError):
            lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
            what = (lines or ["it said nothing"])[-1]
            raise EnvironmentNotReady(f"the tier {tier.name} cannot be run: {what}") from None
        return Ran(
            said["verdict"],
            tuple(_named(failure) for failure in said["failures"]),
            tuple(said["reasons"]),
            time.monotonic() - started,
        )

    def _environment(self, tree: Path) -> dict[str, str]:
        """This process's environment, in which what led into the user's tree leads into the scratch tree."""
        root = str(self._project.root)
        search = os.environ.get("PYTHONPATH", "").split(os.pathsep)
        moved = [
            str(tree) + path[len(root) :] if path.startswith(root) else path for path in search
        ]
        moved += [
            str(tree / each) for each in own_modules(Path(sys.executable), self._project.root)
        ]
        kept = {
            name: value for name, value in os.environ.items() if not name.startswith("RUNBOOK_")
        }
        return kept | {PROBE_VARIABLE: "1", "PYTHONPATH": os.pathsep.join(moved)}


def _named(failure: dict[str, Any]) -> dict[str, Any]:
    return {**failure, "name": function_id(failure["test"]).rpartition("::")[2]}


@contextlib.contextmanager
def _edited(tree: Path, edit: Edit) -> Iterator[None]:
    """Change one file, and put it back."""
    file = tree / edit.file
    original = file.read_text(encoding="utf-8")
    _write(file, edit.edit(original))
    try:
        yield
    finally:
        _write(file, original)


def _write(file: Path, text: str) -> None:
    """Write a source and drop what it was compiled to: of the same size within the same second it would be used."""
    file.write_text(text, encoding="utf-8")
    cache = Path(importlib.util.cache_from_source(str(file))).parent
    for compiled in cache.glob(f"{glob.escape(file.stem)}.*.pyc"):
        compiled.unlink(missing_ok=True)
