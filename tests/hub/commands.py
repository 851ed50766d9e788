"""What somebody types to make an app, and to smoke apps."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

from runbook.patience import patience
from tests.hub.hub_process import ROOT

if TYPE_CHECKING:
    from pathlib import Path

SCRIPT = ROOT / "bin" / "smoke-test.sh"
Said = subprocess.CompletedProcess[str]


def run(*command: str, **variables: str) -> Said:
    """Run a command in the checkout; of the caller's variables it has none of the hub's."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("HUB_")}
    environment |= {"PYTHONPATH": str(ROOT / "bin"), "HUB_PYTHON": sys.executable, **variables}
    return subprocess.run(
        command,
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=patience(240),  # what is run waits as much longer itself
    )


def hub(apps: Path, *arguments: str, **variables: str) -> Said:
    """Give the program of the hub a command about the folder ``apps``."""
    return run(sys.executable, "-m", "hub", "--apps", str(apps), *arguments, **variables)


def new_app(apps: Path, slug: str, *options: str, name: str = "Some App", **variables: str) -> Said:
    """Make an app in the folder ``apps``."""
    return hub(apps, "new-app", "--slug", slug, "--name", name, *options, **variables)


def smoke(apps: Path, *arguments: str, **variables: str) -> Said:
    """Smoke the apps in the folder ``apps``."""
    return run("bash", str(SCRIPT), "--apps", str(apps), *arguments, **variables)
