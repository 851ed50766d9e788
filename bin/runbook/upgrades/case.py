"""One search, while it goes on: the project, its copy, its interpreter, its baseline, and where everything is made."""

from __future__ import annotations

import os
import time
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from runbook.culprit.probes.memory import MAX_AGE, Memory
from runbook.culprit.probes.probing import Job
from runbook.culprit.probes.worktrees import OverlayFile
from runbook.errors import UsageError
from runbook.source_copy import Source, read_source
from runbook.upgrades.core.noise import Rates
from runbook.upgrades.environments.laboratory import Laboratory
from runbook.upgrades.environments.pythons import find_python
from runbook.upgrades.environments.resolver import Resolver
from runbook.upgrades.environments.uv import Uv, UvFailed, find_uv
from runbook.upgrades.environments.workshop import Workshop
from runbook.upgrades.options import Options, moment
from runbook.upgrades.requirements import read_requirements
from runbook.upgrades.weekly import constraints

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from runbook.culprit.probes.guarded import GuardedFolder

NOT_ALLOWED = "the project does not allow what the baseline pins"
_FORM = "2"  # of what is remembered; what was kept in another form is not read


@dataclass(slots=True)
class Case:
    """One search.

    Attributes:
        options: What was asked.
        source: The project.
        folder: Where everything is made.
        uv: Which does it.
        resolver: Turns states into pins.
        say: Is told of the progress.
        notes: What a person should know besides the verdict.
        started: By the monotonic clock, in seconds.
    """

    options: Options
    source: Source
    folder: GuardedFolder
    uv: Uv
    resolver: Resolver
    say: Callable[[str], None]
    notes: list[str] = field(default_factory=list)
    started: float = field(default_factory=time.monotonic)

    @contextmanager
    def laboratory(self) -> Iterator[Laboratory]:
        """Open the benches; at the end they are closed."""
        options, resolver = self.options, self.resolver
        job = Job(options.command, timeout=options.timeout)
        known_by = OverlayFile(
            "project", f"{_FORM} {self.source.digest} {resolver.python}".encode()
        )
        memory = Memory(_memory_folder(), replace(job, overlay=(known_by,)))
        if options.fresh:
            memory.forget()
        past = {} if options.fresh else memory.recall(since=time.time() - MAX_AGE)
        is_package = resolver.requirements.is_package
        with Workshop(
            self.folder, self.source, self.uv, options.jobs, is_package=is_package
        ) as workshop:
            laboratory = Laboratory(resolver, workshop, job, memory, past, self.say)
            if options.flake_rate:
                laboratory.rates = Rates(good_fails=options.flake_rate, error=options.error)
            yield laboratory

    def not_allowed(self) -> list[str]:
        """Return what the baseline pins and the project does not allow, each with what it gets instead."""
        found = self.resolver.baseline.pins
        return [
            f"{name} {pin} (it gets {found[name]})"
            for name, pin in sorted(self.resolver.wanted.items())
            if found.get(name, pin) != pin
        ]

    def note_differences(self) -> None:
        """Note where the baseline and the project disagree."""
        resolver = self.resolver
        new = sorted(resolver.baseline.pins.keys() - resolver.wanted.keys())
        for what, names in (
            (NOT_ALLOWED, self.not_allowed()),
            ("the baseline does not pin what the project requires", new),
            ("pinned, though the project does not require it", resolver.kept),
        ):
            if names:
                self.notes.append(f"{what}: {', '.join(names)}")


def open_case(options: Options, folder: GuardedFolder, say: Callable[[str], None]) -> Case:
    """Copy the project, find its interpreter, and read its baseline.

    Raises:
        UsageError: The project or the baseline cannot be used.
        EnvironmentNotReady: No uv, no such Python, no index, or no space.
    """
    is_file = options.project.is_file()
    root = (options.project.parent if is_file else options.project).resolve()
    file = options.project.name if is_file else ""
    source = read_source(root)
    uv = find_uv(folder.path, folder.announce)
    tree, scratch = folder.path / "tree", folder.path / "resolving"
    source.copy_to(tree)
    if options.lift:
        _lift_constraints(tree / "pyproject.toml")
    scratch.mkdir()
    python = find_python(uv, tree, options.python)
    cutoff = moment(options.as_of) if options.as_of else _present()
    resolver = Resolver(
        uv, tree, scratch, python, cutoff, cutoff, options.resolution, options.prerelease
    )
    case = Case(options, source, folder, uv, resolver, say)
    resolver.wanted = _read_baseline(case, options.baseline.resolve())
    resolver.requirements = read_requirements(
        root, file, resolver.wanted, options.groups, only_groups=options.only_groups
    )
    return case


def _lift_constraints(pyproject: Path) -> None:
    if pyproject.is_file():
        lifted = constraints.without(pyproject.read_text(encoding="utf-8"))
        pyproject.write_text(lifted, encoding="utf-8")


def _present() -> str:
    """Return the moment up to which releases are seen: now, or what the user froze uv at."""
    frozen = os.environ.get("UV_EXCLUDE_NEWER", "")
    return moment(frozen or f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}")


def _memory_folder() -> Path:
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(cache) / "runbook" / "upgrades"


def _read_baseline(case: Case, file: Path) -> dict[str, str]:
    """Return the pins of the baseline."""
    try:
        pins = case.resolver.pins_of(file)
    except UvFailed as error:
        if case.resolver.forget_dates_if_there_are_none(error):
            case.notes.append(
                "the index has no upload times: the newest side is not frozen, and ages are unknown"
            )
            return _read_baseline(case, file)
        if case.resolver.look_back_if_the_baseline_is_newer(error, _present()):
            case.notes.append(
                f"the baseline is newer than {case.resolver.cutoff} in places: there the other side is older"
            )
            return _read_baseline(case, file)
        raise UsageError(
            f"the baseline {file} cannot be used: {error.what}",
            next_step="make it anew from a green environment",
        ) from error
    if not pins:
        raise UsageError(
            f"{file} pins nothing", next_step="pass a file of name==version lines that was green"
        )
    return pins
