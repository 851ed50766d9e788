"""A folder, and processes, that go away however their owner ends."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from runbook.culprit.probes import guard
from runbook.culprit.probes.guarded import GuardedFolder
from tests.runbook.support import engine_environment, is_alive, wait_until


def test_a_command_is_run_to_its_end_in_a_folder_that_goes_away(tmp_path: Path) -> None:
    with GuardedFolder() as folder, (tmp_path / "log").open("wb") as log:
        status = folder.call(
            ["sh", "-c", "pwd; echo $X; exit 3"], cwd=folder.path, environment={"X": "y"}, log=log
        )
        place = folder.path
    assert (3, f"{place}\ny\n") == (status, (tmp_path / "log").read_text(encoding="utf-8"))
    assert not place.exists()


def test_what_a_command_leaves_running_is_ended(tmp_path: Path) -> None:
    pid = tmp_path / "pid"
    with GuardedFolder() as folder, (tmp_path / "log").open("wb") as log:
        command = ["sh", "-c", f"sleep 1000 & echo $! > '{pid}'"]
        folder.call(command, cwd=tmp_path, environment={}, log=log)
    wait_until(lambda: not is_alive(int(pid.read_text(encoding="utf-8"))), "its end")


OWNER = """
import os, sys
from pathlib import Path
from runbook.culprit.probes.guarded import GuardedFolder

with GuardedFolder() as folder, open(os.devnull, "wb") as log:
    print(folder.path, flush=True)
    folder.call(["sh", "-c", sys.argv[2]], cwd=Path(sys.argv[1]), environment={}, log=log)
"""
SLEEPS = "echo $$ > pid; exec sleep 1000"
LEAVES = f"""
{shlex.quote(sys.executable)} -c '
import subprocess
daemon = subprocess.Popen(["sleep", "1000"], start_new_session=True)
open("pid", "w").write(str(daemon.pid))
'
exec sleep 1000
"""


def own_a_folder(root: Path, command: str = SLEEPS) -> subprocess.Popen[str]:
    """Start an owner, whose temporary files are in ``scratch`` of the root; it prints its folder."""
    (root / "scratch").mkdir()
    return subprocess.Popen(
        [sys.executable, "-c", OWNER, str(root), command],
        env=engine_environment({"TMPDIR": str(root / "scratch")}),
        stdout=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize("command", [SLEEPS, LEAVES], ids=["a command", "a daemon"])
def test_a_killed_owner_leaves_neither_process_nor_folder(tmp_path: Path, command: str) -> None:
    with own_a_folder(tmp_path, command) as owner:
        assert owner.stdout is not None
        assert owner.stdout.readline().strip()
        pid = tmp_path / "pid"
        wait_until(lambda: pid.exists() and pid.read_text(encoding="utf-8"), "the command")
        owner.kill()
    wait_until(lambda: not is_alive(int(pid.read_text(encoding="utf-8"))), "the command's end")
    wait_until(lambda: not list((tmp_path / "scratch").iterdir()), "the folder's end")


# In a session of its own, as if it were a checkout of git: it writes until it is told to stop.
WRITER = """
import contextlib, os, sys
folder, stop = sys.argv[1:]
while not os.path.exists(stop):
    with contextlib.suppress(OSError):
        os.mkdir(os.path.join(folder, "0"))
"""


def test_what_outlives_a_killed_owner_for_a_moment_leaves_nothing_either(tmp_path: Path) -> None:
    stop = tmp_path / "stop"
    with own_a_folder(tmp_path) as owner:
        assert owner.stdout is not None
        folder = Path(owner.stdout.readline().strip())
        (folder / "before").touch()
        with subprocess.Popen([sys.executable, "-c", WRITER, str(folder), str(stop)]) as writer:
            wait_until((folder / "0").exists, "the first that it writes")
            owner.kill()
            wait_until(lambda: not (folder / "before").exists(), "the start of the removal")
            stop.touch()
        assert 0 == writer.returncode
    wait_until(lambda: not folder.exists(), "the folder's end")


def test_a_folder_that_comes_back_after_its_owner_was_killed_goes_again(tmp_path: Path) -> None:
    """As by a pytest in a session of its own, which is asked to end and then keeps its cache."""
    with own_a_folder(tmp_path) as owner:
        assert owner.stdout is not None
        folder = Path(owner.stdout.readline().strip())
        owner.kill()
    wait_until(lambda: not folder.exists(), "the folder's end")
    (folder / "tree-0" / "pytest-cache").mkdir(parents=True)
    wait_until(lambda: not folder.exists(), "its end once more")


def test_as_long_as_anything_is_left_the_next_start_knows_whose_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "folder"
    (folder / "written meanwhile").mkdir(parents=True)
    (folder / guard.LOCK).touch()
    with monkeypatch.context() as busy:
        busy.setattr("shutil.rmtree", lambda *_, **__: None)
        assert not guard.remove(folder)
    assert (folder / guard.LOCK).exists()
    assert guard.remove(folder)
    assert not folder.exists()


def test_what_was_made_read_only_goes_away_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a cache of Go modules is. Root may remove it, so that here nobody may."""
    kept = tmp_path / "kept"
    kept.mkdir(mode=0o500)
    folder = tmp_path / "folder"
    (folder / "tree" / "cache").mkdir(parents=True)
    (folder / "tree" / "cache" / "module").touch()
    (folder / "tree" / "link").symlink_to(kept)
    for mode, place in ((0o000, folder / "tree" / "cache"), (0o500, folder / "tree")):
        place.chmod(mode)

    def remove(place: Path, *, ignore_errors: bool) -> None:
        folders = [Path(each) for each, _, _ in os.walk(place)]
        if all(each.stat().st_mode & 0o700 == 0o700 for each in folders):
            whole(place, ignore_errors=ignore_errors)

    whole = shutil.rmtree
    monkeypatch.setattr("shutil.rmtree", remove)
    assert guard.remove(folder)
    assert not folder.exists()
    assert 0o500 == kept.stat().st_mode & 0o777


KILLED_WHILE_MAKING_IT = """
import os, signal
from runbook.culprit.probes import worktrees
from runbook.culprit.probes.guarded import GuardedFolder

worktrees._lock_new = lambda _: os.kill(os.getpid(), signal.SIGKILL)
GuardedFolder()
"""


def test_an_owner_that_is_killed_while_it_makes_the_folder_leaves_none(tmp_path: Path) -> None:
    killed = subprocess.run(
        [sys.executable, "-c", KILLED_WHILE_MAKING_IT],
        env=engine_environment({"TMPDIR": str(tmp_path)}),
        check=False,
    )
    assert -9 == killed.returncode
    wait_until(lambda: not list(tmp_path.iterdir()), "the end of its folder")
