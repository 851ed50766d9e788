"""Where states are tried: a few environments that are changed from one set of pins to the next.

Changing an environment costs what differs, and its files are hard links into uv's cache. Each has a copy of the
project, made anew for every run.
"""

from __future__ import annotations

import queue
import re
import shlex
import shutil
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Self

from runbook.culprit.probes.probing import Job, Probe, ProbeResult, Word
from runbook.errors import EnvironmentNotReady
from runbook.source_copy import Source
from runbook.upgrades.core.modules import import_names
from runbook.upgrades.core.pins import normalise
from runbook.upgrades.environments.uv import UvFailed, last_words

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from concurrent.futures import Future

    from runbook.culprit.probes.guarded import GuardedFolder
    from runbook.culprit.probes.worktrees import OverlayFile
    from runbook.upgrades.environments.uv import Uv

_LEAST_SPACE = 1 << 20  # bytes; with less a command may fail for want of space alone
NOT_INSTALLED = "error:InstallationFailed"


@dataclass(frozen=True, slots=True)
class Installation:
    """What to install.

    Attributes:
        pins: A requirements file's text.
        cutoff: No later release of a build requirement is seen; empty for none.
        build_pins: Constraints on build requirements.
        python: The interpreter.
    """

    pins: str
    cutoff: str
    python: Path
    build_pins: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Run:
    """What one run of the command said.

    Attributes:
        result: As in the search over commits.
        output: The end of what it printed; of an installation that failed, what uv said.
        is_built: Whether everything could be installed.
        imports: The names that each installed package is imported by.
    """

    result: ProbeResult
    output: str
    is_built: bool = True
    imports: dict[str, frozenset[str]] = field(default_factory=dict)


class Bench:
    """One environment, and beside it a copy of the project and the scratch folder of the run that goes on in it."""

    def __init__(self, folder: Path, source: Source, uv: Uv, *, is_package: bool) -> None:
        self.path = folder / "tree"
        self.scratch = folder / "scratch"
        self._environment = folder / "environment"
        self._source = source
        self._uv = uv
        self._is_package = is_package
        self._installed: Installation | None = None
        self._made_for: Path | None = None

    @property
    def python(self) -> Path:
        """The environment's interpreter."""
        return self._environment / "bin" / "python"

    def prepare(  # as a `Tree` is prepared
        self,
        sha: str,  # noqa: ARG002
        overlay: Iterable[OverlayFile] = (),  # noqa: ARG002
        *,
        without: str = "",  # noqa: ARG002
    ) -> None:
        """Make the copy of the project anew, and empty the scratch folder."""
        Source(self._source.root, (), "").copy_to(self.scratch)
        self._source.copy_to(self.path)

    def install(self, wanted: Installation, uv: Uv | None = None) -> None:
        """Make the environment hold exactly this.

        Raises:
            UvFailed: It cannot be installed.
        """
        if self._installed == wanted and uv is None:
            return
        self.prepare("", ())
        # With another uv all is built again, which needs an environment that holds nothing yet.
        has_environment = self._installed is not None and uv is None
        if not has_environment or self._made_for != wanted.python:
            arguments: list[str | Path] = [
                "venv",
                "--quiet",
                "--no-project",
                "--clear",
                "--python",
                wanted.python,
                self._environment,
            ]
            (uv or self._uv).run(*arguments, cwd=self.path)
            self._made_for = wanted.python
        before, self._installed = self._installed, None
        pins, limits = self.scratch / "pins.txt", self.scratch / "build-constraints.txt"
        itself = f"-e {self.path}\n" if self._is_package else ""
        pins.write_text(wanted.pins + itself, encoding="utf-8")
        limits.write_text("\n".join(wanted.build_pins), encoding="utf-8")
        cutoff = ["--exclude-newer", wanted.cutoff] if wanted.cutoff else []
        (uv or self._uv).run(
            "pip", "sync", "--quiet", "--allow-empty-requirements", pins, "--python", self.python, *cutoff,
            "--build-constraints", limits, cwd=self.path,
        )  # fmt: skip
        self._forget_bytecode(before, wanted)
        self._installed = wanted

    def _forget_bytecode(self, before: Installation | None, after: Installation) -> None:
        """Remove the bytecode of what was changed.

        Two versions of a module that have the same size and were unpacked in the same second look the same to Python.
        """
        same = set(before.pins.splitlines()) if before else set()
        changed = {line.partition("==")[0] for line in after.pins.splitlines() if line not in same}
        for package, record in self._records():
            if package in changed:
                lines = record.read_text(encoding="utf-8").splitlines()
                parents = {Path(line.partition(",")[0]).parent for line in lines}
                for parent in parents:
                    shutil.rmtree(record.parents[1] / parent / "__pycache__", ignore_errors=True)

    def _records(self) -> Iterator[tuple[str, Path]]:
        """Yield what is installed, each with the file that lists its files."""
        for record in self._environment.glob("lib/*/site-packages/*.dist-info/RECORD"):
            yield normalise(record.parent.name.partition("-")[0]), record

    def command(self, command: str) -> str:
        """Return a command in a shell that finds this environment first."""
        place = shlex.quote(str(self._environment))
        # Bytecode stays beside what it was compiled from, for the next run in this environment.
        return (
            f"unset PYTHONPYCACHEPREFIX PYTHONPATH PYTHONHOME; VIRTUAL_ENV={place}; PATH={place}/bin:$PATH; "
            f"export VIRTUAL_ENV PATH\n{command}"
        )

    def imports(self) -> dict[str, frozenset[str]]:
        """Return the names that each installed package is imported by."""
        return {
            package: import_names(
                line.partition(",")[0] for line in record.read_text(encoding="utf-8").splitlines()
            )
            for package, record in self._records()
        }

    def last_output(self) -> str:
        """Return the end of what the last run printed; the project's files are told as the user knows them."""
        try:
            with (self.scratch / "output").open("rb") as log:
                log.seek(0, 2)
                log.seek(max(0, log.tell() - 65536))
                said = log.read().decode(errors="replace")
        except FileNotFoundError:
            return ""
        return said.replace(f"{self.path.resolve()}/", "").replace(f"{self.path}/", "")


class Workshop:
    """Benches, and the threads that work at them; leaving the context ends all that still run.

    Args:
        folder: Where the benches are.
        source: The project.
        uv: Which installs.
        width: How many benches.
        is_package: Whether the project is installed itself.
    """

    def __init__(
        self, folder: GuardedFolder, source: Source, uv: Uv, width: int, *, is_package: bool
    ) -> None:
        self.width = width
        self._announce = folder.announce
        self._benches: queue.SimpleQueue[Bench] = queue.SimpleQueue()
        for number in range(width):
            place = folder.path / f"bench-{number}"
            self._benches.put(Bench(place, source, uv, is_package=is_package))
        self._threads = ThreadPoolExecutor(width)
        self._running: set[Probe] = set()
        self._is_left = False

    def submit(
        self,
        key: str,
        wanted: Installation,
        job: Job,
        attempts: Sequence[int],
        uv: Uv | None = None,
    ) -> Future[list[Run]]:
        """Start runs of a command in one environment, one after the other; the first that passes ends them.

        Args:
            key: What the environment is called.
            wanted: What to install.
            job: What to run.
            attempts: A number for each run.
            uv: Another uv than the workshop's own, which then installs in any case.
        """
        return self._threads.submit(self._work, key, wanted, job, attempts, uv)

    def _work(
        self, key: str, wanted: Installation, job: Job, attempts: Sequence[int], uv: Uv | None
    ) -> list[Run]:
        bench = self._benches.get()
        started = time.monotonic()
        try:
            bench.install(wanted, uv)
            installed = time.monotonic() - started
            first, *more = self._run_until_green(bench, key, job, attempts)
            seconds = first.result.seconds + installed
            return [replace(first, result=replace(first.result, seconds=seconds)), *more]
        except UvFailed as error:
            return [_not_installed(key, error, time.monotonic() - started)]
        except OSError as error:
            raise EnvironmentNotReady(
                f"{error.filename}: {error.strerror}", next_step="free some space"
            ) from error
        finally:
            self._benches.put(bench)

    def _run_until_green(
        self, bench: Bench, key: str, job: Job, attempts: Sequence[int]
    ) -> list[Run]:
        local = replace(job, command=bench.command(job.command))
        runs: list[Run] = []
        for attempt in attempts:
            runs.append(self._run(bench, key, local, attempt))
            if runs[-1].result.word in {Word.PASS, Word.CANCELLED}:
                break
        return runs

    def _run(self, bench: Bench, key: str, job: Job, attempt: int) -> Run:
        probe = Probe(self._announce)
        self._running.add(probe)
        if self._is_left:
            probe.stop()
        try:
            result = probe.run(bench, key, job, attempt)
        finally:
            self._running.discard(probe)
        failed = result.word is not Word.PASS
        if failed and shutil.disk_usage(bench.path).free < _LEAST_SPACE:
            raise EnvironmentNotReady(
                "the disk is full: what the command says is not believed",
                next_step="free some space, or set TMPDIR",
            )
        if result.word is Word.ERROR and (sign := _sign(result.why)):
            result = replace(result, word=Word.FAIL, fingerprint=frozenset({sign}))
        return Run(result, bench.last_output() if failed else "", imports=bench.imports())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._is_left = True
        self._threads.shutdown(wait=False, cancel_futures=True)
        for probe in list(self._running):
            probe.stop()
        self._threads.shutdown()


def _sign(why: str) -> str:
    """Return a fingerprint for a command that hung or crashed: with other pins it did not, so that is a failure too."""
    if why.startswith("not over after"):
        return "error:Timeout"
    found = re.match(r"the command itself failed \((\d+)\)|ended by (\w+)", why)
    return f"error:{found[2] or 'Status' + found[1]}" if found else ""


def _not_installed(key: str, error: UvFailed, seconds: float) -> Run:
    """Return what an installation that failed says: it is red like a test, with a fingerprint of its own."""
    built = re.search(
        r"(?:Failed to build|Failed to download and build) `([A-Za-z0-9._-]+)", error.output
    )
    shown = frozenset({NOT_INSTALLED, f"test:install {built[1]}" if built else "test:install"})
    result = ProbeResult(key, Word.FAIL, seconds, last_words(error.output), shown)
    return Run(result, error.output, is_built=False)
