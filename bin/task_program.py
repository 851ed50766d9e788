"""Invoke, as ``bin/invoke`` starts it: what its parser refuses is a usage error, in JSON too."""

from __future__ import annotations

import os

try:
    import contextlib
    import re
    import sys
    from itertools import pairwise
    from pathlib import Path
    from typing import TYPE_CHECKING

    from invoke.exceptions import Exit, ParseError
    from invoke.main import program
    from invoke.program import Program

    from runbook.arguments import asked_json
    from runbook.errors import Interrupted, UsageError, leave, tell
    from runbook.exit_codes import ExitCode
    from runbook.last_words import why_unread
    from runbook.nearest import nearest
    from runbook.processes.standard_streams import forsake
except KeyboardInterrupt:  # nothing has begun
    os._exit(130)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from invoke.parser.argument import Argument

_UNKNOWN = re.compile(r"No idea what '([^-'][^']*)' is!")  # no option
_SHORT = re.compile(r"No idea what '(-\w)' is!")
_VALUELESS = re.compile(r"Flag <Argument: .*> needed value and was not given one!")


class TaskProgram(Program):
    """Invoke's own program, but for how it refuses."""

    def parse_core(self, argv: list[str] | None) -> None:
        """Read Invoke's own options."""
        with _refusing():
            super().parse_core(argv)

    def parse_collection(self) -> None:
        """Find the tasks; answer ``--help`` of Invoke itself."""
        with _refusing():
            super().parse_collection()

    def load_collection(self) -> None:
        """Read ``tasks.py``; a mistake in it is told with its place, and no bug of Invoke's."""
        try:
            super().load_collection()
        except (Exit, ParseError):
            raise
        except Exception as error:
            why = why_unread(error, Path(__file__).resolve().parents[1])
            if not why:
                raise
            refused = UsageError(f"the tasks cannot be read: {why}", next_step="bin/nox -s lint")
            raise Exit(code=tell(refused, asked_json(sys.argv[1:]))) from error

    def parse_tasks(self) -> None:
        """Read the tasks and their options; ``TASK --help`` is read as ``--help TASK``."""
        match self.core.unparsed:
            # A required option is not asked for then, nor is this its value.
            case [task, "--help" | "-h", *_]:
                self.core[0].args["help"].value = task
                self.core.unparsed.clear()
        with _refusing(self.collection.task_names):
            super().parse_tasks()

    def parse_cleanup(self) -> None:
        """Answer ``--list`` and ``--help``."""
        with _refusing(self.collection.task_names):
            super().parse_cleanup()


@contextlib.contextmanager
def _refusing(tasks: Iterable[str] = ()) -> Iterator[None]:
    """Make a usage error of a refusal, an interruption of Ctrl-C, and neither of a list that nobody reads.

    Invoke would end with 1, as if something were red.
    """
    try:
        try:
            yield
        finally:  # Invoke ends a list by raising
            sys.stdout.flush()
    except BrokenPipeError as gone:
        forsake(sys.stdout)
        raise Exit(code=ExitCode.GREEN) from gone
    except KeyboardInterrupt as pressed:
        raise Exit(code=leave(Interrupted(), asked_json(sys.argv[1:]))) from pressed
    except (ParseError, ValueError) as error:  # the latter where an option wants a number
        task = getattr(getattr(error, "context", None), "name", None)
        next_step = f"bin/invoke --help {task}" if task else "bin/invoke --list"
        is_number = isinstance(error, ValueError)
        said = f"an option wants a number: {error}" if is_number else _said(error, tasks)
        refused = UsageError(said, next_step=next_step)
        raise Exit(code=tell(refused, asked_json(sys.argv[1:]))) from error


def _said(error: Exception, tasks: Iterable[str]) -> str:
    """What was wrong: of an option by its name; of a task that is not there with those that were perhaps meant."""
    unknown = _UNKNOWN.fullmatch(str(error))
    flags = getattr(getattr(error, "context", None), "flags", {})
    typed = list(_typed(sys.argv[1:]))
    if _VALUELESS.fullmatch(str(error)):
        return f"{_last_option(typed, flags)} wants a value, and has none"
    if unknown and (about := _about_an_option(unknown[1], typed, flags)):
        return about
    close = nearest(unknown[1], tasks) if unknown else _with_letter(str(error), flags)
    return f"{error} The nearest: {', '.join(close)}" if close else str(error)


def _with_letter(said: str, flags: Iterable[str]) -> list[str]:
    """The options that somebody may mean who writes their first letter: there are no short ones."""
    short = _SHORT.fullmatch(said)
    return [flag for flag in flags if flag.startswith(f"-{short[1]}")] if short else []


def _typed(words: Iterable[str]) -> Iterator[str]:
    """The words, with an option and its value apart."""
    for word in words:
        name, _, value = word.partition("=") if word.startswith("-") else (word, "", "")
        yield from (name, value) if value else (word,)


def _last_option(typed: list[str], flags: Mapping[str, Argument]) -> str:
    """The last option that wants a value."""
    return next(word for word in reversed(typed) if word in flags and flags[word].takes_value)


def _about_an_option(word: str, typed: list[str], flags: Mapping[str, Argument]) -> str:
    """Why a word is no value of the option that it stands behind; empty where it stands behind none."""
    pairs = reversed(list(pairwise(typed)))
    option = next((before for before, this in pairs if this == word and before in flags), "")
    if not option:
        return ""
    if flags[option].takes_value:
        return f"{option} is given twice, and takes one value: not {word!r}, too"
    return f"{option} takes no value: not {word!r}"


if __name__ == "__main__":
    names = ["invoke", "inv"]  # by which completion knows what it completes
    TaskProgram(program.version, name=program.name, binary="inv[oke]", binary_names=names).run()
