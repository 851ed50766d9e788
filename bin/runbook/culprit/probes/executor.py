"""Where probes run: threads of this machine, or a Dask cluster; both hand out `concurrent.futures` futures."""

from __future__ import annotations

import contextlib
import hashlib
import operator
import os
import queue
import sys
import tempfile
import threading
import time
from concurrent.futures import CancelledError, Future, InvalidStateError, ThreadPoolExecutor
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, Self

import runbook
from runbook.calls import call_install
from runbook.culprit.git import borrow, git
from runbook.culprit.probes.guarded import GuardedFolder
from runbook.culprit.probes.probing import Job, Probe, ProbeResult, Word
from runbook.culprit.probes.worktrees import Worktree
from runbook.errors import EnvironmentNotReady

if TYPE_CHECKING:
    from collections.abc import Mapping

_WORKERS_WAIT = 30.0  # seconds in which a cluster without a worker may get one
_PAUSE = 1.0

# Of the threads of a worker, which keep them from one probe to the next.
_trees: dict[Path, Worktree] = {}


class Executor(Protocol):
    """What runs probes; leaving the context ends all that still run and removes everything they made."""

    width: int

    def submit(self, sha: str, attempt: int, without: str = "") -> Future[ProbeResult]:
        """Start a probe of a commit, perhaps without another's change: the ``attempt``-th, counted from 1."""

    def cancel(self, future: Future[ProbeResult]) -> bool:
        """End a probe that is not needed any more; return whether it may have started anything."""

    def __enter__(self) -> Self: ...

    def __exit__(self, *_: object) -> None: ...


class LocalExecutor:
    """Probes in threads, each with a tree of its own.

    Args:
        source: The repository.
        job: What to run.
        width: How many at once.
    """

    def __init__(self, source: Path, job: Job, width: int) -> None:
        self.width = width
        self._job = job
        self._folder = GuardedFolder()
        self._trees: queue.SimpleQueue[Worktree] = queue.SimpleQueue()
        link = (
            self._folder.path / "source"
        )  # git writes the name of what it borrows from on one line
        link.symlink_to(source)
        for number in range(width):
            self._trees.put(Worktree(self._folder.path / str(number), link))
        self._threads = ThreadPoolExecutor(width)
        self._running: dict[Future[ProbeResult], Probe] = {}

    def submit(self, sha: str, attempt: int, without: str = "") -> Future[ProbeResult]:
        """Start a probe."""
        probe = Probe(self._folder.announce)
        future = self._threads.submit(self._run, probe, sha, attempt, without)
        self._running[future] = probe
        future.add_done_callback(lambda done: self._running.pop(done, None))
        return future

    def cancel(self, future: Future[ProbeResult]) -> bool:
        """End a probe; its result says cancelled."""
        probe = self._running.get(future)
        return probe is None or probe.stop()

    def _run(self, probe: Probe, sha: str, attempt: int, without: str) -> ProbeResult:
        tree = self._trees.get()
        try:
            return probe.run(tree, sha, self._job, attempt, without)
        finally:
            self._trees.put(tree)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for probe in list(self._running.values()):
            probe.stop()
        self._threads.shutdown(cancel_futures=True)
        self._folder.close()


class ClusterExecutor:
    """Probes on the workers of a Dask scheduler, which need git and the command's own needs, and not this package.

    The repository reaches them as a bundle. A worker that is lost costs its probe: another worker repeats it.

    Args:
        address: The scheduler's, such as ``tcp://10.0.0.1:8786``.
        source: The repository.
        bad: The commit whose history is sent.
        job: What to run.
        width: How many at once; None for as many as the cluster has threads.

    Raises:
        EnvironmentNotReady: Dask is not installed, or the scheduler does not answer.
    """

    def __init__(self, address: str, source: Path, bad: str, job: Job, width: int | None) -> None:
        try:
            cloudpickle: Any = import_module("cloudpickle")
            distributed: Any = import_module("distributed")
        except ImportError as error:
            raise EnvironmentNotReady(
                "--cluster needs Dask", next_step=call_install("distributed")
            ) from error
        cloudpickle.register_pickle_by_value(runbook)
        try:
            self._client = distributed.Client(address, timeout=10, set_as_default=False)
            self._client.wait_for_workers(1, timeout=_WORKERS_WAIT)
        except (OSError, TimeoutError, ValueError) as error:
            raise EnvironmentNotReady(
                f"no Dask workers answer at {address}: {error}",
                next_step=f"dask worker {address}, or leave --cluster away",
            ) from error
        self._address = address
        try:
            refuse_other_pythons(self._client.get_versions()["workers"])
        except EnvironmentNotReady:
            self._client.close()
            raise
        self.width = width or max(1, sum(self._client.nthreads().values()))
        content = bundle(source, bad)
        run = partial(_probe_on_worker, hashlib.sha256(content).hexdigest()[:16], job)
        # Both are results of tasks: whatever a lost worker held, another one makes again.
        self._bundle = self._client.submit(bytes, content, pure=False)
        self._run = self._client.submit(cloudpickle.loads, cloudpickle.dumps(run), pure=False)
        self._pool = self._client.get_executor(pure=False, retries=3)
        self._waiting: set[Future[ProbeResult]] = set()
        self._is_over = threading.Event()
        threading.Thread(target=self._watch, daemon=True).start()

    def submit(self, sha: str, attempt: int, without: str = "") -> Future[ProbeResult]:
        """Start a probe.

        Raises:
            EnvironmentNotReady: The scheduler is gone.
        """
        outer: Future[ProbeResult] = Future()
        try:
            inner = self._pool.submit(operator.call, self._run, self._bundle, sha, attempt, without)
        except Exception as error:
            if self._is_there:
                raise
            raise self._gone("the scheduler") from error
        self._waiting.add(outer)
        inner.add_done_callback(lambda done: self._hand_over(done, outer, sha, without))
        return outer

    def cancel(self, future: Future[ProbeResult]) -> bool:  # noqa: ARG002 - as the other has it
        """Do nothing: a worker cannot be stopped half-way; what it says will not be waited for."""
        return True

    def _hand_over(
        self, inner: Future[Any], outer: Future[ProbeResult], sha: str, without: str
    ) -> None:
        self._waiting.discard(outer)
        with contextlib.suppress(InvalidStateError):  # nobody waits for it any more
            try:
                word, seconds, why, fingerprint = inner.result()
                shown = frozenset(fingerprint)
                outer.set_result(ProbeResult(sha, Word(word), seconds, why, shown, without=without))
            except CancelledError:  # Dask gives up what it had asked of a scheduler that is gone
                outer.set_exception(self._gone("the scheduler"))
            except BaseException as error:  # noqa: BLE001 - whatever befell the worker is not the commit's fault
                why = f"the worker failed: {error!r}"
                outer.set_result(ProbeResult(sha, Word.ERROR, 0.0, why, without=without))

    @property
    def _is_there(self) -> bool:
        return bool(self._client.status == "running")

    def _gone(self, who: str) -> EnvironmentNotReady:
        what = f"{who} at {self._address} went away while the search went on"
        return EnvironmentNotReady(what, next_step=f"start {who} again, and search with --resume")

    def _watch(self) -> None:
        """End the search where nobody has been there for a while: Dask would wait for them as long as it takes."""
        seen = time.monotonic()
        while not self._is_over.wait(_PAUSE):
            with contextlib.suppress(Exception):  # whom it asks may go at this moment
                if self._is_there and self._client.nthreads():
                    seen = time.monotonic()
            if time.monotonic() - seen > _WORKERS_WAIT:
                gone = self._gone("the workers" if self._is_there else "the scheduler")
                for outer in tuple(self._waiting):
                    with contextlib.suppress(InvalidStateError):  # it has answered after all
                        outer.set_exception(gone)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._is_over.set()
        if self._is_there:  # a scheduler that is gone cannot be told
            self._pool.shutdown(wait=False)
            self._client.close()


def refuse_other_pythons(workers: Mapping[str, Mapping[str, Any]]) -> None:
    """Refuse workers that cannot read what this Python sends: it would end them.

    Args:
        workers: The versions of each, by its address, as Dask tells them.

    Raises:
        EnvironmentNotReady: One runs another Python.
    """
    own = "{}.{}".format(*sys.version_info)
    for address, versions in workers.items():
        python = str(versions["host"]["python"])
        if python.split(".")[:2] != own.split("."):
            raise EnvironmentNotReady(
                f"the worker at {address} runs Python {python}, and this search {own}",
                next_step=f"start that worker by Python {own}",
            )


def bundle(source: Path, commit: str) -> bytes:
    """Return the whole history of a commit as a git bundle, made without a ref in the user's repository."""
    with tempfile.TemporaryDirectory(prefix="runbook-bundle-") as scratch:
        folder = Path(scratch)
        (folder / "source").symlink_to(source)
        borrow(folder / "source", folder / "clone", "--bare")
        git(folder / "clone", "update-ref", "refs/heads/culprit-search", commit)
        git(
            folder / "clone",
            "bundle",
            "create",
            "--quiet",
            "../bundle",
            "refs/heads/culprit-search",
        )
        return (folder / "bundle").read_bytes()


def _probe_on_worker(  # noqa: PLR0913, PLR0917 - all of a probe goes over the wire
    digest: str, job: Job, content: bytes, sha: str, attempt: int, without: str
) -> tuple[str, float, str, list[str]]:
    """Run one probe on a worker; plain values come back, since the worker has classes of its own."""
    worker: Any = import_module("distributed").get_worker()
    folder = Path(worker.local_directory, f"runbook-culprit-{digest}-{threading.get_ident()}")
    file = folder / "bundle"
    if not file.exists():
        folder.mkdir(exist_ok=True)
        unfinished = folder / f"bundle-{os.getpid()}"
        unfinished.write_bytes(content)
        unfinished.rename(file)
    tree = _trees.setdefault(folder, Worktree(folder, file))
    result = Probe().run(tree, sha, job, attempt, without)
    return str(result.word), result.seconds, result.why, sorted(result.fingerprint)
