"""The program that starts the control panel runs what its sources say."""

from __future__ import annotations

import importlib.util
import marshal
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from dashgen.settings import REPOSITORY

FOREIGN = "raise SystemExit('bytecode of another source was run')"
UNCHECKED = (0b01).to_bytes(4, "little")


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A copy of what is served, where a module's bytecode is of another source."""
    for name in ("bin/dashgen", "bin/wire", "docs/legal"):
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(REPOSITORY / name, tmp_path / name, ignore=ignored)
    shutil.copy2(REPOSITORY / "bin" / "control-panel-server.py", tmp_path / "bin")
    cached = Path(importlib.util.cache_from_source(tmp_path / "bin" / "dashgen" / "gate.py"))
    cached.parent.mkdir()
    code = marshal.dumps(compile(FOREIGN, "gate.py", "exec"))
    cached.write_bytes(importlib.util.MAGIC_NUMBER + UNCHECKED + bytes(8) + code)
    return tmp_path


def start(checkout: Path, *options: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Ask for its help, for which everything is imported; with options of Python's own."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    return subprocess.run(
        [sys.executable, *options, checkout / "bin" / "control-panel-server.py", "--help"],
        env={**environment, **variables},
        cwd=checkout,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_bytecode_of_another_source_is_not_served(checkout: Path) -> None:
    started = start(checkout)

    assert (0, "") == (started.returncode, started.stderr)


def test_a_smokes_own_server_takes_the_bytecode_that_the_smoke_has_checked(checkout: Path) -> None:
    started = start(checkout, ENSEMBLE_RUN_NONCE="one")

    assert "bytecode of another source was run" in started.stderr


def test_a_python_without_its_packages_is_told_what_has_them(checkout: Path) -> None:
    started = start(checkout, "-S")  # without what is installed

    assert (4, "") == (started.returncode, started.stdout)
    assert started.stderr.startswith("error: this Python lacks ")
    assert started.stderr.endswith("; Ensemble needs it\n  next: bin/nox -s panel\n")
    assert 2 == len(started.stderr.splitlines())
