"""The sessions' environments, made by the real Nox."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from tests.runbook.support import engine_environment

ROOT = Path(__file__).resolve().parents[2]


def engine(checkout: Path) -> str:
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
    assert 0 == done.returncode, done.stdout
    return done.stdout


def test_a_checkout_that_was_moved_has_its_programs_installed_again(tmp_path: Path) -> None:
    before, after = tmp_path / "before", tmp_path / "after"
    (before / "requirements").mkdir(parents=True)
    shutil.copy(ROOT / "noxfile.py", before)
    shutil.copy(ROOT / "requirements/engine.txt", before / "requirements/engine.txt")

    assert "pytest " in engine(before)
    assert "--reinstall" not in engine(before)
    before.rename(after)
    moved = engine(after)

    assert "--reinstall" in moved
    assert "--reinstall" not in engine(after)
