"""The tiers that go with another one: run after it, unless a green run of exactly what is here proves them."""

from __future__ import annotations

import hashlib
import json
import os
import re
import sys
from dataclasses import dataclass
from fnmatch import fnmatchcase, translate
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from runbook.atomic import write_atomically
from runbook.git import GitError, git
from runbook.json_files import read_object
from runbook.runs.evidence import verify
from runbook.runs.run_folder import PROOFS, RunFolder
from runbook.runs.verdict import Word
from runbook.smoke.proof import doubt, record_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from runbook.project import Project, Tier
    from runbook.runs.run_report import Run

_IN_CI = "CI"  # nothing is taken for granted there


@dataclass(frozen=True, slots=True)
class Companion:
    """A tier that goes with another one.

    Attributes:
        tier: The tier.
        run: The green run that proves it, or empty.
        why: Why nothing proves it, or empty.
    """

    tier: Tier
    run: str = ""
    why: str = ""

    def __str__(self) -> str:
        if self.run:
            return f"{self.tier.name} is proved by run {self.run} of the same content"
        return f"{self.tier.name} runs too: {self.why}"


def companions_of(project: Project, tier: Tier) -> list[Companion]:
    """Return the tiers that go with ``tier``, each with what proves it."""
    listed = cache(partial(_listed, project.root))  # once for all of them
    beside = [each for each in project.tiers.values() if each.goes_with == tier.name]
    return [_look(project, each, listed) for each in beside]


def _look(project: Project, tier: Tier, listed: Callable[[], list[str]]) -> Companion:
    if _IN_CI in os.environ:
        return Companion(tier, why="in CI every tier runs")
    record = read_object(_file(project, tier))
    run = str(record.get("run", ""))
    folder = RunFolder(project.state / "runs" / Path(run).name)
    result = folder.read_result() if run else {}
    why = doubt(
        record,
        result,
        _findings(folder) if result else [],
        tier=tier.name,
        content=content_of(project, tier, project.root / ".nox" / tier.session, listed=listed),
    )
    return Companion(tier, why=why) if why else Companion(tier, run=run)


def _findings(folder: RunFolder) -> list[str]:
    try:
        return verify(folder)
    except Exception as error:  # noqa: BLE001 - whatever is odd about it, it proves nothing
        return [str(error) or type(error).__name__]


def content_of(
    project: Project,
    tier: Tier,
    environment: Path | None = None,
    *,
    listed: Callable[[], list[str]] | None = None,
) -> str:
    """Return the digest of all that a verdict of a tier stands on: what it watches, its tests, its environment.

    Args:
        project: The project.
        tier: The tier.
        environment: The virtual environment that it runs in; this process's own by default.
        listed: Says which files git does not ignore; git is asked by default.

    Returns:
        The digest; empty where it cannot be told, outside of a repository for instance, and where a
        variable of the caller bends what the tests see.
    """
    if any(fnmatchcase(name, glob) for name in os.environ for glob in tier.variables):
        return ""
    digest = hashlib.sha256(repr(tier).encode())
    try:
        digest.update(repr(_facts_of(environment or Path(sys.prefix))).encode())
        for name in _files(project.root, tier, listed() if listed else _listed(project.root)):
            file = project.root / name
            mode = file.lstat().st_mode
            content = os.fsencode(file.readlink()) if file.is_symlink() else file.read_bytes()
            digest.update(f"{name!r} {mode:o} {len(content)}\0".encode() + content)
    except (GitError, OSError):
        return ""
    return digest.hexdigest()


def _listed(root: Path) -> list[str]:
    return git(root, "ls-files", "--cached", "--others", "--exclude-standard", "-z").split("\0")


def _files(root: Path, tier: Tier, listed: list[str]) -> Iterator[str]:
    globs = (*tier.watch, *tier.tests, *(f"{test}/*" for test in tier.tests))
    is_watched = re.compile("|".join(map(translate, globs))).match
    yield from (
        name for name in sorted({*filter(is_watched, listed)}) if os.path.lexists(root / name)
    )


def _facts_of(environment: Path) -> tuple[Any, ...]:
    """What tells one virtual environment from another, without starting its Python."""
    python = (environment / "bin" / "python").stat()
    packages = sorted(path.name for path in environment.glob("lib/*/site-packages/*.dist-info"))
    settings = (environment / "pyvenv.cfg").read_bytes()
    return settings, python.st_size, python.st_mtime_ns, packages


def keep_proof(run: Run) -> None:
    """Keep a whole green run of a tier that goes with another as its proof; a red one ends what was proved."""
    file = _file(run.project, run.tier)
    if run.verdict.word is Word.RED:
        file.unlink(missing_ok=True)
    elif run.verdict.word is Word.GREEN and run.content:
        file.parent.mkdir(exist_ok=True)
        record = record_of(run.folder.id, run.content)
        write_atomically(file, json.dumps(record).encode() + b"\n")


def _file(project: Project, tier: Tier) -> Path:
    return project.state / PROOFS / f"{tier.name}.json"
