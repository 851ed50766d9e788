"""Standard streams whose other end is gone: what whoever called has closed leads nowhere."""

from __future__ import annotations

import os
import sys
from typing import TextIO

_OF_A_PROCESS = (("stdin", "r"), ("stdout", "w"), ("stderr", "w"))


def open_closed_streams() -> None:
    """Open each standard stream that is closed, on nothing, for this process and those that it starts.

    A file that is opened later would be given its number, and be taken for it by every program that is started.
    """
    for number, (name, mode) in enumerate(_OF_A_PROCESS):
        if getattr(sys, name) is None:
            _lead_nowhere(number)
            stream = os.fdopen(number, mode, encoding="utf-8", closefd=False)
            setattr(sys, name, stream)
            setattr(sys, f"__{name}__", stream)


def _lead_nowhere(number: int) -> None:
    nothing = os.open(os.devnull, os.O_RDWR)
    if nothing == number:
        os.set_inheritable(number, True)  # noqa: FBT003 - os has it so
    else:
        os.dup2(nothing, number)
        os.close(nothing)


def say(text: str, results: TextIO | None = None) -> None:
    """Print a result at once, on standard output by default, whoever may have stopped reading: ``rows | head -1``."""
    results = results or sys.stdout
    try:
        print(text, file=results, flush=True)
    except BrokenPipeError:
        forsake(results)


def forsake(stream: TextIO) -> None:
    """Lead a stream nowhere that nobody reads any more: nor is that the exit code's business when Python flushes it."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def narrate(text: str) -> None:
    """Say what goes on meanwhile, which is no result: who stops reading it ends no procedure half-way."""
    say(text, sys.stderr)
