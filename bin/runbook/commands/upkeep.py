"""What keeps the project itself in order: locks, documents, the wheel, browsers; and the hub's own program."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

from runbook import browsers
from runbook.calls import call_session
from runbook.checks import documents, generated_blocks
from runbook.commands.edge import json_object, procedure
from runbook.documents.document import refresh
from runbook.documents.transcript import record as record_transcript
from runbook.errors import EnvironmentNotReady
from runbook.processes.standard_streams import narrate, say
from runbook.project import find_project
from runbook.sessions import locks
from runbook.sessions.wheel import build_wheel
from runbook.upgrades.options import moment

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


@procedure
def lock(  # noqa: PLR0913 - these are its options
    root: Path, *, upgrade: bool, only: str, as_of: str, dry_run: bool, as_json: bool
) -> None:
    """Compile the locks and say which changed, or would."""
    when = moment(as_of) if as_of else ""
    done = locks.compile_locks(root, upgrade=upgrade, only=only, as_of=when, dry_run=dry_run)
    for group in locks.unlocked(root):
        narrate(f"note: no lock is made of {group}: it has no line in [tool.runbook.locks]")
    moved = [each.name for each in done if each.has_changed]
    said = f"{'would change' if dry_run else 'changed'}: {', '.join(moved)}"
    lines = [said if moved else "every lock is as it was"]
    lines += [
        f"as of {each.as_of}: {each.name}; nothing older fits its requirements"
        for each in done
        if each.as_of != when
    ]
    dates = {each.name: each.as_of for each in done if when}
    say(json_object("lock/1", changed=moved, as_of=dates) if as_json else "\n".join(lines))


@procedure
def docs(root: Path, *, transcript: bool, as_json: bool) -> None:
    """Make the generated blocks of the documents anew; the transcript only when it is asked for."""
    if transcript:
        record_transcript(root)
    project = find_project(root)
    files = refresh(documents(root), generated_blocks(project))
    changed = [file.relative_to(root).as_posix() for file in files]
    said = "\n".join(f"changed: {file}" for file in changed) or "every document is as it was"
    say(json_object("docs/1", changed=changed) if as_json else said)


@procedure
def wheel(root: Path, *, as_json: bool) -> None:
    """Build the engine's wheel and say where it is."""
    built = build_wheel(root)
    say(json_object("wheel/1", wheel=str(built)) if as_json else os.path.relpath(built))


@procedure
def install_browsers(root: Path, *, light: bool, check: bool, as_json: bool) -> None:
    """Find a Chromium that works, or install one; say which it is."""
    nox = [sys.executable, "-m", "nox", "--noxfile", str(root / "noxfile.py")]
    playwright = [*nox, "--session", "playwright", "--"]
    proof = (
        browsers.find_working_browser(light=light)
        if check
        else browsers.install_browser(playwright, light=light)
    )
    say(json.dumps(proof.as_json(), indent=2) if as_json else str(proof))


@procedure
def hub(root: Path, arguments: Sequence[str]) -> None:
    """Become the hub's own command line, in its environment; Ctrl-C and exit codes are then its own.

    Raises:
        EnvironmentNotReady: The environment could not be made.
    """
    session = "hub-command"
    make = ["--noxfile", str(root / "noxfile.py"), "--session", session, "--install-only"]
    made = subprocess.run(
        [sys.executable, "-m", "nox", *make], capture_output=True, text=True, check=False
    )
    python = root / ".nox" / session / "bin" / "python"
    if made.returncode:
        print(made.stdout + made.stderr, file=sys.stderr)
        raise EnvironmentNotReady(
            "the hub's environment could not be made", next_step=call_session(session, "--help")
        )
    environment = os.environ | {"PYTHONPATH": str(root / "bin")}
    sys.stdout.flush()
    os.execve(python, [str(python), "-m", "hub", *arguments], environment)  # noqa: S606 - no shell
