"""Commands that documents show, and what is wrong with them: no such task, session, option, file or test."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from itertools import takewhile
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

_FENCE = re.compile(r"^ *```(?:bash|console|sh)\n(?P<body>.*?)^ *```", re.MULTILINE | re.DOTALL)
_PROGRAM = r"(?:bin/)?(?:invoke|nox)|(?:bash|source) bin/[^\s`]+|[\w./-]*python3? (?:-m |bin/|benchmarks/)[^\s`]+"
_INLINE = re.compile(rf"(?<!`)`(?P<body>(?:\w+=\S+ )*(?:{_PROGRAM})(?: [^`\n]+)?)`")
_CONTINUED = re.compile(r"\\\n\s*")
_VARIABLE = re.compile(r"\w+=")
_VARIANT = re.compile(r"(-3\.\d+)?(\(.*)?$")  # of a session: its Python, its parameters
_TEST = re.compile(r"test_\w+$")
_DEFINED = re.compile(r"^def (test_\w+)", re.MULTILINE)
_PLACEHOLDER = re.compile(r"\[?[A-Z]+\]?$|\.\.\.$|\[|\]|\|")


@dataclass(frozen=True)
class Known:
    """What there is to call.

    Attributes:
        root: The project's root.
        tasks: Each task as it is described, by name.
        sessions: The names of the sessions, without their Pythons and parameters.
        tests: The names of all test functions.
    """

    root: Path
    tasks: Mapping[str, Mapping[str, Any]]
    sessions: frozenset[str]
    tests: frozenset[str]

    @property
    def calls(self) -> frozenset[str]:
        """The names of the tasks and of their options."""
        options = (option["name"] for task in self.tasks.values() for option in task["options"])
        return frozenset([*self.tasks, *options])

    @classmethod
    def of(cls, root: Path, described: Mapping[str, Any]) -> Known:
        """Return what a project describes, with the tests that are found in its files."""
        return cls(
            root,
            {task["name"]: task for task in described["tasks"]},
            frozenset(base_name(session["name"]) for session in described["sessions"]),
            frozenset(
                name
                for file in (root / "tests").rglob("*.py")
                for name in tests_in(file.read_text(encoding="utf-8"))
            ),
        )


def tests_in(text: str) -> list[str]:
    """Return the names of the test functions that a source defines, or a document shows."""
    return _DEFINED.findall(text)


def base_name(session: str) -> str:
    """Return the name of a session without its Python and its parameters."""
    return _VARIANT.sub("", session)


def commands(text: str) -> Iterator[tuple[str, ...]]:
    """Yield each command that a document shows, as words: in its blocks of shell, and between single backticks."""
    for fence in _FENCE.finditer(text):
        for line in _CONTINUED.sub("", fence["body"]).splitlines():
            yield from _calls(line.strip().removeprefix("$ "))
    for match in _INLINE.finditer(_FENCE.sub("", text)):
        yield from _calls(match["body"])


def _calls(line: str) -> Iterator[tuple[str, ...]]:
    """Yield the commands of a line of shell, without the variables before them."""
    words = shlex.shlex(line, posix=True, punctuation_chars=True)
    words.whitespace_split = True
    try:
        listed = list(words)
    except ValueError:  # prose that is no shell
        return
    call: list[str] = []
    for word in [*listed, ";"]:
        if set(word) <= set("();<>|&"):
            if call:
                yield tuple(call)
            call = []
        elif call or not _VARIABLE.match(word):
            call.append(word)


def problems(command: Sequence[str], known: Known) -> Iterator[str]:
    """Yield what is wrong with a command; one of other programs is none of ours."""
    program, *arguments = command
    if re.fullmatch(r"(bin/)?invoke", program):
        yield from _of_invoke(arguments, known)
    elif re.fullmatch(r"(bin/)?nox", program):
        yield from _of_nox(arguments, known)
    elif program in {"bash", "source"} and arguments:
        yield from _of_script(arguments, known)
    elif re.search(r"(^|/)python3?$", program) and arguments:
        yield from _of_python(arguments, known)
    else:
        return
    yield from _gone_words(arguments, known)


def _of_invoke(words: Sequence[str], known: Known) -> Iterator[str]:
    name, *given = words or ["--list"]
    if name.startswith("-"):  # an option of Invoke itself
        return
    if name not in known.tasks:
        if not _PLACEHOLDER.match(name):
            yield f"there is no task {name}"
        return
    positional = known.tasks[name]["positional"]
    options = {option["name"]: option for option in known.tasks[name]["options"]}
    # Invoke takes a positional argument by its name, too.
    options |= {f"--{each.replace('_', '-')}": {"type": "str"} for each in positional}
    given = [word.strip("[]") for word in given]
    named = [word for word in given if word.startswith("--")]
    for option in (word.partition("=")[0] for word in named):
        if option not in options and option != "--help":
            yield f"{name} has no option {option}"
    values = sum("=" not in word and _takes_a_value(options.get(word)) for word in named)
    if sum(not word.startswith("-") for word in given) - values > len(positional):
        yield f"{name} takes {len(positional)} words"


def _takes_a_value(option: Mapping[str, Any] | None) -> bool:
    return option is not None and option["type"] != "bool"


def _of_nox(words: Sequence[str], known: Known) -> Iterator[str]:
    own = list(takewhile(lambda word: word != "--", words))
    asked = own[own.index("-s") + 1 :] if "-s" in own else []
    for word in takewhile(lambda word: not word.startswith("-"), asked):
        if base_name(word) not in known.sessions and not _PLACEHOLDER.match(word):
            yield f"there is no session {word}"
    yield from _gone_options(words[len(own) + 1 :], known.root / "bin")


def _of_script(words: Sequence[str], known: Known) -> Iterator[str]:
    script = known.root / words[0]
    if script.is_file() and '-- "$@"' not in _last_line(script):  # that goes to somebody else
        yield from _gone_options(words[1:], script)


def _last_line(file: Path) -> str:
    return file.read_text(encoding="utf-8").rstrip().rpartition("\n")[2]


def _of_python(words: Sequence[str], known: Known) -> Iterator[str]:
    """A file, or a module of ours; a module that is not ours is not looked at."""
    source, rest = known.root / words[0], words[1:]
    if words[0] == "-m" and rest:
        module, *rest = rest
        if not (known.root / "bin" / module.partition(".")[0]).is_dir():
            return
        package = known.root / "bin" / module.replace(".", "/")
        source = package if package.is_dir() else package.with_suffix(".py")
        if not source.exists():
            yield f"there is no module {module}"
        yield from _gone_command(rest, source / "__main__.py")
    if source.exists():
        yield from _gone_options(rest, source)


def _gone_command(words: Sequence[str], program: Path) -> Iterator[str]:
    """Yield the first word where a program of several commands has none that is called so."""
    text = program.read_text(encoding="utf-8") if program.is_file() else ""
    name = words[0] if words and re.match(r"[a-z]", words[0]) else ""
    if name and "add_subparsers(" in text and f'"{name}"' not in text:
        yield f"it has no command {name}"


def _gone_options(words: Sequence[str], source: Path) -> Iterator[str]:
    """Yield the long options that no source reads: a script by a case, Python by a string.

    A folder is all its Python.
    """
    files = [source] if source.is_file() else source.rglob("*.py")
    options = {word[2:].partition("=")[0] for word in words if re.match(r"--\w", word)}
    if options:
        text = "\n".join(file.read_text(encoding="utf-8") for file in files)
        read = r"--{} *[|)]" if source.suffix == ".sh" else r"[\"'](--)?{}[\"'=]"
        gone = (option for option in options if not re.search(read.format(option), text))
        yield from (f"nothing knows its option --{option}" for option in sorted(gone))


def _gone_words(words: Sequence[str], known: Known) -> Iterator[str]:
    """Yield the files and the tests that are named and are not there."""
    for word in words:
        path, _, test = word.partition("::")
        if re.match(r"(bin|tests|docs|benchmarks)/", path) and not (known.root / path).exists():
            yield f"{path} does not exist"
        name = test or word
        if _TEST.match(name) and name not in known.tests:
            yield f"there is no test {name}"
