"""Real processes that leave their group: they are found, and nobody else is."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from runbook.processes.descendants import VARIABLE, end_all, end_group, end_marked, marked
from tests.runbook.support import completed, is_alive, wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

SLEEPER = "import time; print(flush=True); time.sleep(600)"


@contextmanager
def sleeping(environment: Mapping[str, str]) -> Iterator[subprocess.Popen[str]]:
    """Run a process that leads a session of its own, and that sleeps; yield it once it has begun."""
    with subprocess.Popen(
        [sys.executable, "-I", "-S", "-c", SLEEPER],
        env=environment,
        stdout=subprocess.PIPE,
        start_new_session=True,
        text=True,
    ) as process:
        assert process.stdout
        process.stdout.readline()
        yield process
        process.kill()


@pytest.fixture
def mark(tmp_path: Path) -> str:
    return str(tmp_path / "mark")


def test_who_is_marked_is_ended_before_it_returns(mark: str) -> None:
    with sleeping(marked(os.environ, mark)) as process:
        end_marked(mark)

        assert not is_alive(process.pid)


@pytest.mark.parametrize("others", ["{}-and-more", "{}s/deep", "/elsewhere{}"])
def test_nobody_else_is_ended(mark: str, others: str) -> None:
    with sleeping(marked(os.environ, others.format(mark))) as process:
        end_marked(mark)

        assert is_alive(process.pid)


@pytest.mark.parametrize("name", ["PWD", "TMPDIR", f"A_{VARIABLE}"])
def test_who_only_mentions_the_mark_is_not_ended(mark: str, name: str) -> None:
    with sleeping({**os.environ, name: marked({}, mark)[VARIABLE]}) as process:
        end_marked(mark)

        assert is_alive(process.pid)


def test_a_mark_is_not_lost_to_those_that_are_added(mark: str) -> None:
    with sleeping(marked(marked(os.environ, mark), "/another")) as process:
        end_marked(mark)

        assert not is_alive(process.pid)


def test_a_folder_finds_who_is_marked_by_a_path_in_it(mark: str) -> None:
    with sleeping(marked(os.environ, f"{mark}/0/scratch")) as process:
        end_marked(mark)

        assert not is_alive(process.pid)


def test_what_a_daemon_has_started_is_ended_with_it(mark: str, tmp_path: Path) -> None:
    """Its parent has ended, and it leads a session of its own: neither parents nor groups lead to it."""
    pid = tmp_path / "pid"
    daemon = f"import os, time; open({str(pid)!r}, 'w').write(str(os.getpid())); time.sleep(600)"
    starts = (
        "import subprocess, sys;"
        f" subprocess.Popen([sys.executable, '-I', '-S', '-c', {daemon!r}], start_new_session=True)"
    )
    subprocess.run([sys.executable, "-c", starts], env=marked(os.environ, mark), check=True)
    wait_until(lambda: pid.exists() and pid.read_bytes(), "the daemon")

    end_marked(mark)

    assert not is_alive(int(pid.read_bytes()))


def test_who_asks_is_not_ended_itself(mark: str) -> None:
    asks = f"from runbook.processes.descendants import end_marked; end_marked({mark!r}); print('alive')"
    done = completed([sys.executable, "-c", asks], env=marked(os.environ, mark))
    assert (0, "alive\n") == (done.returncode, done.stdout)


def test_group_and_marked_are_ended_together(mark: str) -> None:
    with sleeping(os.environ) as leader, sleeping(marked(os.environ, mark)) as other:
        end_all(leader.pid, mark)

        leader.wait()
        assert not is_alive(other.pid)


def test_a_group_that_is_gone_is_no_error() -> None:
    with sleeping(os.environ) as leader:
        end_group(leader.pid)
        leader.wait()
        end_group(leader.pid)
