"""A search for whatever turned one row of this runbook red: the command, the overlay and the suspects of it."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from runbook.errors import UsageError
from runbook.explain import tier_of
from runbook.nearest import nearest
from runbook.rows import find_row, read_rows
from runbook.sessions.environments import ENGINE, STAMP, lock_of, python_for, search_path

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from runbook.project import Project
    from runbook.rows import Row

# pytest: 0 passed, 1 failed; all else (no such test, a broken conftest, no pytest) is no verdict on a commit.
_ONLY_VERDICTS = '[ "$status" -le 1 ] && exit "$status"; exit 125'


@dataclass(frozen=True, slots=True)
class RowSearch:
    """What a search for a row is asked for.

    Attributes:
        command: Runs the row's test in a tree.
        overlay: Today's test, and what it needs to be run.
        suspects: The files that the row points at.
        row: The id of its test.
    """

    command: str
    overlay: tuple[str, ...]
    suspects: tuple[str, ...]
    row: str

    def as_arguments(self) -> list[str]:
        """Return it as the search's command line has it."""
        overlay = [word for path in self.overlay for word in ("--overlay", path)]
        suspects = [word for path in self.suspects for word in ("--suspect", path)]
        return ["--command", self.command, *overlay, *suspects, "--row", self.row]


def row_search(
    project: Project, test: str, *, tree: Path | None = None, may_make: bool = True
) -> RowSearch:
    """Return the search for a row: its test, today's tests on old trees, its suspects first.

    Args:
        project: Whose environments are used.
        test: The row.
        tree: The checkout that the row is read from; None for the project's own files.
        may_make: Whether an environment may be made where there is none; a dry run does not.

    Raises:
        UsageError: No row is called so.
        EnvironmentNotReady: The row's tier has no environment, and none can be made.
    """
    root = tree or project.root
    rows = read_rows(root, project.test_paths)
    row = find_row(rows, test)
    session = tier_of(project, row).session
    python = python_for(project, root, session, may_make=may_make)
    path = os.pathsep.join(search_path(python, project.root))
    given = f"PYTHONPATH={shlex.quote(path)} " if path else ""
    test_of_it = f"-q {shlex.quote(row.id)}"
    command = f'{_choose_python(project, root, python, session)}{given}"$python" -m pytest {test_of_it}; status=$?; '
    command += _once_more(project, f'{given}"$python"', test_of_it) + _ONLY_VERDICTS
    return RowSearch(command, _overlay(root, row, rows), row.suspect_paths, row.id)


def _overlay(root: Path, row: Row, rows: Iterable[Row]) -> tuple[str, ...]:
    """Return where today's test is, and the fixtures that pytest reads for it.

    A folder of tests comes whole, with all that helps them. Where code lies there that a row suspects only the test
    itself comes: today's code, laid over an old commit, would be what that commit is judged by.
    """
    test = PurePosixPath(row.file)
    folder = test.parent
    suspected = (PurePosixPath(path) for each in rows for path in each.suspect_paths)
    has_code = any(path.is_relative_to(folder) for path in suspected)
    brought = test if has_code else folder
    fixtures = (above / "conftest.py" for above in brought.parents)
    return (str(brought), *(str(each) for each in fixtures if (root / each).is_file()))


def _once_more(project: Project, python: str, arguments: str) -> str:
    """Return shell that runs what did not pass with today's engine, where the tree holds another one; else nothing.

    Today's row may ask for what an older engine did not do yet. The tree's own comes first, so that a commit which
    broke the engine is found, too.
    """
    if not ENGINE.is_relative_to(project.root):
        return ""
    own, today = f"{ENGINE.relative_to(project.root)}/runbook", f"{ENGINE}/runbook"
    is_another = (
        f"! diff -rq -x __pycache__ {shlex.quote(own)} {shlex.quote(today)} >/dev/null 2>&1"
    )
    pytest = shlex.quote(f"{today}/in_pytest/of_today.py")
    return (
        f'[ "$status" -ne 0 ] && {is_another} && {{ {python} {pytest} {arguments}; status=$?; }}; '
    )


def _choose_python(project: Project, tree: Path, python: Path, session: str) -> str:
    """Return shell that sets ``python``: that of today, or for a tree with another lock one that is made from it."""
    lock = lock_of(python, tree)
    if lock is None:
        return f"python={shlex.quote(str(python))}; "
    stamp = python.parent.parent / STAMP
    make = shlex.join(
        [sys.executable, "-m", "runbook.sessions.environments", str(project.root), session]
    )
    return (
        f"if cmp -s {shlex.quote(lock)} {shlex.quote(str(stamp))}; then python={shlex.quote(str(python))}; "
        f"else python=$(PYTHONPATH={shlex.quote(str(ENGINE))} {make}) || exit 125; fi; "
    )


def file_arguments(repo: Path, file: str) -> list[str]:
    """Return the search's arguments for a file that is suspected, named as shortly as a person likes.

    Raises:
        UsageError: No file that git tracks ends so, or several do; the message lists them.
    """
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=repo, capture_output=True, text=True, check=False
    )
    every = [name for name in listed.stdout.split("\0") if name]
    tracked = [name for name in every if f"/{name}".endswith(f"/{file}")]
    if not tracked:
        close = nearest(file, {PurePosixPath(name).name for name in every})
        raise UsageError(
            f"--file {file}: no file that git tracks ends so; the nearest: {', '.join(close) or 'none'}",
            next_step="git ls-files, and name one",
        )
    if len(tracked) > 1:
        found = ", ".join(tracked)
        raise UsageError(
            f"--file {file}: the files that end so are: {found}", next_step="name one whole path"
        )
    return ["--suspect", tracked[0]]
