"""The sessions' environments, made by the real Nox."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

from tests.runbook.support import ROOT, engine_environment

if TYPE_CHECKING:
    from pathlib import Path

# As where an installation is killed that has noted a package and not yet written its program.
KILLED = """
import os, signal

def fill_in_part(session, *command, **options):
    session.run(*command, **options)
    Path(session.bin, "pytest").unlink()
    os.kill(os.getpid(), signal.SIGKILL)

nox.Session.run_install = fill_in_part
"""


def make_checkout(root: Path) -> Path:
    (root / "requirements").mkdir(parents=True)
    shutil.copy(ROOT / "noxfile.py", root)
    (root / "bin").symlink_to(ROOT / "bin")
    shutil.copy(ROOT / "requirements/engine.txt", root / "requirements/engine.txt")
    return root


def engine(checkout: Path, *, ends_with: int = 0) -> str:
    """Call the session that tests the engine, for the version of its pytest; return all that was said."""
    command = [sys.executable, "-m", "nox", "--noxfile", str(checkout / "noxfile.py")]
    done = subprocess.run(
        [*command, "-s", "engine", "--", "--version"],
        env=engine_environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert ends_with == done.returncode, done.stdout
    return done.stdout


def test_a_checkout_that_was_moved_has_its_programs_installed_again(tmp_path: Path) -> None:
    before, after = make_checkout(tmp_path / "before"), tmp_path / "after"

    assert "pytest " in engine(before)
    assert "--reinstall" not in engine(before)
    before.rename(after)
    moved = engine(after)

    assert "--reinstall" in moved
    assert "--reinstall" not in engine(after)
    assert " tests/runbook --version" in moved  # an option alone takes no test's place


def test_an_environment_whose_filling_was_killed_is_filled_again(tmp_path: Path) -> None:
    checkout = make_checkout(tmp_path / "checkout")
    noxfile = checkout / "noxfile.py"
    whole = noxfile.read_text(encoding="utf-8")
    noxfile.write_text(whole + KILLED, encoding="utf-8")
    engine(checkout, ends_with=-signal.SIGKILL)
    noxfile.write_text(whole, encoding="utf-8")

    assert not (checkout / ".nox" / "engine" / "installed-lock.txt").exists()
    assert "pytest " in engine(checkout)
    assert "--reinstall" not in engine(checkout)
