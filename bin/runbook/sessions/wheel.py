"""The engine as a package: one wheel, built by uv."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

from runbook.errors import EnvironmentNotReady
from runbook.sessions.locks import find_uv

if TYPE_CHECKING:
    from pathlib import Path


def build_wheel(root: Path) -> Path:
    """Build the wheel of the project at ``root`` into ``dist/``, and return it.

    Raises:
        EnvironmentNotReady: uv is not there, or could not build it.
    """
    folder = root / "dist"
    command = [find_uv(), "build", "--wheel", "--out-dir", str(folder)]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    if done.returncode:
        raise EnvironmentNotReady(
            f"uv could not build the wheel:\n{done.stderr.strip()}",
            next_step="the reason stands above; the build needs a package index",
        )
    return max(folder.glob("*.whl"), key=lambda wheel: wheel.stat().st_mtime_ns)
