"""Probes in threads, and the way to a cluster."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import wait
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from runbook.culprit.probes import probing
from runbook.culprit.probes.executor import (
    ClusterExecutor,
    LocalExecutor,
    bundle,
    refuse_other_pythons,
)
from runbook.culprit.probes.probing import Job, Word
from runbook.errors import EnvironmentNotReady
from tests.runbook.support import is_alive, wait_until

if TYPE_CHECKING:
    from tests.runbook.culprit.conftest import History


def test_probes_go_on_at_once_each_in_its_own_tree(history: History, tmp_path: Path) -> None:
    """Each waits for the other: one after the other they would never end."""
    meet = f"cd '{tmp_path}'; mkdir $RUNBOOK_ATTEMPT; until [ -d 1 ] && [ -d 2 ]; do sleep 0.01; done; echo $OLDPWD"
    sha = history.git("rev-parse", "main")
    with LocalExecutor(
        history.root / ".git", Job(f"{meet} >> '{tmp_path}/places'", timeout=60), 2
    ) as executor:
        results = [future.result() for future in [executor.submit(sha, 1), executor.submit(sha, 2)]]
    assert [Word.PASS] * 2 == [result.word for result in results]
    places = (tmp_path / "places").read_text(encoding="utf-8").splitlines()
    assert 2 == len(set(places))


def test_leaving_ends_what_runs_and_removes_the_trees(history: History, tmp_path: Path) -> None:
    pid = tmp_path / "pid"
    sha = history.git("rev-parse", "main")
    with LocalExecutor(
        history.root / ".git", Job(f"echo $$ > '{pid}'; pwd >> '{pid}'; exec sleep 1000"), 1
    ) as executor:
        executor.submit(sha, 1)
        wait_until(
            lambda: pid.exists() and pid.read_text(encoding="utf-8").count("\n") == 2, "the command"
        )
    process, place = pid.read_text(encoding="utf-8").splitlines()
    wait_until(lambda: not is_alive(int(process)), "the end of the process")
    assert not Path(place).exists()


def test_a_cancelled_probe_makes_room_for_the_next(history: History, tmp_path: Path) -> None:
    pid = tmp_path / "pid"
    command = f"[ $RUNBOOK_ATTEMPT = 2 ] && exit 0; echo $$ > '{pid}'; exec sleep 1000"
    sha = history.git("rev-parse", "main")
    with LocalExecutor(history.root / ".git", Job(command), 1) as executor:
        first = executor.submit(sha, 1)
        wait_until(lambda: pid.exists() and pid.read_text(encoding="utf-8"), "the command")
        assert executor.cancel(first)
        second = executor.submit(sha, 2)
        wait([first, second])
        assert executor.cancel(second)
        assert (Word.CANCELLED, Word.PASS) == (first.result().word, second.result().word)


def test_what_was_cancelled_before_it_began_was_no_run(history: History, tmp_path: Path) -> None:
    """There is one tree, and whoever has it waits: the second has not begun."""
    pid = tmp_path / "pid"
    sha = history.git("rev-parse", "main")
    job = Job(f"echo $$ > '{pid}'; exec sleep 1000")
    with LocalExecutor(history.root / ".git", job, 1) as executor:
        first, second = executor.submit(sha, 1), executor.submit(sha, 2)
        wait_until(lambda: pid.exists() and pid.read_text(encoding="utf-8"), "the command")
        assert (False, True) == (executor.cancel(second), executor.cancel(first))


def test_a_bundle_holds_the_history_and_leaves_no_ref_behind(
    history: History, tmp_path: Path
) -> None:
    sha = history.git("rev-parse", "main~3")
    before = history.snapshot()
    (tmp_path / "it").write_bytes(bundle(history.root / ".git", sha))
    assert before == history.snapshot()
    subprocess.run(
        ["git", "clone", "--quiet", "--no-checkout", str(tmp_path / "it"), str(tmp_path / "clone")],
        check=True,
    )
    count = subprocess.run(
        ["git", "rev-list", "--count", sha],
        cwd=tmp_path / "clone",
        capture_output=True,
        text=True,
        check=True,
    )
    assert 18 == int(count.stdout)


def test_what_a_worker_gets_by_value_has_no_function_that_it_would_look_up_by_name() -> None:
    """Those of a cache are pickled by their name alone, in a package that a worker does not have."""
    ours = [module for name, module in sys.modules.items() if name.startswith("runbook.culprit.")]
    assert probing in ours
    cached = type(cache(len))
    looked_up = [
        f"{module.__name__}.{name}"
        for module in ours
        for name, value in vars(module).items()
        if isinstance(value, cached)
    ]
    assert [] == looked_up


def test_without_dask_a_cluster_is_an_error_that_says_so(
    history: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(EnvironmentNotReady, match="needs Dask"):
        ClusterExecutor("tcp://127.0.0.1:1", history.root, "main", Job("true"), None)


def test_a_worker_that_runs_another_python_is_refused() -> None:
    own = ".".join(map(str, sys.version_info[:3]))
    refuse_other_pythons({"tcp://a": {"host": {"python": f"{own}.final.0"}}})
    with pytest.raises(EnvironmentNotReady, match=r"tcp://b runs Python 2\.7\.18"):
        refuse_other_pythons({"tcp://b": {"host": {"python": "2.7.18.final.0"}}})
