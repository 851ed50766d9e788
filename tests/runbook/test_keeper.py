"""The keeper, with real processes: nothing that it keeps outlives the owner, however that ends."""

from __future__ import annotations

import errno
import os
import select
import signal
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from runbook.keeper import fork_keeper
from tests.runbook.support import PATIENCE, engine_environment, is_alive, wait_until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

# Says its process id, then sleeps until it is ended.
SLEEPER = "import os, time; print(os.getpid(), flush=True); time.sleep(600)"
STUBBORN = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {SLEEPER}"
PARENT_OF = """
import subprocess, sys, time
subprocess.Popen([sys.executable, "-c", {!r}])
time.sleep(600)
"""
ORPHANING = f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {SLEEPER!r}])"
# Starts a child that leads a session of its own, as a daemon does.
DAEMON_OF = f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {STUBBORN!r}], start_new_session=True)"
# An owner that starts a keeper and waits for ever.
OWNER = """
import subprocess, sys, time
keeper = subprocess.Popen(sys.argv[1:], stdin=subprocess.PIPE, start_new_session=True)
print("keeper", keeper.pid, flush=True)
time.sleep(600)
"""
# One that forks its keeper, as the smoke does, of the same command line.
FORKING_OWNER = """
import os, sys, time
from runbook.keeper import fork_keeper
keeper, _, output = fork_keeper(sys.argv[4:], environment=dict(os.environ), errors=2)
print("keeper", keeper, flush=True)
print(open(output).readline(), end="", flush=True)
time.sleep(600)
"""
# One whose keeper makes the folder, and whose whole group is killed while that is done.
MAKING_OWNER = """
import os, signal, sys
from runbook.keeper import fork_keeper
folder, *arguments = sys.argv[1:]
owners = os.getpgid(0)

def make():
    os.mkdir(folder)
    print("made", flush=True)
    os.killpg(owners, signal.SIGKILL)
    return 2

fork_keeper(arguments, environment=dict(os.environ), errors=make)
"""


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
def keep(tmp_path: Path) -> Iterator[Callable[..., Kept]]:
    """Keep a Python program that prints a process id; ``tmp_path / "kept"`` goes with it."""
    keepers: list[subprocess.Popen[str]] = []

    def start(program: str, grace: float = 0.2) -> Kept:
        (tmp_path / "kept" / "deep").mkdir(parents=True)
        folder = str(tmp_path / "kept")
        keeper = subprocess.Popen(
            [
                *(sys.executable, "-m", "runbook.keeper", "--remove", folder),
                *("--grace", str(grace), "--", sys.executable, "-c", program),
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
    "program",
    [SLEEPER, STUBBORN, PARENT_OF.format(SLEEPER), PARENT_OF.format(STUBBORN)],
    ids=["willing", "stubborn", "with a child", "with a stubborn child"],
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
    keep: Callable[..., Kept], tmp_path: Path
) -> None:
    said = tmp_path / "said"
    heeds = f"import signal; signal.signal(signal.SIGTERM, lambda *_: exit(open({str(said)!r}, 'w').close()))"

    assert 0 == keep(f"{heeds}; {SLEEPER}", grace=PATIENCE).let_go()

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


@pytest.mark.parametrize("program", [ORPHANING, DAEMON_OF], ids=["its group", "a daemon"])
def test_what_a_dead_command_left_behind_ends_too(
    keep: Callable[[str], Kept], program: str
) -> None:
    kept = keep(program)
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
@pytest.mark.parametrize("program", [OWNER, FORKING_OWNER], ids=["spawned", "forked"])
@pytest.mark.parametrize("kept", [SLEEPER, DAEMON_OF], ids=["a command", "a daemon"])
def test_nothing_is_left_however_the_owner_is_ended(
    tmp_path: Path, program: str, kept: str, number: int
) -> None:
    folder = tmp_path / "kept"
    folder.mkdir()
    keeper = [sys.executable, "-m", "runbook.keeper", "--remove", str(folder), "--"]
    with subprocess.Popen(
        [sys.executable, "-c", program, *keeper, sys.executable, "-c", kept],
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


def test_a_forked_keeper_gives_the_command_what_it_was_given(tmp_path: Path) -> None:
    folder = tmp_path / "kept"
    folder.mkdir()
    errors = os.open(tmp_path / "errors", os.O_WRONLY | os.O_CREAT)
    shows = "import os, sys; print(sorted(os.environ), flush=True); sys.stderr.write('an error')"
    command = [sys.executable, "-I", "-S", "-c", shows]

    keeper, lifeline, output = fork_keeper(
        ["--remove", str(folder), "--", *command], environment={"GIVEN": "it"}, errors=errors
    )

    with os.fdopen(output, "rb") as said:
        lines = said.read()  # to its end, which is the command's
    assert b"GIVEN" in lines
    assert b"PATH" not in lines
    assert folder.exists()
    os.close(lifeline)
    assert 0 == os.waitpid(keeper, 0)[1]
    assert not folder.exists()
    os.close(errors)
    assert "an error" == (tmp_path / "errors").read_text(encoding="utf-8")


def test_what_a_forked_keeper_makes_goes_though_all_its_owners_die_meanwhile(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "kept"

    with subprocess.Popen(
        [sys.executable, "-c", MAKING_OWNER, str(folder), "--remove", str(folder), "--", "true"],
        env=engine_environment(),
        stdout=subprocess.PIPE,
        start_new_session=True,
    ) as owner:
        assert owner.stdout
        assert b"made\n" == owner.stdout.read()  # to its end: nobody holds it any more

    assert -signal.SIGKILL == owner.returncode
    wait_until(lambda: not folder.exists(), "the end of what was made")


def test_nothing_is_left_of_what_a_forked_keeper_cannot_make(tmp_path: Path) -> None:
    folder = tmp_path / "kept"

    def make() -> int:
        folder.mkdir()
        (folder / "data").touch()
        raise OSError(errno.ENOSPC, "")

    with pytest.raises(OSError, match=os.strerror(errno.ENOSPC)):
        fork_keeper(["--remove", str(folder), "--", "true"], environment={}, errors=make)

    assert not folder.exists()


def test_the_command_heeds_what_its_keeper_does_not(tmp_path: Path) -> None:
    errors = os.open(tmp_path / "errors", os.O_WRONLY | os.O_CREAT)
    shows = "import signal; print([n for n in (1, 2, 15) if signal.getsignal(n) is signal.SIG_IGN])"

    keeper, lifeline, output = fork_keeper(
        ["--", sys.executable, "-I", "-S", "-c", shows], environment={}, errors=errors
    )

    with os.fdopen(output, "rb") as said:
        assert b"[]\n" == said.read()
    for descriptor in (lifeline, errors):
        os.close(descriptor)
    os.waitpid(keeper, 0)


def test_a_forked_keeper_holds_nothing_of_its_owners(tmp_path: Path) -> None:
    """Not even what the owner lets others inherit: whoever waits for its end would wait for the keeper's."""
    errors = os.open(tmp_path / "errors", os.O_WRONLY | os.O_CREAT)
    readable, writable = os.pipe()
    os.set_inheritable(writable, True)  # noqa: FBT003 - it takes no keyword

    keeper, lifeline, output = fork_keeper(
        ["--", sys.executable, "-c", SLEEPER], environment={}, errors=errors
    )
    os.close(writable)
    with os.fdopen(output, "rb") as said:
        said.readline()  # the command runs
        ended, _, _ = select.select([readable], [], [], PATIENCE)

    for descriptor in (lifeline, errors, readable):
        os.close(descriptor)
    os.waitpid(keeper, 0)
    assert [readable] == ended


def test_a_forked_keeper_says_what_cannot_be_started(tmp_path: Path) -> None:
    errors = os.open(tmp_path / "errors", os.O_WRONLY | os.O_CREAT)

    keeper, lifeline, output = fork_keeper(["--", "no-such-program"], environment={}, errors=errors)

    assert 1 == os.waitstatus_to_exitcode(os.waitpid(keeper, 0)[1])
    for descriptor in (lifeline, output, errors):
        os.close(descriptor)
    said = (tmp_path / "errors").read_text(encoding="utf-8")
    assert "error: no-such-program cannot be started: No such file or directory\n" == said
