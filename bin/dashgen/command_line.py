"""Command lines that refuse as everything here does: what, where, and what to run next."""

from __future__ import annotations

import argparse
import os
import sys
from typing import NoReturn

_USAGE = 2


class Parser(argparse.ArgumentParser):
    """As argparse has it; a refusal names the next command.

    Args:
        command: How the program is started, as somebody types it.
        description: What it does, in a sentence.
        epilog: What else to know.
    """

    def __init__(self, command: str, *, description: str, epilog: str = "") -> None:
        prog = command.removeprefix("python bin/")
        super().__init__(prog=prog, description=description, epilog=epilog or None)
        self._command = command

    def error(self, message: str) -> NoReturn:
        """End the process with the usage error."""
        self.print_usage(sys.stderr)
        complain(message, f"{self._command} --help")
        sys.exit(_USAGE)


def complain(problem: str, remedy: str) -> None:
    """Tell a person what is wrong, and what to run next."""
    sys.stderr.write(f"error: {problem}\n  next: {remedy}\n")
    sys.stderr.flush()


def say(text: str) -> None:
    """Print a result at once, whoever may have stopped reading."""
    try:
        print(text, flush=True)
    except BrokenPipeError:  # nor is it the exit status's business when Python flushes at the end
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
