"""What the command lines of both searches have in common: the options that mean the same, and how a search ends.

The report goes to standard output, progress to standard error.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from runbook.culprit.options import TIMEOUT
from runbook.errors import Interrupted, RunbookError, UsageError, lacking, leave, tell
from runbook.json_files import say_or_write
from runbook.processes.standard_streams import narrate

if TYPE_CHECKING:
    from argparse import ArgumentParser
    from collections.abc import Callable, Mapping

    from runbook.exit_codes import ExitCode


class Ended(NamedTuple):
    """What a search has to say when it is over.

    Attributes:
        text: For a person.
        record: For a program.
        code: For the shell.
    """

    text: str
    record: Mapping[str, Any]
    code: ExitCode


def end(search: Callable[[], Ended], json_file: str, *, interrupted: str) -> int:
    """Search, say what came of it, and return an `ExitCode`.

    Args:
        search: What to do.
        json_file: Where the record goes; ``-`` for standard output in the place of the text, nothing for nowhere.
        interrupted: How to go on after Ctrl-C.
    """
    try:
        _check_place(json_file)
        text, record, code = search()
        say_or_write(text, record, json_file)
    except RunbookError as error:
        return tell(error, json_file)
    except OSError as error:
        return tell(lacking(error), json_file)
    except KeyboardInterrupt:
        narrate(f"interrupted; {interrupted}")
        return leave(Interrupted(next_step=interrupted), json_file)
    return code


def _check_place(json_file: str) -> None:
    """Refuse a place for the record before anybody has waited for it."""
    folder = Path(json_file).parent
    if not folder.is_dir():
        raise UsageError(
            f"--json {json_file}: there is no folder {folder}", next_step=f"mkdir -p {folder}"
        )


def probe_line(outcome: str, seconds: float, what: str) -> str:
    """Return the line of a report that tells of one probe.

    Args:
        outcome: What it said.
        seconds: What it took.
        what: What was tried, and whatever else is worth knowing.
    """
    return f"  {outcome:<12}  {seconds:6.1f} s  {what}"


def add_shared(parser: ArgumentParser) -> None:
    """Add what both searches are told in the same words."""
    add = parser.add_argument
    add(
        "--flake-rate",
        type=float,
        help="how often the command fails where all is well; 0 for never",
    )
    add("--fresh", action="store_true", help="believe nothing that earlier searches saw")
    add("--timeout", type=float, default=TIMEOUT, help="seconds for one run (default: %(default)g)")
    add("--json", default="", help="a file to write the result to; - for standard output")
