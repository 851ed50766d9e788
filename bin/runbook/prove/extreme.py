"""Empty every function that a request can reach: ``python -m runbook.prove.extreme --sources FOLDER --reached FILE``.

FILE names them, ``path::name`` a line, as a server wrote them down that was asked for everything.

What was tried is kept in ``.runbook/extreme.jsonl``, so that a run that was ended goes on where it was. A function that
was killed is tried again when its file changes; one that survived also when a test changes.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
import time
import tomllib
from dataclasses import dataclass
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING, Any

from runbook.arguments import Parser
from runbook.calls import before_options, call_session
from runbook.culprit.options import check_jobs
from runbook.documents.document import table
from runbook.errors import RunbookError, UsageError, tell
from runbook.exit_codes import ExitCode
from runbook.json_files import read_lines
from runbook.lines import line
from runbook.processes.standard_streams import narrate, say
from runbook.project import find_project
from runbook.prove.emptied import Emptied, reached
from runbook.prove.workshop import Workshop
from runbook.runs.report_lines import MOST_LINES
from runbook.sessions.brief import STATE
from runbook.sessions.nox_session import end_with_callers

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Mapping, Sequence

    from runbook.lines import Field
    from runbook.project import Project, Tier

GOAL = 90.0  # percent that the tier kills
MEMORY = "extreme.jsonl"  # below the project's state


@dataclass(frozen=True, slots=True)
class Tried:
    """What became of one function.

    Attributes:
        function: Which one.
        source: Digest of its file.
        tests: Digest of the tests that ran.
        killed_by: The first test that noticed; empty where none did.
    """

    function: Emptied
    source: str
    tests: str
    killed_by: str

    def holds(self, source: str, tests: str) -> bool:
        """Whether it would come out the same again."""
        return self.source == source and (bool(self.killed_by) or self.tests == tests)


def main(argv: Sequence[str] | None = None) -> int:
    """Try what was not tried yet, and print the survivors; return an `ExitCode`."""
    end_with_callers()
    try:
        return _main(_parse(argv))
    except RunbookError as error:
        return tell(error, "")
    except KeyboardInterrupt:
        return ExitCode.INTERRUPTED


def _parse(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = Parser(
        prog=before_options("extreme", module="runbook.prove.extreme"), allow_abbrev=False
    )
    parser.add_argument("--sources", required=True, help="the folder of the package under smoke")
    parser.add_argument("--reached", required=True, help="file of what a request can reach")
    parser.add_argument("--tier", default="fast")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="runs at once")
    parser.add_argument("--seconds", type=float, default=0.0, help="begin nothing after so long")
    parser.add_argument("--record", action="store_true", help="keep the result for the document")
    options = parser.parse_args(argv)
    _check_numbers(options)
    return options


def _again() -> str:
    """The command that goes on where it was."""
    return call_session("extreme")


def _check_numbers(options: argparse.Namespace) -> None:
    check_jobs(options.jobs)
    if not 0 <= options.seconds < inf:
        raise UsageError(
            f"--seconds is {options.seconds:g}; it is 0, which is without an end, or more",
            next_step=call_session("extreme", "--seconds", "300"),
        )


def _main(options: argparse.Namespace) -> ExitCode:
    project = find_project(Path.cwd())
    tier = project.tier(options.tier)
    sources = _read_sources(project, options.sources)
    wanted = reached(sources, _read_reached(options.reached))
    if not wanted:
        raise UsageError(f"--reached {options.reached} names no function", next_step=_again())
    memory = _Memory(project, tier, sources)
    _try_the_rest(project, tier, wanted, memory, options)
    tried = [found for each in wanted if (found := memory.find(each))]
    survivors = [str(each.function) for each in tried if not each.killed_by]
    killed, left = len(tried) - len(survivors), len(wanted) - len(tried)
    for text in lines(survivors, killed=killed, left=left):
        say(text)
    if options.record and not left:
        result = {"functions": len(wanted), "killed": killed, "survivors": survivors}
        text = json.dumps({"schema": "extreme/1", "tier": tier.name, **result}, indent=1)
        record_file(project).write_text(text + "\n", encoding="utf-8")
    return ExitCode.RED if _word(len(survivors), killed, left) == "unproved" else ExitCode.GREEN


def lines(survivors: Sequence[str], *, killed: int, left: int) -> list[str]:
    """Return what is printed: the survivors as far as they fit on a screen, and RESULT.

    Args:
        survivors: The functions that no test missed.
        killed: How many were missed.
        left: How many were not tried yet.
    """
    room, word = MOST_LINES - 1, _word(len(survivors), killed, left)
    shown = survivors if len(survivors) <= room else survivors[: room - 1]
    hidden = len(survivors) - len(shown)
    tried = killed + len(survivors)
    next_step = {
        "partial": _again(),
        "unproved": f"a test that misses a survivor, then {_again()}",
    }.get(word, "")
    facts: list[Field] = [
        ("functions", tried + left),
        ("killed", killed),
        ("percent", f"{_percent(killed, tried):.1f}"),
        ("survived", len(survivors)),
        ("left", left),
    ]
    return [
        *(line(["SURVIVED", name], []) for name in shown),
        *([line(["CUT"], [("survivors", hidden), ("in", f"{STATE}/{MEMORY}")])] if hidden else []),
        line(["RESULT", word], [*facts, *([("next", next_step)] if next_step else [])]),
    ]


def _word(survived: int, killed: int, left: int) -> str:
    if left:
        return "partial"
    return "proved" if _percent(killed, killed + survived) >= GOAL else "unproved"


def _percent(killed: int, tried: int) -> float:
    return 100 * killed / max(1, tried)


def _read_sources(project: Project, folder: str) -> dict[str, str]:
    files = sorted((project.root / folder).rglob("*.py"))
    return {
        file.relative_to(project.root).as_posix(): file.read_text(encoding="utf-8")
        for file in files
    }


def _read_reached(file: str) -> list[str]:
    try:
        return Path(file).read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise UsageError(f"--reached {file}: {error.strerror}", next_step=_again()) from error


class _Memory:
    """What was tried, in this run and in earlier ones."""

    def __init__(self, project: Project, tier: Tier, sources: Mapping[str, str]) -> None:
        self._file = project.state / MEMORY
        self._file.parent.mkdir(exist_ok=True)
        folders = {(project.root / path).parent for path in tier.tests}
        tests = [file for folder in sorted(folders) for file in sorted(folder.glob("*.py"))]
        self._tests = _digest(*(file.read_text(encoding="utf-8") for file in tests))
        self._sources = {name: _digest(text) for name, text in sources.items()}
        self._known = {tried.function: tried for tried in self._read()}

    def _read(self) -> Iterator[Tried]:
        for entry in read_lines(self._file):
            yield Tried(Emptied(*entry.pop("function")), **entry)

    def find(self, function: Emptied) -> Tried | None:
        """What became of a function, where that still holds."""
        tried = self._known.get(function)
        source = self._sources[function.file]
        return tried if tried and tried.holds(source, self._tests) else None

    def keep(self, function: Emptied, killed_by: str) -> None:
        """Remember what became of it."""
        source = self._sources[function.file]
        self._known[function] = Tried(function, source, self._tests, killed_by)
        entry: dict[str, Any] = {
            "function": [function.file, function.qualname],
            "source": source,
            "tests": self._tests,
            "killed_by": killed_by,
        }
        with self._file.open("a", encoding="utf-8") as file:
            file.write(json.dumps(entry) + "\n")


def _try_the_rest(
    project: Project,
    tier: Tier,
    wanted: Sequence[Emptied],
    memory: _Memory,
    options: argparse.Namespace,
) -> None:
    rest = [function for function in wanted if memory.find(function) is None]
    rest.sort(key=lambda function: _digest(str(function)))  # so that a part is a fair sample
    narrate(f"{len(wanted)} functions, {len(rest)} of them to be tried")
    if not rest:
        return
    started, batch = time.monotonic(), 4 * options.jobs
    with Workshop(project, options.jobs) as workshop:
        workshop.open(tier)
        for first in range(0, len(rest), batch):
            if options.seconds and time.monotonic() - started > options.seconds:
                return
            some = rest[first : first + batch]
            for place, ran in workshop.run_all(tier, [(each, ["-x"]) for each in some]):
                by = ran.failures[0]["name"] if ran.failures else ran.verdict
                memory.keep(some[place], "" if ran.verdict == "green" else by)
            seconds = time.monotonic() - started
            narrate(f"[{first + len(some)}/{len(rest)}] {seconds:.0f} s")


def _digest(*texts: str) -> str:
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()[:16]


def record_file(project: Project) -> Path:
    """Where the last result is kept."""
    return project.root / project.faults / "extreme.json"


def words_file(project: Project) -> Path:
    """Where a word on each survivor stands, under its name."""
    return project.root / project.faults / "survivors" / "words.toml"


def survivors_block(project: Project) -> str:
    """Return what the document says of the last result."""
    if not record_file(project).is_file():
        return ""
    result = json.loads(record_file(project).read_text(encoding="utf-8"))
    words = _read_words(project)
    percent = 100 * result["killed"] / result["functions"]
    summary = (
        f"Tier {result['tier']}: of {result['functions']} functions {result['killed']} are killed, "
        f"{percent:.1f} %; {len(result['survivors'])} survive."
    )
    body = ([f"`{name}`", words.get(name, "")] for name in result["survivors"])
    return f"{summary}\n\n{table(['Survivor', 'Why'], body)}"


def findings(project: Project) -> Iterator[str]:
    """Yield which survivors nobody has said a word on, and which words are on none."""
    if record_file(project).is_file():
        survivors = set(json.loads(record_file(project).read_text(encoding="utf-8"))["survivors"])
        words = _read_words(project).keys()
        for name in sorted(survivors ^ words):
            what = "survives without a word" if name in survivors else "has a word, and is killed"
            yield f"{name} {what} in {words_file(project).relative_to(project.root)}"


def _read_words(project: Project) -> dict[str, str]:
    file = words_file(project)
    return tomllib.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}


if __name__ == "__main__":
    sys.exit(main())
