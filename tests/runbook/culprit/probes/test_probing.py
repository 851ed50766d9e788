"""One probe, on a real repository."""

from __future__ import annotations

import errno
import os
import shlex
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from runbook.culprit.probes.probing import Job, Probe, Word, classify
from runbook.culprit.probes.worktrees import Worktree
from tests.runbook.support import is_alive, wait_until

if TYPE_CHECKING:
    from tests.runbook.culprit.conftest import History


@pytest.fixture
def tree(history: History, tmp_path: Path) -> Worktree:
    link = tmp_path / "link"
    link.symlink_to(history.root)
    return Worktree(tmp_path / "place", link)


@pytest.fixture
def sha(history: History) -> str:
    return history.git("rev-parse", "main")


@pytest.mark.parametrize(
    ("status", "word"),
    [
        (0, Word.PASS),
        (1, Word.FAIL),
        (2, Word.FAIL),
        (124, Word.FAIL),
        (125, Word.UNTESTABLE),
        (126, Word.ERROR),
        (127, Word.ERROR),
        (137, Word.ERROR),
        (-9, Word.ERROR),
        (-15, Word.ERROR),
        (None, Word.ERROR),
    ],
)
def test_what_a_status_means(status: int | None, word: Word) -> None:
    assert word is classify(status, 1.0)[0]


@pytest.mark.parametrize(
    ("command", "word", "why"),
    [
        ("true", Word.PASS, ""),
        ("echo so; exit 3", Word.FAIL, "exit status 3: so"),
        ("kill -SEGV $$", Word.ERROR, "ended by SIGSEGV"),
        ("no-such-program", Word.ERROR, "127"),
        ("exit 125", Word.UNTESTABLE, "125"),
    ],
)
def test_a_command_is_run_and_judged(
    tree: Worktree, sha: str, command: str, word: Word, why: str
) -> None:
    result = Probe().run(tree, sha, Job(command), 1)
    assert (sha, word, True) == (result.sha, result.word, why in result.why)


def test_the_command_knows_its_commit_and_attempt(tree: Worktree, sha: str) -> None:
    command = f'[ "$RUNBOOK_COMMIT" = {sha} ] && [ "$RUNBOOK_ATTEMPT" = 7 ] && [ -e state ]'
    assert Word.PASS is Probe().run(tree, sha, Job(command), 7).word


def test_a_failed_setup_makes_it_untestable_and_the_command_is_not_run(
    tree: Worktree, sha: str, tmp_path: Path
) -> None:
    result = Probe().run(tree, sha, Job(f"touch '{tmp_path}/ran'", setup="echo no tool; exit 1"), 1)
    assert (Word.UNTESTABLE, "setup ended with 1: no tool") == (result.word, result.why)
    assert not (tmp_path / "ran").exists()


def test_what_the_setup_made_is_there_for_the_command(tree: Worktree, sha: str) -> None:
    assert Word.PASS is Probe().run(tree, sha, Job("[ -e made ]", setup="touch made"), 1).word


def test_a_timeout_ends_the_whole_group(tree: Worktree, sha: str, tmp_path: Path) -> None:
    command = f"sleep 1000 & echo $! > '{tmp_path}/pid'; wait"
    result = Probe().run(tree, sha, Job(command, timeout=0.3), 1)
    assert (Word.ERROR, "not over after 0.3 s") == (result.word, result.why)
    pid = int((tmp_path / "pid").read_text(encoding="utf-8"))
    wait_until(lambda: not is_alive(pid), "the end of the process")


def test_what_a_command_leaves_running_is_ended_and_holds_nothing_up(
    tree: Worktree, sha: str, tmp_path: Path
) -> None:
    result = Probe().run(tree, sha, Job(f"sleep 1000 & echo $! > '{tmp_path}/pid'"), 1)
    assert Word.PASS is result.word
    pid = int((tmp_path / "pid").read_text(encoding="utf-8"))
    wait_until(lambda: not is_alive(pid), "the end of the process")


# Starts a process that leads a session of its own, as a daemon does, and says who it is.
DAEMON = """
import subprocess, sys
started = subprocess.Popen(["sleep", "1000"], start_new_session=True)
open(sys.argv[1], "w").write(str(started.pid))
"""


@pytest.fixture
def leaves(tmp_path: Path) -> tuple[str, Path]:
    """A command that leaves such a process behind, and the file that says who it is."""
    pid = tmp_path / "daemon"
    return shlex.join([sys.executable, "-c", DAEMON, str(pid)]), pid


def test_what_left_the_group_is_ended_with_a_command_that_ends(
    tree: Worktree, sha: str, leaves: tuple[str, Path]
) -> None:
    command, pid = leaves
    assert Word.PASS is Probe().run(tree, sha, Job(command), 1).word
    assert not is_alive(int(pid.read_text(encoding="utf-8")))


def test_what_left_the_group_is_ended_with_a_command_that_is_ended(
    tree: Worktree, sha: str, leaves: tuple[str, Path]
) -> None:
    command, pid = leaves
    probe = Probe()
    job = Job(f"{command}; exec sleep 1000")
    thread = threading.Thread(target=lambda: probe.run(tree, sha, job, 1))
    thread.start()
    wait_until(lambda: pid.exists() and pid.read_text(encoding="utf-8"), "the command")
    probe.stop()
    thread.join()
    assert not is_alive(int(pid.read_text(encoding="utf-8")))


def test_a_probe_can_be_stopped(tree: Worktree, sha: str, tmp_path: Path) -> None:
    probe, results = Probe(), []
    pid = tmp_path / "pid"
    thread = threading.Thread(
        target=lambda: results.append(
            probe.run(tree, sha, Job(f"echo $$ > '{pid}'; exec sleep 1000"), 1)
        )
    )
    thread.start()
    wait_until(lambda: pid.exists() and pid.read_text(encoding="utf-8"), "the command")
    probe.stop()
    thread.join()
    assert [Word.CANCELLED] == [result.word for result in results]


def test_a_probe_that_was_stopped_before_it_began_runs_nothing(
    tree: Worktree, sha: str, tmp_path: Path
) -> None:
    probe = Probe()
    probe.stop()
    assert Word.CANCELLED is probe.run(tree, sha, Job(f"touch '{tmp_path}/ran'"), 1).word
    assert not (tmp_path / "ran").exists()


def test_process_groups_are_announced(tree: Worktree, sha: str) -> None:
    lines: list[str] = []
    Probe(lines.append).run(tree, sha, Job("true", setup="true"), 1)
    assert ["+", "-", "+", "-"] == [line[0] for line in lines]


def test_a_commit_that_lacks_the_folder_of_the_project_cannot_be_tested(
    tree: Worktree, sha: str
) -> None:
    result = Probe().run(tree, sha, Job("true", folder="below"), 1)
    assert (Word.UNTESTABLE, "it has no folder below") == (result.word, result.why)


def test_each_run_has_a_home_and_a_temporary_folder_of_its_own(
    tree: Worktree, sha: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HOME", "TMPDIR"):
        monkeypatch.setenv(name, str(tmp_path))
    leaves = 'set -e; for it in "$HOME" "$TMPDIR"; do [ ! -e "$it/left" ]; touch "$it/left"; done'
    assert [Word.PASS] * 2 == [Probe().run(tree, sha, Job(leaves), each).word for each in (1, 2)]
    assert not (tmp_path / "left").exists()


def test_what_a_run_tells_git_of_its_user_is_its_own(
    tree: Worktree, sha: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("GIT_CONFIG_GLOBAL", raising=False)
    (tmp_path / "names").write_text("[user]\n\tname = Ada\n", encoding="utf-8")
    own = tmp_path / ".gitconfig"
    own.write_text("[include]\n\tpath = names\n", encoding="utf-8")
    before = own.read_bytes()
    command = '[ "$(git config user.name)" = Ada ] && git config --global user.name Eve'
    assert [Word.PASS] * 2 == [Probe().run(tree, sha, Job(command), each).word for each in (1, 2)]
    assert before == own.read_bytes()


@pytest.mark.parametrize("job", [Job("exit 1"), Job("true", setup="exit 1"), Job("exit 125")])
def test_what_fails_where_the_disk_is_full_tells_nothing_of_the_commit(
    tree: Worktree, sha: str, job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    def write(file: Path, _: bytes) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(file))

    monkeypatch.setattr(Path, "write_bytes", write)
    result = Probe().run(tree, sha, job, 1)
    assert (Word.ERROR, True) == (result.word, os.strerror(errno.ENOSPC) in result.why)


def test_only_a_failure_has_a_fingerprint(tree: Worktree, sha: str) -> None:
    show = "echo 'ValueError: x'; "
    assert {"error:ValueError"} == Probe().run(tree, sha, Job(f"{show}exit 1"), 1).fingerprint
    assert not Probe().run(tree, sha, Job(f"{show}exit 0"), 1).fingerprint


def test_bytecode_of_one_commit_is_never_read_at_the_next(history: History, tree: Worktree) -> None:
    """Both revisions have the same size, and may have the same second."""
    shas = []
    for value in ("1", "2"):
        history.write("module.py", f"VALUE = {value}\n")
        shas.append(history.commit(value))
    show = "python3 -c 'import module; raise SystemExit(module.VALUE + 2)'"
    whys = [Probe().run(tree, sha, Job(show), 1).why for sha in shas * 2]
    assert ["exit status 3", "exit status 4"] * 2 == whys


@pytest.mark.parametrize("has_place_apart", [False, True])
def test_no_commit_is_run_by_the_bytecode_of_another(
    history: History,
    tree: Worktree,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    *,
    has_place_apart: bool,
) -> None:
    """Files of one size that were written at the same time: to Python they are the same."""
    if has_place_apart:
        monkeypatch.setenv("PYTHONPYCACHEPREFIX", str(tmp_path / "bytecode"))
    shas = []
    for value in (0, 1):
        history.write("module.py", f"VALUE = {value}\n")
        shas.append(history.commit(f"value {value}"))
    job = Job(
        f"{shlex.quote(sys.executable)} -c 'import module, sys; sys.exit(module.VALUE)'",
        setup="touch -d @1700000000 module.py",
    )
    words = [Probe().run(tree, sha, job, 1).word for sha in (*shas, shas[0])]
    assert [Word.PASS, Word.FAIL, Word.PASS] == words
