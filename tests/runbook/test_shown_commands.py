"""Every command that a document shows, held against what can be called: ``describe --json``."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from dataclasses import dataclass
from typing import Any

import pytest

from runbook.checks import documents
from tests.runbook.support import ROOT, engine_environment

_FENCE = re.compile(r"^```(?:bash|console|sh)\n(?P<body>.*?)^```", re.MULTILINE | re.DOTALL)
_INLINE = re.compile(r"(?<!`)`(?P<body>(?:\$ )?(?:bin/)?(?:invoke|nox) [^`\n]+)`")
_PROGRAM = re.compile(r"(?:bin/)?(invoke|nox)$")
_PROSE = {"...", "FILE", "TEST", "SHA", "SLUG", "NAME", "ID", "DATE", "ADDR", "|", "[", "]"}


@dataclass(frozen=True)
class Shown:
    """A command as a document shows it."""

    where: str
    words: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.where}: {shlex.join(self.words)}"


def shown() -> list[Shown]:
    """Return every call of Invoke and Nox in the documents."""
    found = []
    for document in documents(ROOT):
        text = document.read_text(encoding="utf-8")
        lines = [line for fence in _FENCE.finditer(text) for line in fence["body"].splitlines()]
        lines += (
            [match["body"] for match in _INLINE.finditer(text)] if document.suffix == ".md" else []
        )
        for line in lines:
            for call in re.split(r" (?:&&|\|\||\||\d?>) |; ", line.removeprefix("$ ")):
                words = _words(call)
                if words and _PROGRAM.match(words[0]):
                    found.append(Shown(document.relative_to(ROOT).as_posix(), tuple(words)))
    return found


def _words(call: str) -> list[str]:
    try:
        return shlex.split(call, comments=True)
    except ValueError:  # prose that is no shell
        return []


@pytest.fixture(scope="module")
def described() -> Any:
    """What can be called."""
    command = [sys.executable, "-m", "invoke", "--search-root", str(ROOT), "describe", "--json"]
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, env=engine_environment()
    )
    assert 0 == done.returncode, done.stderr
    return json.loads(done.stdout)


def test_there_are_commands_in_every_document_that_leads() -> None:
    leading = {"README.md", "AGENTS.md", "docs/getting-started/SMOKE_RUNBOOK.md"}

    assert leading <= {each.where for each in shown()}
    assert len(shown()) > 40


def test_every_task_that_is_shown_takes_what_it_is_shown_with(described: Any) -> None:
    tasks = {task["name"]: task for task in described["tasks"]}

    wrong = [
        f"{each}: {problem}"
        for each in shown()
        if each.words[0].endswith("invoke")
        for problem in _problems(each.words[1:], tasks)
    ]

    assert [] == wrong


def _problems(words: tuple[str, ...], tasks: dict[str, Any]) -> list[str]:
    if words[0].startswith("-"):  # of Invoke itself
        return []
    if words[0] not in tasks:
        return [f"there is no task {words[0]}"]
    positional = tasks[words[0]]["positional"]
    options = {option["name"]: option for option in tasks[words[0]]["options"]}
    # Invoke takes a positional argument by its name, too.
    options |= {f"--{name.replace('_', '-')}": {"type": "str"} for name in positional}
    given = [word.strip("[]") for word in words[1:]]
    named = [word for word in given if word.startswith("--")]
    problems = [
        f"{words[0]} has no option {name}"
        for name in (word.partition("=")[0] for word in named)
        if name not in options and name != "--help"
    ]
    values = sum("=" not in word and _takes_a_value(options.get(word)) for word in named)
    room = len(positional)
    too_many = sum(not word.startswith("-") for word in given) - values - room
    return [*problems, f"{words[0]} takes {room} words"] if too_many > 0 else problems


def _takes_a_value(option: dict[str, Any] | None) -> bool:
    return option is not None and option["type"] != "bool"


def test_every_session_that_is_shown_is_there(described: Any) -> None:
    names = {session["name"] for session in described["sessions"]}
    names |= {re.sub(r"(-3\.\d+)?(\(.*)?$", "", name) for name in names}

    wrong = []
    for each in shown():
        if each.words[0].endswith("nox") and "-s" in each.words:
            asked = each.words[each.words.index("-s") + 1 :]
            for word in asked:
                if word.startswith("-"):
                    break
                if word not in names | _PROSE:
                    wrong.append(f"{each}: there is no session {word}")

    assert [] == wrong


@pytest.mark.parametrize(
    "words", [("explain", "--jsn", "a"), ("explain", "a", "b"), ("explan", "a"), ("run", "x")]
)
def test_a_wrong_command_would_be_found(words: tuple[str, ...], described: Any) -> None:
    assert _problems(words, {task["name"]: task for task in described["tasks"]})
