"""A search on a Dask cluster: a real scheduler, and two worker processes that know nothing of this package."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from tests.runbook.support import ENGINE, Repository, is_alive, wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_PLAIN = ("PYTHONPATH", "RUNBOOK_", "GIT_", "DASK_")  # a worker has none of them
_BOTH_ARE_THERE = """
import sys
from distributed import Client

with Client(sys.argv[1], set_as_default=False) as client:
    client.wait_for_workers(2)
"""
_IDENTITY = {
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_AUTHOR_NAME": "Ada",
    "GIT_AUTHOR_EMAIL": "ada@example.org",
    "GIT_COMMITTER_NAME": "Ada",
    "GIT_COMMITTER_EMAIL": "ada@example.org",
}


@dataclass
class Cluster:
    """A scheduler and its workers, which end with the stack.

    Attributes:
        folder: Where they keep their files.
        stack: What ends them.
        workers: The worker processes.
        scheduler: The scheduler's.
    """

    folder: Path
    stack: ExitStack
    workers: list[subprocess.Popen[bytes]] = field(default_factory=list)
    scheduler: subprocess.Popen[bytes] = field(init=False)

    @property
    def address(self) -> str:
        """Where the scheduler listens."""
        return str(json.loads((self.folder / "scheduler.json").read_bytes())["address"])

    def start(self, *command: str) -> subprocess.Popen[bytes]:
        """Start one of Dask's programs, without this package on its path."""
        plain = {k: v for k, v in os.environ.items() if not k.startswith(_PLAIN)}
        process = subprocess.Popen(
            [sys.executable, "-m", *command, "--scheduler-file", str(self.folder / "scheduler.json"),
             "--host", "127.0.0.1"],
            cwd=self.folder, env=plain | {"TMPDIR": str(self.folder)},
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        self.stack.callback(process.wait)
        self.stack.callback(process.kill)
        return process

    def start_worker(self) -> None:
        """Start a worker of one thread."""
        place = self.folder / f"worker-{len(self.workers)}"
        program = ("distributed.cli.dask_worker", "--no-nanny", "--no-dashboard", "--nthreads", "1")
        self.workers.append(self.start(*program, "--local-directory", str(place)))


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    """A scheduler with two workers."""
    with ExitStack() as stack:
        made = Cluster(tmp_path / "cluster", stack)
        made.folder.mkdir()
        made.scheduler = made.start(
            "distributed.cli.dask_scheduler", "--port", "0", "--no-dashboard"
        )
        wait_until((made.folder / "scheduler.json").exists, "the scheduler")
        for _ in range(2):
            made.start_worker()
        subprocess.run([sys.executable, "-c", _BOTH_ARE_THERE, made.address], check=True)
        yield made


@pytest.fixture
def history(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repository:
    """A repository of 31 candidates, the eleventh of which breaks it."""
    for name, value in _IDENTITY.items():
        monkeypatch.setenv(name, value)
    root = tmp_path / "a repository"
    root.mkdir()
    made = Repository(root).init()
    for number in range(32):
        made.write(f"noise/{number}", "x\n")
        made.write("state", "bad\n" if number >= 11 else "good\n")
        made.commit(f"commit {number}")
    return made


def search(history: Repository, cluster: Cluster, command: str) -> subprocess.Popen[str]:
    """Start a search on the cluster."""
    arguments = ("--repo", str(history.root), "--good", "main~31", "--command", command)
    return subprocess.Popen(
        [sys.executable, "-m", "runbook.culprit", *arguments, "--cluster", cluster.address, "--json", "-"],
        env=os.environ | {"PYTHONPATH": str(ENGINE)}, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip


def logged(log: Path) -> list[list[str]]:
    """Return what the probes logged: the commit, and the process of the worker."""
    return [line.split() for line in log.read_text().splitlines()] if log.exists() else []


def result(process: subprocess.Popen[str]) -> dict[str, Any]:
    """Wait for a search to end well; return what it says."""
    out, err = process.communicate(timeout=240)
    assert 0 == process.returncode, err
    return dict(json.loads(out))


def test_the_same_search_ends_at_the_same_commit_with_both_workers_at_work(
    history: Repository, cluster: Cluster, tmp_path: Path
) -> None:
    log, two = tmp_path / "log", tmp_path / "two"
    # The first two probes wait for each other: one after the other they would never end.
    meet = f"touch '{two}'.$$; until [ $(ls '{two}'.* | wc -l) -ge 2 ]; do sleep 0.02; done"
    command = f"echo $RUNBOOK_COMMIT $PPID >> '{log}'; {meet}; grep -q good state"

    record = result(search(history, cluster, command))

    assert ("found", "commit 11", "pass") == (
        record["verdict"],
        record["culprit"]["subject"],
        record["tip_without_culprit"],
    )
    assert {str(worker.pid) for worker in cluster.workers} == {pid for _, pid in logged(log)}
    assert len(logged(log)) == record["runs"]


def test_a_worker_that_is_killed_costs_its_probe_and_nothing_else(
    history: Repository, cluster: Cluster, tmp_path: Path
) -> None:
    log, go = tmp_path / "log", tmp_path / "go"
    wait = f"until [ -e '{go}' ]; do sleep 0.02; done"
    command = f"echo $RUNBOOK_COMMIT $PPID >> '{log}'; {wait}; grep -q good state"
    process = search(history, cluster, command)
    wait_until(lambda: len(logged(log)) >= 2, "a probe on each worker")
    victim, survivor = cluster.workers
    lost = next(sha for sha, pid in logged(log) if pid == str(victim.pid))

    victim.send_signal(signal.SIGKILL)
    victim.wait()
    go.touch()
    record = result(process)

    assert ("found", "commit 11") == (record["verdict"], record["culprit"]["subject"])
    assert [lost, str(survivor.pid)] in logged(log)
    assert not [probe for probe in record["probes"] if probe["outcome"] == "error"]
    assert is_alive(survivor.pid)


@pytest.mark.parametrize("lost", ["the scheduler", "the workers"])
def test_a_cluster_that_goes_away_ends_the_search_as_an_error_of_the_environment(
    history: Repository, cluster: Cluster, tmp_path: Path, lost: str
) -> None:
    log = tmp_path / "log"
    command = f"echo $RUNBOOK_COMMIT $PPID >> '{log}'; [ $(wc -l < '{log}') -lt 3 ] || sleep 60"
    searching = search(history, cluster, command)
    wait_until(lambda: log.exists() and len(logged(log)) >= 3, "the third probe")
    for process in cluster.workers if lost == "the workers" else [cluster.scheduler]:
        process.kill()

    said = searching.communicate()[1]

    assert (4, True) == (searching.returncode, f"error: {lost} at {cluster.address}" in said), said
    assert "--resume" in said
    assert " error in " not in said  # what nobody ran says nothing of its commit


def test_the_users_repository_is_not_written_to(history: Repository, cluster: Cluster) -> None:
    def snapshot() -> dict[str, bytes]:
        files = (path for path in history.root.rglob("*") if path.is_file())
        return {str(path): path.read_bytes() for path in files if "runbook" not in path.parts}

    before = snapshot()
    assert "found" == result(search(history, cluster, "grep -q good state"))["verdict"]
    assert before == snapshot()


def test_a_scheduler_that_does_not_answer_is_an_error_of_the_environment(
    history: Repository, cluster: Cluster
) -> None:
    for worker in cluster.workers:
        worker.kill()
        worker.wait()
    arguments = ("--repo", str(history.root), "--good", "main~31", "--command", "true")
    done = subprocess.run(
        [sys.executable, "-m", "runbook.culprit", *arguments, "--cluster", "tcp://127.0.0.1:1"],
        env=os.environ | {"PYTHONPATH": str(ENGINE)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (4, True) == (done.returncode, "no Dask workers answer" in done.stderr)
    assert "Traceback" not in done.stderr
