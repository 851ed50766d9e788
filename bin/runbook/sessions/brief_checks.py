"""``python -m runbook.sessions.brief_checks SESSION COMMAND...``: every check, whatever the one before it said.

Each command is one argument, as it is typed. At a terminal they print as they like; elsewhere a session prints what is
wrong, as far as it fits on a screen, and RESULT. All that was said is in the session's log.
"""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from runbook.calls import call_session
from runbook.exit_codes import ExitCode
from runbook.lines import MAX_LENGTH
from runbook.processes.standard_streams import say
from runbook.sessions import brief

if TYPE_CHECKING:
    from collections.abc import Sequence

# A line a finding, of the tools that print a picture of the place otherwise; unless somebody wants it in another form.
_ONE_LINE_EACH = {"RUFF_OUTPUT_FORMAT": "concise"}


def main(argv: Sequence[str] | None = None) -> int:
    """Run the commands of a session; return an `ExitCode`."""
    session, *commands = sys.argv[1:] if argv is None else argv
    return _briefly(session, commands) if brief.is_wanted() else _in_full(commands)


def _in_full(commands: Sequence[str]) -> ExitCode:
    codes = []
    for command in commands:
        print(f"$ {command}", file=sys.stderr, flush=True)
        codes.append(subprocess.call(shlex.split(command)))
    return ExitCode.RED if any(codes) else ExitCode.GREEN


def _briefly(session: str, commands: Sequence[str]) -> ExitCode:
    started, root = time.monotonic(), Path.cwd()
    log = brief.log_file(root, session)
    findings: list[str] = []
    failed = 0
    with log.open("w", encoding="utf-8") as kept:
        for command in commands:
            said, is_red = _outcome(command)
            print(f"$ {command}\n{said}", file=kept)
            failed += is_red
            findings += _told(command, said) if is_red else []
    ended = brief.Ended(
        session,
        log.relative_to(root).as_posix(),
        is_green=not failed,
        findings=findings,
        counts={"checks": len(commands), "failed": failed},
        next_step=call_session(session),
        seconds=time.monotonic() - started,
    )
    for text in ended.lines():
        say(text, sys.stdout)
    return ExitCode.RED if failed else ExitCode.GREEN


def _outcome(command: str) -> tuple[str, bool]:
    words = shlex.split(command)
    try:
        done = subprocess.run(
            words,
            env=_ONE_LINE_EACH | os.environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            check=False,
        )
    except FileNotFoundError:
        return f"{words[0]} is not installed", True
    return done.stdout, done.returncode != 0


def _told(command: str, said: str) -> list[str]:
    """The lines of a red check below its name: files of one check may be those of another."""
    lines = [line[:MAX_LENGTH] for line in said.splitlines() if line.strip()]
    return [f"$ {command}"[:MAX_LENGTH], *lines]


if __name__ == "__main__":
    sys.exit(main())
