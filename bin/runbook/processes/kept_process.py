"""A child process with all that it starts, which ends with this one, however this one ends."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

from runbook.keeper import keeper_command

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path


def run_kept(
    command: Sequence[str],
    *,
    folder: Path,
    environment: Mapping[str, str],
    log: Path,
    say: Callable[[str], None],
) -> None:
    """Run a command until it ends; its exit status is not known here, by which nothing should be judged.

    Args:
        command: What to run.
        folder: Where.
        environment: All that it has; nothing is inherited.
        log: Gets what it prints on standard error.
        say: Is told each line that it prints on standard output.
    """
    keeper = keeper_command("--grace", "2", "--")
    with (
        log.open("ab") as errors,
        subprocess.Popen(
            [*keeper, *command],
            cwd=folder,
            env=dict(environment),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            start_new_session=True,
            encoding="utf-8",
            errors="replace",
        ) as process,
    ):
        assert process.stdin is not None  # noqa: S101 - it was opened as a pipe
        assert process.stdout is not None  # noqa: S101 - it was opened as a pipe
        try:
            for line in process.stdout:
                say(line.rstrip("\n"))
        finally:
            process.stdin.close()  # the keeper ends what still runs; leaving the context waits for that
