"""What documents name without its folder: a source file, a decision, a name behind its module."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Self

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from pathlib import Path

SOURCES: Final = ("bin", "tests", "benchmarks", "noxfile.py", "tasks.py")
DECISIONS: Final = ("docs", "adr")
_DECISION = re.compile(r"\bADR (\d{4})\b")
_TICKED_FILE = re.compile(r"`([\w-]+\.py)`")
# A log is no source, and a module is looked for by its file.
_TICKED_NAME = re.compile(r"`([a-z]\w*(?:\.(?!(?:py|log)`)[A-Za-z_]\w*)+)(?:\([^`]*\))?`")
_READ: Final = {".py", ".sh", ".toml", ".json", ".js", ".yaml", ".yml", ".txt", ""}


@dataclass(frozen=True)
class Sources:
    """What there is to be named.

    Attributes:
        files: The last name of every Python file.
        decisions: The numbers of the decisions.
        modules: Every module of ``bin``, with its packages: what its source says.
        tasks: The names of the tasks, which have dots too.
        text: All that sources say.
    """

    files: frozenset[str]
    decisions: frozenset[str]
    modules: dict[str, str]
    tasks: frozenset[str]
    text: str

    @classmethod
    def of(cls, root: Path, tasks: Collection[str]) -> Self:
        """Read them."""
        places = [root.glob("*"), *((root / name).rglob("*") for name in SOURCES[:3])]
        found = [
            file
            for place in places
            for file in place
            if file.is_file() and file.suffix in _READ and "__pycache__" not in file.parts
        ]
        texts = {file: file.read_text(encoding="utf-8", errors="replace") for file in found}
        modules = {
            ".".join(file.relative_to(root / "bin").with_suffix("").parts): text
            for file, text in texts.items()
            if file.suffix == ".py" and file.is_relative_to(root / "bin")
        }
        names = (file.name[:4] for file in root.joinpath(*DECISIONS).glob("*.md"))
        files = frozenset(file.name for file in found if file.suffix == ".py")
        return cls(files, frozenset(names), modules, frozenset(tasks), "\n".join(texts.values()))

    def gone(self, text: str) -> Iterator[str]:
        """Yield what a document names and is not there."""
        for number in _DECISION.findall(text):
            if number not in self.decisions:
                yield f"names ADR {number}, which does not exist"
        for name in _TICKED_FILE.findall(text):
            if name not in self.files:
                yield f"names `{name}`, which does not exist"
        for name in _TICKED_NAME.findall(text):
            if not self._has(name):
                yield f"names `{name}`, which no source has"

    def _has(self, name: str) -> bool:
        """Whether a source says a name as it stands, or a module, known by the end of its own name, defines it."""
        if name in self.tasks or re.search(rf"(?<![\w.]){re.escape(name)}(?!\w)", self.text):
            return True
        module, _, last = name.rpartition(".")
        defines = re.compile(
            rf"^ *(?:(?:async )?def|class) {last}\b|^ *{last}\b[^=\n]*=", re.MULTILINE
        )
        return any(
            f".{known}".endswith((f".{name}", f".{name}.__init__"))
            or (f".{known}".endswith(f".{module}") and defines.search(source))
            for known, source in self.modules.items()
        )
