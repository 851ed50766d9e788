"""pytest as a child: its output kept and shown, and never left behind."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from runbook.smoke.pytest_process import PytestProcess, pytest_command, pytest_work
from tests.runbook.support import engine_environment, is_alive, wait_until

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SAYS = "import os, sys; os.write(1, b'out'); os.write(2, b'err \\xff'); sys.exit(3)"
LIVES = "import os, time; os.read(int(os.environ['RUNBOOK_LIFELINE']), 1)"


def program(text: str) -> Callable[[], int]:
    """A child that becomes a Python of its own."""
    return lambda: os.execv(sys.executable, [sys.executable, "-c", text])  # noqa: S606 - the point


ENGINE = """
import os, sys
from pathlib import Path
from runbook.smoke.pytest_process import PytestProcess

def work():
    {work}

os.set_inheritable(os.open(".", os.O_RDONLY), True)
print("said before", end="")
with PytestProcess(work, root=Path.cwd(), environment={{}}) as child:
    print(child.watch(Path("log"), None), Path("log").read_text())
"""


def fork(work: str, folder: Path) -> list[str]:
    """Let an engine of its own fork a child that does this; return the child's exit status and what it prints."""
    command = [sys.executable, "-c", ENGINE.format(work=work)]
    done = subprocess.run(
        command, cwd=folder, env=engine_environment(), capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith("said before"), "and not twice"
    return done.stdout.removeprefix("said before").split(maxsplit=1)


def test_the_tests_are_the_default_that_a_path_replaces() -> None:
    command = pytest_command(["tests/a b", "c"], ["-k", "x or y"])

    assert [sys.executable, "-m", "pytest"] == command[:3]
    assert "testpaths='tests/a b' c" in command
    assert ["-k", "x or y"] == command[-2:]


@pytest.mark.parametrize("is_shown", [True, False])
def test_both_outputs_are_kept_and_shown_as_they_come(tmp_path: Path, *, is_shown: bool) -> None:
    shown = io.BytesIO()

    with PytestProcess(program(SAYS), root=tmp_path, environment={}) as child:
        status = child.watch(tmp_path / "log", shown if is_shown else None)

    assert 3 == status
    assert b"outerr \xff" == (tmp_path / "log").read_bytes()
    assert (b"outerr \xff" if is_shown else b"") == shown.getvalue()
    assert not child.interrupted


def test_what_is_left_running_ends_when_it_is_left(tmp_path: Path) -> None:
    with PytestProcess(program(LIVES), root=tmp_path, environment={}) as child:
        process = child._pid
        assert is_alive(process)

    wait_until(lambda: not is_alive(process), "the end of the child")


def test_it_runs_in_its_root_with_its_variables(tmp_path: Path) -> None:
    says = "import os; print(os.getcwd(), os.environ['TIER'], os.environ['COLUMNS'])"

    with PytestProcess(program(says), root=tmp_path, environment={"TIER": "fast"}) as child:
        child.watch(tmp_path / "log", None)

    assert f"{os.path.realpath(tmp_path)} fast 200\n" == (tmp_path / "log").read_text(
        encoding="utf-8"
    )


def test_nothing_of_its_parent_is_open_in_it(tmp_path: Path) -> None:
    names = "{name for name in os.listdir('/dev/fd') if os.path.exists(f'/dev/fd/{name}')}"

    status, said = fork(f"print(os.environ['RUNBOOK_LIFELINE'], *{names})", tmp_path)

    lifeline, *opened = said.split()
    assert ("0", {"0", "1", "2", lifeline}) == (status, {*opened})


@pytest.mark.parametrize(
    ("work", "status", "says"),
    [
        ("raise LookupError('nothing here')", "1", "LookupError: nothing here"),
        ("sys.exit('ERROR: not ready')", "1", "ERROR: not ready"),
        ("raise KeyboardInterrupt", "130", ""),
        ("os.kill(os.getpid(), 9)", "-9", ""),
        ("import atexit; atexit.register(print, 'at last'); return 3", "3", "at last"),
    ],
)
def test_however_it_ends_its_parent_goes_on(
    tmp_path: Path, work: str, status: str, says: str
) -> None:
    ended, *said = fork(work, tmp_path)

    assert (status, says) == (ended, "".join(said).strip().rpartition("\n")[2])


def test_it_has_an_output_where_that_of_its_parent_is_closed(tmp_path: Path) -> None:
    program = ENGINE.format(work="print(sys.stdout.fileno()); sys.stdout.flush()")
    command = ["sh", "-c", 'exec "$@" >&-', "sh", sys.executable, "-c", program]

    subprocess.run(command, cwd=tmp_path, env=engine_environment(), check=True)

    assert "1\n" == (tmp_path / "log").read_text(encoding="utf-8")


@pytest.mark.parametrize(("platform", "own"), [("linux", {"PYTHONDEVMODE": "1"}), ("darwin", {})])
def test_an_interpreter_is_started_for_the_variables_of_a_tier_and_where_no_fork_is_safe(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, platform: str, own: dict[str, str]
) -> None:
    (tmp_path / "test_flags.py").write_text(
        "import sys\ndef test_flags():\n    assert sys.flags.dev_mode\n", encoding="utf-8"
    )

    with monkeypatch.context() as patch:
        patch.setattr(sys, "platform", platform)
        work = pytest_work(["test_flags.py"], ["-p", "no:cacheprovider"], environment=own)
    with PytestProcess(work, root=tmp_path, environment={"PYTHONDEVMODE": "1"}) as child:
        status = child.watch(tmp_path / "log", None)

    assert 0 == status, (tmp_path / "log").read_text(encoding="utf-8")
