"""The command lines of Ensemble: what they refuse has a next step, and what nobody reads breaks nothing."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    ("command", "words", "what"),
    [
        ("python bin/control-panel-server.py", ["--prot", "1"], "unrecognized arguments: --prot 1"),
        (
            "python -m dashgen.migrate",
            ["--from", "a"],
            "the following arguments are required: --to",
        ),
        ("python -m dashgen", [], "the following arguments are required: outdir"),
    ],
)
def test_a_refusal_names_the_next_command(command: str, words: list[str], what: str) -> None:
    done = subprocess.run(
        [sys.executable, *command.split()[1:], *words],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT / "bin")},
        capture_output=True,
        text=True,
        check=False,
    )

    assert (2, "") == (done.returncode, done.stdout)
    assert done.stderr.startswith("usage: ")
    assert done.stderr.endswith(f"\nerror: {what}\n  next: {command} --help\n")


def test_whoever_stops_reading_is_told_nothing(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    roots = {"ORCH_DATA": str(tmp_path / "orch"), "ENSEMBLE_DATA_ROOT": str(tmp_path / "data")}

    done = subprocess.run(
        [sys.executable, "-m", "dashgen", str(tmp_path / "out")],
        env={**os.environ, **roots, "PYTHONPATH": str(ROOT / "bin")},
        stdout=writing,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )

    os.close(writing)
    assert 0 == done.returncode, done.stderr
    assert "Broken" not in done.stderr
    assert (tmp_path / "out" / "index.html").is_file()
