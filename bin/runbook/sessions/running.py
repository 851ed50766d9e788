"""A Nox session as a part of a procedure: Nox says only 0 or 1, so what it runs leaves its own exit codes in a file.

A tier needs no more of its session than the environment: where that holds what a lock of the tree names, the tier
is run in it as it stands, a quarter of a second sooner.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from typing import IO, TYPE_CHECKING

from runbook.calls import call_session
from runbook.errors import EnvironmentNotReady, UsageError
from runbook.exit_codes import ExitCode
from runbook.project import find_project
from runbook.sessions.call_folder import call_folder
from runbook.sessions.environments import engine_path, lock_of
from runbook.sessions.told_codes import EXIT_CODES_VARIABLE, SESSION_VARIABLE

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from runbook.project import Project, Tier


def run_tier(project: Project, tier: Tier, *, nox: str, stdout: IO[str] | None = None) -> ExitCode:
    """Run a whole tier in the environment of its session, which Nox brings up to its lock where it is not.

    Args:
        project: The project.
        tier: The tier.
        nox: A Python that has Nox.
        stdout: Where it prints; this process's standard output by default.

    Raises:
        EnvironmentNotReady: It ended before it could say anything.
    """
    folder = project.root / ".nox" / tier.session / "bin"
    if not (lock_of(folder / "python", project.root) and os.access(folder / "python", os.X_OK)):
        return run_session(project.root, tier.session, [], python=nox, stdout=stdout)
    environment = {name: value for name, value in os.environ.items() if name != SESSION_VARIABLE}
    environment |= {
        "PATH": f"{folder}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
        "PYTHONPATH": engine_path(project.root),
        "VIRTUAL_ENV": str(folder.parent),
    }
    command = [str(folder / "python"), "-m", "runbook.smoke", "--tier", tier.name]
    status = subprocess.call(command, cwd=project.root, env=environment, stdout=stdout)
    return ExitCode(status) if status in set(ExitCode) else ExitCode.ENVIRONMENT


def run_session(
    root: Path,
    session: str,
    arguments: Sequence[str],
    *,
    python: str = sys.executable,
    stdout: IO[str] | None = None,
) -> ExitCode:
    """Run a Nox session, and return the worst of what it says.

    Args:
        root: The project's root.
        session: The session's name.
        arguments: For what it runs.
        python: A Python that has Nox.
        stdout: Where it prints; this process's standard output by default.

    Raises:
        EnvironmentNotReady: It ended before it could say anything.
        UsageError: No session can be read.
    """
    _must_be_python(root / "noxfile.py")
    with call_folder(find_project(root).state) as folder:
        codes = folder / "exit-codes.txt"
        nox = [python, "-m", "nox", "--noxfile", str(root / "noxfile.py")]
        environment = os.environ | {EXIT_CODES_VARIABLE: str(codes)}
        call = [*nox, "--session", session, "--", *arguments]
        status = subprocess.call(call, env=environment, stdout=stdout)
        lines = codes.read_text(encoding="utf-8").split() if codes.exists() else []
    said = [ExitCode(int(line)) for line in lines]
    if status and not said:
        _must_load(nox, root / "noxfile.py")
        raise EnvironmentNotReady(
            f"the session {session} ended before its smoke", next_step=call_session(session)
        )
    if status and not any(said):
        return ExitCode.ENVIRONMENT  # it ended beside its smoke
    return max(said, default=ExitCode.GREEN)


def _must_load(nox: Sequence[str], noxfile: Path) -> None:
    """Refuse a noxfile that an error of its own ends, which Nox tells by a traceback and the status of any failure."""
    listed = subprocess.run([*nox, "--list"], capture_output=True, text=True, check=False)
    places = re.findall(rf'File "{re.escape(str(noxfile))}", line (\d+)', listed.stderr)
    if listed.returncode and places:
        said = listed.stderr.strip().splitlines()[-1]
        place = f"{noxfile.name}:{places[-1]}"
        raise UsageError(f"the sessions cannot be read: {said} at {place}")


def _must_be_python(noxfile: Path) -> None:
    """Refuse a noxfile that no session can be read from, before each of several says so by a traceback."""
    try:
        compile(noxfile.read_bytes(), noxfile, "exec")
    except FileNotFoundError:
        return  # Nox says so
    except (SyntaxError, ValueError) as error:  # the latter of a zero byte
        place = f":{error.lineno}" if isinstance(error, SyntaxError) else ""
        said = error.msg if isinstance(error, SyntaxError) else error
        raise UsageError(f"the sessions cannot be read: {said} at {noxfile.name}{place}") from error
