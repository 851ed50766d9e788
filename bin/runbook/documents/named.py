"""What documents name without its folder: a decision, a source file, and every word that they set as code.

Such a word is typed, read in an output, or looked for in a source, as it stands. One that no source has is gone.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final, Self

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from runbook.documents.shown import Known

SOURCES: Final = ("bin", "tests", "benchmarks", "noxfile.py", "tasks.py")
DECISIONS: Final = ("docs", "adr")
_DECISION = re.compile(r"\bADR (\d{4})\b")
_TICKED_FILE = re.compile(r"`([\w-]+\.py)`")
# A file, a key, a field, an option: one word that is typed as it stands, perhaps with arguments or a value of its own.
_TICKED_WORD = re.compile(
    r"(?<!`)`([\w./-]*[A-Za-z][\w./-]*?)/?(?:\([^`\n]*\)|=[^`\n ]*|: [^`\n]*)?`", re.ASCII
)
_TICKED_START = re.compile(r"`\w+=\"([^`\"]+?) *(?:\.\.\.)?\"")  # of what a field says
_NOT_LOOKED_UP = re.compile(  # here: paths are elsewhere, and what is built is not there yet
    r"(?:bin|tests|docs|benchmarks|requirements|dist)/.+|.*\.py|-\w"
)
_SCHEMA = re.compile(r"[\w-]+/\d+")
_PLACEHOLDER = re.compile(r"[A-Z][A-Z0-9_]*")  # or a variable
_OF_OTHERS: Final = {"workflow_run", "_pytest.runner.runtestprotocol"}
_NOT_OWN_WORDS = re.compile(
    r"^ *```.*?^ *```|<!-- generated: ([a-z-]+) -->.*?<!-- end of \1 -->", re.MULTILINE | re.DOTALL
)
_READ: Final = {".py", ".sh", ".toml", ".json", ".js", ".yaml", ".yml", ".txt", ""}


@dataclass(frozen=True)
class Sources:
    """What there is to be named.

    Attributes:
        files: The last name of every Python file.
        paths: Every file and folder, by each end of its path.
        decisions: The numbers of the decisions.
        modules: Every module of ``bin``, with its packages: what its source says.
        calls: The names of the tasks, which have dots too, and their options.
        text: All that sources say.
    """

    files: frozenset[str]
    paths: frozenset[str]
    decisions: frozenset[str]
    modules: dict[str, str]
    calls: frozenset[str]
    text: str

    @cached_property
    def folded(self) -> str:
        """All that sources say, in small letters."""
        return self.text.casefold()

    @classmethod
    def of(cls, root: Path, known: Known) -> Self:
        """Read them, beside the tasks that are known."""
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
        paths = frozenset(
            "/".join(parts[first:last])
            for parts in (file.relative_to(root).parts for file in found)
            for last in range(1, len(parts) + 1)
            for first in range(last)
        )
        return cls(files, paths, frozenset(names), modules, known.calls, "\n".join(texts.values()))

    def gone(self, text: str) -> Iterator[str]:
        """Yield what a document names and is not there."""
        decisions = (each for each in _DECISION.findall(text) if each not in self.decisions)
        yield from (f"names ADR {number}, which does not exist" for number in decisions)
        files = (name for name in _TICKED_FILE.findall(text) if name not in self.files)
        yield from (f"names `{name}`, which does not exist" for name in files)
        yield from (f"names `{word}`, which no source has" for word in self._gone_words(text))
        starts = (start for start in _TICKED_START.findall(text) if start not in self.text)
        yield from (f"shows {start!r}, which no source says" for start in starts)

    def _gone_words(self, text: str) -> Iterator[str]:
        for word in dict.fromkeys(_TICKED_WORD.findall(_NOT_OWN_WORDS.sub("", text))):
            if not _NOT_LOOKED_UP.fullmatch(word) and not self._has(word):
                yield word

    def _has(self, word: str) -> bool:
        """Whether a word is no name of ours, a path's end, a task or a module, or stands in a source."""
        return (
            word in _OF_OTHERS
            or _PLACEHOLDER.fullmatch(word) is not None
            or word in self.calls
            or word in self.paths
            or _stands_in(self.text, word)
            or (word[0].isupper() and _stands_in(self.folded, word.casefold()))  # a header
            or ("/" in word and not _SCHEMA.fullmatch(word) and all(map(self._has, _parts(word))))
            or self._is_defined(word)
        )

    def _is_defined(self, name: str) -> bool:
        """Whether a module, known by the end of its own name, or a class defines it."""
        module, _, last = name.rpartition(".")
        defines = re.compile(
            rf"^ *(?:(?:async )?def|class) {last}\b|^ *{last}\b[^=\n]*=", re.MULTILINE
        )
        if module[:1].isupper():
            scope = re.compile(rf"^class {module}\b", re.MULTILINE)
            return any(
                scope.search(each) and defines.search(each) for each in self.modules.values()
            )
        return any(
            f".{known}".endswith((f".{name}", f".{name}.__init__"))
            or (f".{known}".endswith(f".{module}") and defines.search(source))
            for known, source in self.modules.items()
        )


def _stands_in(text: str, word: str) -> bool:
    """Whether a text has a word, and not as a part of another one."""
    return any(
        found.start() == 0 or not re.match(r"[\w.]", text[found.start() - 1])
        for found in re.finditer(re.escape(word) + r"(?!\w)", text)
    )


def _parts(path: str) -> list[str]:
    """The words of a path, or of an address such as ``/docs/README.html``."""
    return [part.removesuffix(".html") for part in path.split("/") if part]
