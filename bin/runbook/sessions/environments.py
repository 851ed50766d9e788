"""The Python of a session, for the locks that some tree of this project holds.

Those in the checkout's ``.nox`` are used where they were made from the very locks of that tree. Where they were
not, an old commit for instance, one is made beside them, under ``.runbook/environments``, and kept for the next time.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import runbook
from runbook.calls import call_session
from runbook.errors import EnvironmentNotReady, RunbookError
from runbook.git import clean_environment
from runbook.project import find_project
from runbook.sessions.locks import FOLDER
from runbook.smoke.probes import PROBE_VARIABLE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runbook.project import Project

STAMP = "installed-lock.txt"  # in an environment: a copy of the lock that it was made from
_KEEP = 8  # sets of environments for other locks, the newest
_NOT_OURS = ("PYTEST_", "PYTHON", "RUNBOOK_", "NOX", "VIRTUAL_ENV")  # they would change what runs
ENGINE = Path(runbook.__file__).resolve().parents[1]  # what PYTHONPATH names to find this package


def plain_environment() -> dict[str, str]:
    """Return this process's variables without those by which a caller would change what a tree does."""
    inherited = clean_environment()
    kept = {name: value for name, value in inherited.items() if not name.startswith(_NOT_OURS)}
    return kept | {PROBE_VARIABLE: "1"}


def engine_path(root: Path) -> str:
    """Return PYTHONPATH for a checkout of the project at ``root``: relative to it where the project holds the engine.

    Empty where the engine is installed: the environments have one of their own.
    """
    if "site-packages" in ENGINE.parts:
        return ""
    root = root.resolve()
    return str(ENGINE.relative_to(root)) if ENGINE.is_relative_to(root) else str(ENGINE)


def search_path(python: Path, root: Path) -> list[str]:
    """Return what PYTHONPATH names in another tree of the project at ``root``, each relative to that tree or absolute.

    That is the engine, where the project holds it, and what `own_modules` finds.
    """
    return [*filter(None, [engine_path(root)]), *own_modules(python, root)]


def own_modules(python: Path, root: Path) -> list[str]:
    """Return the folders of the project's own repository in which a Python finds modules, relative to ``root``.

    An editable install leads into the user's files from every other tree, too: what is smoked there would not be the
    tree's, unless the tree's own folders come first.
    """
    root = root.resolve()
    top = next((each for each in (root, *root.parents) if (each / ".git").exists()), root)
    found = (Path(each).resolve() for each in _asked_where(python))
    own = [each for each in found if each.is_relative_to(top) and each.is_dir()]
    return [os.path.relpath(each, root) for each in own if "site-packages" not in each.parts]


def _asked_where(python: Path) -> list[str]:
    """Return the folders that a Python looks for modules in; none where it does not say."""
    ask = [str(python), "-P", "-c", "import json, sys; print(json.dumps(sys.path))"]
    environment = plain_environment()
    try:
        asked = subprocess.run(ask, stdout=subprocess.PIPE, env=environment, check=False)
        return [str(each) for each in json.loads(asked.stdout)]
    except (OSError, ValueError):
        return []


def lock_of(python: Path, tree: Path) -> str | None:
    """Return the lock of ``tree`` that an environment was made from, relative to the tree, or None."""
    stamp = python.parent.parent / STAMP
    if not stamp.is_file():
        return None
    content = stamp.read_bytes()
    name = next((name for name, lock in _locks(tree).items() if lock == content), None)
    return f"{FOLDER}/{name}" if name else None


def python_for(project: Project, tree: Path, session: str, *, may_make: bool = True) -> Path:
    """Return the Python of a session, made first where there is none for the locks of ``tree``.

    Args:
        project: Whose environments are used.
        tree: A checkout of some commit of it.
        session: The Nox session; in a project without a noxfile the Python that runs this stands for all.
        may_make: Whether to make one; if not, the answer may be where it would be.

    Raises:
        EnvironmentNotReady: It cannot be made.
    """
    if not (tree / "noxfile.py").is_file():
        return Path(sys.executable)
    own, other = project.root / ".nox", _folder_for(project, tree)
    for folder in (own, other):
        if python := find_python(folder, session, tree):
            return python
    if not may_make:
        return own / session / "bin" / "python"
    if _locks(tree) == _locks(project.root):
        return _make(project.root / "noxfile.py", own, session, tree, project.state)
    return _make(tree / "noxfile.py", other, session, tree, project.state)


def find_python(folder: Path, session: str, tree: Path) -> Path | None:
    """Return the Python of a session's environment in ``folder`` that holds what a lock of ``tree`` names, or None."""
    locks = set(_locks(tree).values())
    for environment in _environments(folder, session):
        python, stamp = environment / "bin" / "python", environment / STAMP
        if python.exists() and (not locks or (stamp.is_file() and stamp.read_bytes() in locks)):
            return python
    return None


def _environments(folder: Path, session: str) -> Iterator[Path]:
    """Yield where Nox may have put a session: those with parameters have them in their folder's name."""
    yield folder / session
    yield from sorted(folder.glob(f"{session}-*"))


def _locks(tree: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in (tree / FOLDER).glob("*.txt")}


def _folder_for(project: Project, tree: Path) -> Path:
    digest = hashlib.sha256()
    for name, content in sorted(_locks(tree).items()):
        digest.update(name.encode() + b"\0" + content + b"\0")
    return project.state / "environments" / digest.hexdigest()[:16]


def _make(noxfile: Path, folder: Path, session: str, tree: Path, state: Path) -> Path:
    state.joinpath("environments").mkdir(parents=True, exist_ok=True)
    with (state / "environments" / "making.lock").open("w") as guard:
        fcntl.flock(guard, fcntl.LOCK_EX)  # Nox is not made for two that fill one environment
        if python := find_python(folder, session, tree):
            return python
        _prune(state / "environments", keep=folder)
        # No bytecode of the noxfile is left beside it, in the user's own tree.
        nox = [
            sys.executable,
            "-B",
            "-m",
            "nox",
            "--noxfile",
            str(noxfile),
            "--envdir",
            str(folder),
        ]
        made = subprocess.run(
            [*nox, "--session", session, "--install-only", "--non-interactive"],
            stdout=sys.stderr,
            stdin=subprocess.DEVNULL,
            env=plain_environment(),
            check=False,
        )
        python = find_python(folder, session, tree)
    if made.returncode or python is None:
        raise EnvironmentNotReady(
            f"the environment of {session} could not be made; the reason stands above",
            next_step=call_session(session),
        )
    return python


def _prune(folder: Path, *, keep: Path) -> None:
    """Remove all but the newest sets of environments, to make room for one more."""
    sets = [each for each in folder.iterdir() if each.is_dir() and each != keep]
    for old in sorted(sets, key=lambda each: -each.stat().st_mtime_ns)[_KEEP - 1 :]:
        shutil.rmtree(old, ignore_errors=True)


def main(root: str, session: str) -> int:
    """Print the Python of a session of the project at ``root`` for the locks of the tree that this runs in."""
    try:
        print(python_for(find_project(Path(root)), Path.cwd(), session))
    except RunbookError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
