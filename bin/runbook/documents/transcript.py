"""What a green smoke prints, as the documents show it: the output of a real run, kept in a file."""

from __future__ import annotations

import os
import re
import subprocess
from typing import TYPE_CHECKING

from runbook.errors import EnvironmentNotReady

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FILE = "docs/getting-started/transcript.txt"
_COMMAND = ("bash", "bin/run_e2e_smoke.sh")
_FIRST = re.compile(
    r"SMOKE v1 tier=\S+ commit=[0-9a-f]{7} tree=[0-9a-f]{7} dirty=(yes|no) run=[0-9a-f]+"
)
_LAST = re.compile(
    r"RESULT green total=(?P<total>\d+) passed=(?P<passed>\d+) .* seconds=\d+\.\d .*"
)


def record(root: Path) -> None:
    """Smoke, and keep what it printed.

    Raises:
        EnvironmentNotReady: It is not green; documents show what a green run looks like.
    """
    # Where the browser tier has its environment, the command smokes that too; documents show what everybody has.
    environment = os.environ | {"E2E_BROWSER": "no"}
    done = subprocess.run(
        _COMMAND, cwd=root, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise EnvironmentNotReady("the smoke is not green", next_step=" ".join(_COMMAND))
    (root / FILE).write_text(done.stdout, encoding="utf-8")


def read(root: Path) -> str:
    """Return what was kept; nothing where nothing was."""
    file = root / FILE
    return file.read_text(encoding="utf-8") if file.is_file() else ""


def as_markdown(root: Path) -> str:
    """Return the call and its output as a fenced block."""
    return f"```console\n$ {' '.join(_COMMAND)}\n{read(root)}```"


def findings(text: str, *, rows: int) -> Iterator[str]:
    """Yield what tells a transcript from a whole green run of as many rows."""
    first, *others = text.splitlines() or [""]
    if not _FIRST.fullmatch(first):
        yield "its first line is none of a smoke"
    last = _LAST.fullmatch(others[-1]) if others else None
    if last is None or len(others) > 1:
        yield "it is not the two lines of a green run"
    elif not last["total"] == last["passed"] == str(rows):
        yield f"it has {last['passed']} of {last['total']} rows, and there are {rows}"
