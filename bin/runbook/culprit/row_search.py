"""A search for whatever turned one row of this runbook red: the command, the overlay and the suspects of it."""

from __future__ import annotations

import shlex
import subprocess
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from runbook.errors import EnvironmentNotReady, UsageError
from runbook.explain import tier_of
from runbook.rows import find_row, read_rows

if TYPE_CHECKING:
    from pathlib import Path

    from runbook.project import Project

# pytest: 0 passed, 1 failed; all else (no such test, a broken conftest, no pytest) is no verdict on a commit.
_ONLY_VERDICTS = 'status=$?; [ "$status" -le 1 ] && exit "$status"; exit 125'


def row_arguments(project: Project, test: str) -> list[str]:
    """Return the search's arguments for a row: its test, today's tests on old trees, its suspects first.

    Raises:
        UsageError: No row is called so.
        EnvironmentNotReady: The row's tier has no environment yet.
    """
    row = find_row(read_rows(project.root, project.test_paths), test)
    session = tier_of(project, row).session
    python = project.root / ".nox" / session / "bin" / "python"
    if not python.exists():
        raise EnvironmentNotReady(
            f"{test} needs the environment of {session}", next_step=f"bin/nox -s {session}"
        )
    pytest = shlex.join([str(python), "-m", "pytest", "-q", row.id])
    arguments = ["--command", f"PYTHONPATH=bin {pytest}; {_ONLY_VERDICTS}"]
    arguments += ["--overlay", str(PurePosixPath(row.file).parent)]
    for path in row.suspect_paths:
        arguments += ["--suspect", path]
    return arguments


def file_arguments(repo: Path, file: str) -> list[str]:
    """Return the search's arguments for a file that is suspected, named as shortly as a person likes.

    Raises:
        UsageError: No file that git tracks ends so, or several do; the message lists them.
    """
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=repo, capture_output=True, text=True, check=False
    )
    tracked = [name for name in listed.stdout.split("\0") if f"/{name}".endswith(f"/{file}")]
    if len(tracked) != 1:
        found = ", ".join(tracked) or "none"
        raise UsageError(
            f"--file {file}: the files that end so are: {found}", next_step="name one whole path"
        )
    return ["--suspect", tracked[0]]
