"""A child process that cannot outlive its owner."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from runbook.processes.kept_process import run_kept
from tests.runbook.support import engine_environment, is_alive, wait_until

if TYPE_CHECKING:
    from pathlib import Path

_SAYS = (
    "import os, sys; print('one'); print('tw\\xf6'); print(dict(os.environ).get('HOME'));"
    " print(os.getcwd()); sys.stderr.write('a note')"
)
_OWNER = """
import os, sys
from pathlib import Path
from runbook.processes.kept_process import run_kept
child = [sys.executable, "-c", "import os, time; print(os.getpid(), flush=True); time.sleep(600)"]
run_kept(child, folder=Path("."), environment=os.environ, log=Path("log"),
         say=lambda line: Path("pid").write_text(line))
"""


def test_its_lines_are_told_and_its_environment_is_what_is_given(tmp_path: Path) -> None:
    told: list[str] = []

    run_kept(
        [sys.executable, "-X", "utf8", "-c", _SAYS],
        folder=tmp_path,
        environment={"PATH": os.environ["PATH"]},
        log=tmp_path / "log",
        say=told.append,
    )

    assert ["one", "tw\xf6", "None", str(tmp_path)] == told
    assert "a note" == (tmp_path / "log").read_text(encoding="utf-8")


def test_it_ends_when_nobody_listens_any_more(tmp_path: Path) -> None:
    def stop(line: str) -> None:
        (tmp_path / "pid").write_text(line, encoding="utf-8")
        raise KeyboardInterrupt

    code = "import os, time; print(os.getpid(), flush=True); time.sleep(600)"
    with pytest.raises(KeyboardInterrupt):
        run_kept(
            [sys.executable, "-c", code],
            folder=tmp_path,
            environment=os.environ,
            log=tmp_path / "log",
            say=stop,
        )

    assert not is_alive(int((tmp_path / "pid").read_text(encoding="utf-8")))


def test_it_ends_when_its_owner_is_killed(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", _OWNER], cwd=tmp_path, env=engine_environment()
    ) as owner:
        wait_until(
            lambda: (tmp_path / "pid").is_file() and (tmp_path / "pid").read_bytes(), "its start"
        )
        child = int((tmp_path / "pid").read_text(encoding="utf-8"))
        owner.kill()

    wait_until(lambda: not is_alive(child), "the end of the child")
