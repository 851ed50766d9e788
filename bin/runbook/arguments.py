"""A command line whose refusals are errors as all others: with a next step, and as JSON where that was asked for."""

from __future__ import annotations

import argparse
import sys
from math import inf
from typing import TYPE_CHECKING, Any, NoReturn

from runbook.errors import UsageError, tell

if TYPE_CHECKING:
    from collections.abc import Sequence

_OPTION = "--json"


def asked_json(words: Sequence[str]) -> str:
    """Return where a command line that could not be read wants its JSON: a file, ``-``, or empty for nowhere.

    Some commands take a file behind ``--json`` and some take nothing. Which one this is cannot be known here, so
    that a word behind it is a file only where it looks like one.
    """
    for place, word in enumerate(words):
        name, given, value = word.partition("=")
        if name == _OPTION:
            behind = value if given else next(iter(words[place + 1 :]), "")
            return behind if given or behind.endswith(".json") else "-"
    return ""


def at_least_one(text: str) -> int:
    """Read an option that says how many of something there are to be: one at least.

    Raises:
        argparse.ArgumentTypeError: It is less.
        ValueError: It is no whole number.
    """
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text} is not 1 or more")
    return number


def above_nothing(text: str) -> float:
    """Read an option that says how long something is to take: above nothing, and with an end.

    Raises:
        argparse.ArgumentTypeError: It is nothing, or without an end.
        ValueError: It is no number.
    """
    number = float(text)
    if not 0 < number < inf:
        raise argparse.ArgumentTypeError(f"{text} is not above 0")
    return number


def check_count(option: str, number: int) -> None:
    """Refuse a number of things of which none stands for as many as fit.

    Raises:
        UsageError: It is less than none.
    """
    if number < 0:
        raise UsageError(f"{option} is {number}; it is 0 or more")


class Parser(argparse.ArgumentParser):
    """As argparse has it; what it refuses, it says as a `UsageError`."""

    _words: Sequence[str] = ()

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:  # noqa: D102 - argparse's own
        self._words = list(sys.argv[1:] if args is None else args)
        return super().parse_known_args(args, namespace)

    def error(self, message: str) -> NoReturn:
        """End the process with the usage error."""
        refused = UsageError(message, next_step=f"{self.prog} --help")
        sys.exit(tell(refused, asked_json(self._words)))
