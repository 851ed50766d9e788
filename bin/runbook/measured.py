"""What benchmarks have measured: kept in files, from which the tables of the documents are made.

A benchmark takes long and depends on the machine, so that no check can run it. It prints a `Table` as it goes, and with
``--record`` keeps it under `FOLDER`; the block ``benchmark-NAME`` of a document is that file.
"""

from __future__ import annotations

import json
import os
import platform
import shlex
import sys
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from runbook.document import table
from runbook.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

FOLDER = "benchmarks/results"
RECORD = "--record"
_SCHEMA = "benchmark/1"
_FACTS = ("command", "machine", "date", "head", "rows")


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

    def record(self, root: Path, name: str) -> Path:
        """Keep the table as what the running program has measured here and now; return the file."""
        facts = {
            "schema": _SCHEMA,
            "command": _call(root),
            "machine": machine(),
            "date": datetime.now(UTC).date().isoformat(),
            "head": self.head,
            "rows": self.rows,
        }
        file = root / FOLDER / f"{name}.json"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(facts, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        return file


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
    facts = _read(file)
    said = f"`{facts['command']}`, {facts['date']}, {facts['machine']}:"
    return f"{said}\n\n{table(facts['head'], facts['rows'])}"


def _read(file: Path) -> dict[str, Any]:
    try:
        facts = json.loads(file.read_text(encoding="utf-8"))
    except ValueError:
        facts = None
    is_whole = isinstance(facts, dict) and all(name in facts for name in _FACTS)
    if not is_whole or any(len(row) != len(facts["head"]) for row in facts["rows"]):
        again = f"run the benchmark with {RECORD}"
        raise UsageError(f"{FOLDER}/{file.name} is no record of a benchmark", next_step=again)
    return dict(facts)


def _call(root: Path) -> str:
    """The call of the running program, as somebody types it in the root to see the table alone."""
    interpreter, program = Path(sys.executable), Path(sys.argv[0]).resolve()
    ours = interpreter.relative_to(root) if interpreter.is_relative_to(root) else "python"
    arguments = [word for word in sys.argv[1:] if word != RECORD]
    return shlex.join([str(ours), program.relative_to(root).as_posix(), *arguments])
