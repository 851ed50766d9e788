"""The keeper, with real processes: nothing that it keeps outlives the owner, however that ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from tests.runbook.support import PATIENCE, engine_environment, is_alive, wait_until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

# Says its process id, then sleeps until it is ended.
SLEEPER = "import os, time; print(os.getpid(), flush=True); time.sleep(600)"
STUBBORN = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {SLEEPER}"
PARENT = f"""
import subprocess, sys, time
subprocess.Popen([sys.executable, "-c", {SLEEPER!r}])
time.sleep(600)
"""
ORPHANING = f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {SLEEPER!r}])"
# An owner that starts a keeper as the smoke does and waits for ever.
OWNER = """
import subprocess, sys, time
keeper = subprocess.Popen(sys.argv[1:], stdin=subprocess.PIPE, start_new_session=True)
print("keeper", keeper.pid, flush=True)
time.sleep(600)
"""
_IMPATIENT = (
    "import sys, runbook.keeper as k; k.GRACE_SECONDS = 0.2; sys.exit(k.main(sys.argv[1:]))"
)


@dataclass(frozen=True)
class Kept:
    """A keeper that this test owns, and the process that it keeps."""

    keeper: subprocess.Popen[str]
    process: int

    def let_go(self) -> int:
        """End as an owner; return the keeper's exit status."""
        assert self.keeper.stdin
        self.keeper.stdin.close()
        return self.keeper.wait(timeout=PATIENCE)


@pytest.fixture
def keep(tmp_path: Path) -> Iterator[Callable[[str], Kept]]:
    """Keep a Python program that prints a process id; ``tmp_path / "kept"`` goes with it."""
    keepers: list[subprocess.Popen[str]] = []

    def start(program: str) -> Kept:
        (tmp_path / "kept" / "deep").mkdir(parents=True)
        folder = str(tmp_path / "kept")
        keeper = subprocess.Popen(
            [
                sys.executable,
                "-c",
                _IMPATIENT,
                "--remove",
                folder,
                "--",
                sys.executable,
                "-c",
                program,
            ],
            env=engine_environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,
            text=True,
        )
        keepers.append(keeper)
        assert keeper.stdout
        return Kept(keeper, int(keeper.stdout.readline()))

    yield start
    for keeper in keepers:
        assert keeper.stdin
        assert keeper.stdout
        keeper.stdin.close()
        keeper.stdout.close()
        keeper.wait(timeout=PATIENCE)


@pytest.mark.parametrize(
    "program", [SLEEPER, STUBBORN, PARENT], ids=["willing", "stubborn", "with a child"]
)
def test_what_is_kept_ends_with_its_owner(
    keep: Callable[[str], Kept], tmp_path: Path, program: str
) -> None:
    kept = keep(program)
    assert is_alive(kept.process)

    assert 0 == kept.let_go()

    wait_until(lambda: not is_alive(kept.process), "the end of the command")
    assert not (tmp_path / "kept").exists()


def test_a_signal_to_the_keeper_does_not_free_the_command(keep: Callable[[str], Kept]) -> None:
    kept = keep(SLEEPER)

    for number in (signal.SIGINT, signal.SIGHUP, signal.SIGTERM):
        kept.keeper.send_signal(number)

    assert kept.keeper.poll() is None
    assert is_alive(kept.process)
    assert 0 == kept.let_go()
    wait_until(lambda: not is_alive(kept.process), "the end of the command")


def test_the_command_is_asked_by_a_signal_that_it_can_heed(
    keep: Callable[[str], Kept], tmp_path: Path
) -> None:
    said = tmp_path / "said"
    heeds = f"import signal; signal.signal(signal.SIGTERM, lambda *_: open({str(said)!r}, 'w'))"

    assert 0 == keep(f"{heeds}; {SLEEPER}").let_go()

    assert said.exists()


def test_the_death_of_the_command_is_told_by_the_end_of_its_output(
    keep: Callable[[str], Kept], tmp_path: Path
) -> None:
    kept = keep("import os; print(os.getpid(), flush=True)")

    assert kept.keeper.stdout
    assert "" == kept.keeper.stdout.read()
    assert kept.keeper.poll() is None
    assert (tmp_path / "kept").exists()
    assert 0 == kept.let_go()
    assert not (tmp_path / "kept").exists()


def test_what_a_dead_command_left_behind_ends_too(keep: Callable[[str], Kept]) -> None:
    kept = keep(ORPHANING)
    assert is_alive(kept.process)

    assert 0 == kept.let_go()

    wait_until(lambda: not is_alive(kept.process), "the end of the orphan")


def test_a_command_that_cannot_be_started_is_said_and_leaves_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "kept"
    folder.mkdir()
    command = [
        sys.executable,
        "-m",
        "runbook.keeper",
        "--remove",
        str(folder),
        "--",
        "no-such-program",
    ]

    done = subprocess.run(
        command,
        env=engine_environment(),
        stdin=subprocess.PIPE,
        capture_output=True,
        text=True,
        check=False,
    )

    assert 1 == done.returncode
    assert "error: no-such-program cannot be started: No such file or directory\n" == done.stderr
    assert not folder.exists()


def test_what_a_link_leads_to_is_not_removed(keep: Callable[[str], Kept], tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    (outside / "inner").mkdir(parents=True)
    (outside / "file").write_text("keep me", encoding="utf-8")
    kept = keep(SLEEPER)
    folder = tmp_path / "kept"
    (folder / "deep" / "deeper").mkdir(parents=True)
    (folder / "deep" / "file").touch()
    (folder / "deep" / "to-folder").symlink_to(outside)
    (folder / "to-file").symlink_to(outside / "file")
    (folder / "to-nothing").symlink_to("nowhere")

    assert 0 == kept.let_go()

    assert not folder.exists()
    assert "keep me" == (outside / "file").read_text(encoding="utf-8")
    assert (outside / "inner").is_dir()


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_nothing_is_left_however_the_owner_is_ended(tmp_path: Path, number: int) -> None:
    folder = tmp_path / "kept"
    folder.mkdir()
    keeper = [sys.executable, "-m", "runbook.keeper", "--remove", str(folder), "--"]
    with subprocess.Popen(
        [sys.executable, "-c", OWNER, *keeper, sys.executable, "-c", SLEEPER],
        env=engine_environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        text=True,
    ) as owner:
        assert owner.stdout
        said = [owner.stdout.readline(), owner.stdout.readline()]
        processes = [int(line.split()[-1]) for line in said]
        assert all(is_alive(process) for process in processes)

        os.killpg(owner.pid, number)

        for process in processes:
            wait_until(lambda process=process: not is_alive(process), "the end of all")  # type: ignore[misc]
    assert not folder.exists()
