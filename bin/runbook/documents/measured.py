"""What benchmarks have measured: kept in files, from which the tables of the documents are made.

A benchmark takes long and depends on the machine, so that no check can run it. It prints a `Table` as it goes, and with
``--record`` keeps it under `FOLDER`; the block ``benchmark-NAME`` of a document is that file.
"""

from __future__ import annotations

import json
import os
import platform
import re
import shlex
import subprocess
import sys
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from runbook.documents.document import table
from runbook.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

FOLDER = "benchmarks/results"
RECORD = "--record"
_SCHEMA = "benchmark/1"
_FACTS = ("command", "machine", "date", "head", "rows")
_PROGRAM = re.compile(r"benchmarks/\w+\.py")


@dataclass(frozen=True)
class Table:
    """A table that is printed line by line while it is measured.

    Attributes:
        head: The names of its columns.
        rows: Its lines so far.
    """

    head: Sequence[str]
    rows: list[Sequence[str]] = field(default_factory=list)

    def begin(self) -> Table:
        """Print the head."""
        print(table(self.head, []), flush=True)
        return self

    def add(self, *cells: str) -> None:
        """Print one more line, and keep it."""
        self.rows.append(cells)
        print(table(cells, []).partition("\n")[0], flush=True)

    def record(self, root: Path, name: str, *, call: str = "", is_part: bool = False) -> Path:
        """Keep the table as what the running program has measured here and now.

        Args:
            root: The project's root.
            name: Of the record.
            call: What prints the whole table, where that is not the call of this program.
            is_part: Lines of the record that were not measured now stay as they are. A line is known by its first cell.

        Returns:
            The record's file.
        """
        file = root / FOLDER / f"{name}.json"
        rows = [list(row) for row in self.rows]
        facts: dict[str, Any] = {
            "schema": _SCHEMA,
            "command": call or _call(root),
            "machine": machine(),
            "date": datetime.now(UTC).date().isoformat(),
            "head": list(self.head),
            "rows": rows,
        }
        before = read(file) if is_part and file.is_file() else facts
        if before["head"] == facts["head"] and len(kept := _replaced(before["rows"], rows)) > len(
            rows
        ):
            facts |= {"rows": kept, "in_parts": True}
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(facts, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        return file


def _replaced(old: Sequence[Sequence[str]], new: Sequence[Sequence[str]]) -> list[Sequence[str]]:
    """The old lines with the new ones in their places, and at the end what is new altogether."""
    by_name = {row[0]: row for row in old} | {row[0]: row for row in new}
    return list(by_name.values())


def machine() -> str:
    """Say what was measured on, and how busy it was: figures of another machine are other figures."""
    load = os.getloadavg()[1]
    python = platform.python_version()
    return f"{os.cpu_count()} cores, {platform.system()}, Python {python}, load {load:.1f} over five minutes"


def blocks(root: Path) -> dict[str, Callable[[], str]]:
    """Return the makers of the blocks of all that is recorded, by name."""

    def maker(file: Path) -> Callable[[], str]:
        return lambda: as_markdown(file)

    return {f"benchmark-{file.stem}": maker(file) for file in (root / FOLDER).glob("*.json")}


def as_markdown(file: Path) -> str:
    """Return a record as a document shows it: the command, where it ran, and what it printed.

    Raises:
        UsageError: It is no record.
    """
    facts = read(file)
    parts = "line by line in several runs, the last " if facts.get("in_parts") else ""
    said = f"`{facts['command']}`, {parts}{facts['date']}, {facts['machine']}:"
    return f"{said}\n\n{table(facts['head'], facts['rows'])}"


def read(file: Path) -> dict[str, Any]:
    """Return a record.

    Raises:
        UsageError: It is none.
    """
    try:
        facts = json.loads(file.read_text(encoding="utf-8"))
    except ValueError:
        facts = None
    is_whole = isinstance(facts, dict) and all(name in facts for name in _FACTS)
    if not is_whole or any(len(row) != len(facts["head"]) for row in facts["rows"]):
        again = f"run the benchmark with {RECORD}"
        raise UsageError(f"{FOLDER}/{file.name} is no record of a benchmark", next_step=again)
    return dict(facts)


def lines(record: Mapping[str, Any], cells: str = "") -> list[dict[str, str]]:
    """Return the lines of a record that have these cells side by side, each by the names of its columns."""
    every = (dict(zip(record["head"], row, strict=True)) for row in record["rows"])
    return [each for each in every if _has(each, cells)]


def cell(record: Mapping[str, Any], line: str, column: str) -> str:
    """Return what stands in one place of a record.

    Args:
        record: As it was read.
        line: Cells of it that stand side by side, with `` | `` between them; empty where there is only one line.
        column: By its name.

    Raises:
        UsageError: There is no such place, or more than one.
    """
    found = lines(record, line)
    if len(found) != 1 or column not in found[0]:
        raise UsageError(
            f"{len(found)} lines of {record['command']!r} are {line!r} and have {column!r}"
        )
    return found[0][column]


def _has(line: Mapping[str, str], cells: str) -> bool:
    return not cells or f" | {cells} | " in f" | {' | '.join(line.values())} | "


def findings(root: Path, documents: Iterable[str]) -> Iterator[str]:
    """Yield what is wrong with the records: one that no document shows, a benchmark that keeps none.

    Args:
        root: The project's root.
        documents: The texts of the documents.
    """
    texts = list(documents)
    records = sorted((root / FOLDER).glob("*.json"))
    for file in records:
        if not any(f"<!-- generated: benchmark-{file.stem} -->" in text for text in texts):
            yield f"{FOLDER}/{file.name} is shown by no document"
    recorded = {match[0] for file in records if (match := _PROGRAM.search(read(file)["command"]))}
    for program in sorted((root / "benchmarks").glob("*.py")):
        name = program.relative_to(root).as_posix()
        if name not in recorded and '__name__ == "__main__"' in program.read_text(encoding="utf-8"):
            yield f"{name} has kept no table; mend: run it with {RECORD}"


def _call(root: Path) -> str:
    """The call of the running program, as somebody types it in the root to see the table alone."""
    interpreter, program = Path(os.path.normpath(sys.executable)), Path(sys.argv[0]).resolve()
    ours = interpreter.relative_to(root) if interpreter.is_relative_to(root) else "python"
    arguments = [word for word in sys.argv[1:] if word != RECORD]
    return shlex.join([str(ours), program.relative_to(root).as_posix(), *arguments])


def seconds(command: Sequence[str | Path], *, root: Path, environment: Mapping[str, str]) -> float:
    """Return the wall time of a command that must succeed, in seconds; the benchmark ends where it does not."""
    started = time.perf_counter()
    done = subprocess.run(
        command,
        cwd=root,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    if done.returncode:
        sys.exit(f"{shlex.join(map(str, command))} failed:\n{done.stdout.decode(errors='replace')}")
    return time.perf_counter() - started
