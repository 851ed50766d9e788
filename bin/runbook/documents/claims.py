"""What documents count in words, held against what there is: ``[tool.runbook.claims]``.

A claim is a phrase with ``#`` for its number, and the place where that can be counted::

    "# legal pages" = "docs/legal/*.md"                              # files
    "at most # KiB" = "bin/shop/settings.py::Settings.most_bytes"    # a constant, or how many are in it
    "# colours" = "bin/shop/settings.py::Colour"                     # the members of an enumeration
    "Python # or later" = "pyproject.toml::project.requires-python"  # a setting, likewise
    "`--wait` (#)" = "bin/shop/__main__.py::--wait"                  # the default of an option

What was measured is counted in the record that its benchmark has kept: a cell by its line and its column, a number in
its words, an option of the call. A document gives it as closely as it likes, rounded::

    "# of a bare route" = "benchmarks/results/reads.json::files | 10::To the bare route"
    "# of 100 are wrong" = "benchmarks/results/lies.json::lies half the time::Reached::# wrong"
    "the best of # rounds" = "benchmarks/results/reads.json::--rounds"

A phrase without ``#`` says that there is none, or no line of a record of which a comparison does not hold::

    "standard library alone" = "pyproject.toml::project.dependencies"
    "All meet their goals" = "benchmarks/results/reads.json::Ratio <= Goal"
    "but small files do" = "benchmarks/results/reads.json::files | 10::Ratio <= Goal"

A phrase that no document has is a finding too: whoever rewords a sentence rewords its claim.
"""

from __future__ import annotations

import ast
import operator
import re
import tomllib
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from runbook.documents import measured
from runbook.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sized
    from pathlib import Path

_WORDS: Final = (
    "no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
    "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
)  # fmt: skip
_TENS: Final = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_IN_WORDS: Final = {word: number for number, word in enumerate(_WORDS)} | {
    ten + (f"-{_WORDS[more]}" if more else ""): 10 * number + more
    for number, ten in enumerate(_TENS, start=2)
    for more in range(10)
}
UNITS: Final = {"KiB": 1024, "MiB": 1024**2, "hours": 3600, "days": 24 * 3600}
_HOLDS: Final = {
    "<=": operator.le,
    ">=": operator.ge,
    "<": operator.lt,
    ">": operator.gt,
    "=": operator.eq,
}
_COMPARED: Final = re.compile(r"(?P<left>.+) (?P<sign>[<>]?=|[<>]) (?P<right>.+)")
NUMERAL: Final = "|".join([r"\d+(?:[.,]\d+)*", *sorted(_IN_WORDS, key=len, reverse=True)])


@dataclass(frozen=True)
class Claim:
    """A phrase, and what it must say.

    Attributes:
        phrase: With ``#`` for its number.
        source: Where that is counted.
        is_so: The number, as a document may write it in digits; ``0`` for a phrase without one.
    """

    phrase: str
    source: str
    is_so: str

    def holds(self, number: str) -> bool:
        """Whether a number that a document gives is this one; what was measured may be rounded."""
        if not self.source.startswith(measured.FOLDER) or "." not in self.is_so:
            return number == self.is_so
        places = len(number.partition(".")[2])
        off = abs(Decimal(number) - Decimal(self.is_so))
        return places <= len(self.is_so.partition(".")[2]) and off <= Decimal(5).scaleb(-places - 1)

    def said(self, text: str) -> list[str]:
        """Return the number of each place where a text has the phrase: ``0`` where it has none."""
        return [digits(match["number"] or "no") for match in self._pattern.finditer(text)]

    def places(self, text: str) -> Iterator[tuple[int, int]]:
        """Yield where the numbers stand that a text gives with the phrase: from, and up to."""
        yield from (match.span("number") for match in self._pattern.finditer(text))

    @property
    def _pattern(self) -> re.Pattern[str]:
        before, number, after = self.phrase.partition("#")
        words = r"(?<![\w.,-])" + _spaced(before)
        words += rf"(?P<number>(?i:{NUMERAL})){_spaced(after)}" if number else "(?P<number>)"
        return re.compile(words + r"(?!\w)")


def claims_of(root: Path, phrases: Mapping[str, str]) -> list[Claim]:
    """Return the claims, with what is counted where each says.

    Raises:
        UsageError: There is nothing to count.
    """
    return [
        Claim(phrase, source, _counted(root, phrase, source)) for phrase, source in phrases.items()
    ]


def findings(root: Path, phrases: Mapping[str, str], texts: Mapping[str, str]) -> Iterator[str]:
    """Yield what documents say and is not so, and the claims that none of them makes.

    Args:
        root: The project's root.
        phrases: Where each phrase is counted.
        texts: The documents, by name.

    Raises:
        UsageError: Where a claim is said to be counted there is nothing to count.
    """
    for claim in claims_of(root, phrases):
        phrase, source = claim.phrase, claim.source
        said = [(name, number) for name, text in texts.items() for number in claim.said(text)]
        if not said:
            yield f"pyproject.toml: no document says {phrase!r}; mend: [tool.runbook.claims]"
        for name, number in said:
            if not claim.holds(number):
                what = phrase.replace("#", number)
                yield f"{name}: says {what!r}, and {source} has {claim.is_so}"


def _spaced(words: str) -> str:
    """A phrase as a pattern: where it has a blank a document may begin a line, of a quotation, too."""
    return r"[\s>]+".join(re.escape(word) for word in words.split(" "))


def digits(numeral: str) -> str:
    """Return a numeral, perhaps in words, in digits."""
    return str(_IN_WORDS.get(numeral.lower(), numeral.replace(",", "")))


def _counted(root: Path, phrase: str, source: str) -> str:
    """What is counted where a claim says, in the unit of its phrase."""
    path, _, name = source.partition("::")
    if not name:
        number: Any = sum(1 for _ in root.glob(path))
    elif path.startswith(measured.FOLDER):
        number = _measured(root / path, name)
    elif path.endswith(".toml"):
        number = _setting(root / path, name)
    else:
        number = _constant(root / path, name)
    if number is None:
        raise UsageError(f"[tool.runbook.claims] counts {source}, which does not exist")
    return _as_number(number, unit=phrase.partition("#")[2].split(" ")[1:2])


def _as_number(value: str | float | Sized, *, unit: list[str]) -> str:
    """A number, the number in a text, or how many there are, in digits."""
    if isinstance(value, str):
        found = re.search(r"\d+(?:\.\d+)*", value)
        return found[0] if found else "0"
    number = value if isinstance(value, int | float) else len(value)
    return f"{number / UNITS.get(unit[0] if unit else '', 1):.10g}"


def _read(file: Path) -> str:
    return file.read_text(encoding="utf-8") if file.is_file() else ""


def _measured(file: Path, place: str) -> str | int | None:
    """The number at a place of a record; where the place is a comparison, of how many lines it does not hold."""
    if not file.is_file():
        return None
    record = measured.read(file)
    if place.startswith("--"):
        found = re.search(rf"{re.escape(place)} (\S+)", record["command"])
        return found[1] if found else None
    line, _, last = place.rpartition("::")
    if compared := _COMPARED.fullmatch(last):
        return sum(not _is_so(compared, each) for each in measured.lines(record, line))
    line, _, place = place.partition("::")
    column, _, words = place.partition("::")
    cell = measured.cell(record, line, column)
    told = Claim(words or "#", place, "").said(cell)
    return told[0] if told else None


def _is_so(compared: re.Match[str], line: Mapping[str, str]) -> bool:
    """Whether a comparison of columns, or of a column and a number, holds in a line; where both are numbers."""
    left, right = (
        _as_decimal(line.get(compared[side], compared[side])) for side in ("left", "right")
    )
    return left is None or right is None or bool(_HOLDS[compared["sign"]](left, right))


def _as_decimal(text: str) -> Decimal | None:
    found = re.search(r"\d+(?:,\d{3})*(?:\.\d+)?", text)
    return Decimal(found[0].replace(",", "")) if found else None


def _setting(file: Path, name: str) -> Any:
    found: Any = tomllib.loads(_read(file))
    for part in name.split("."):
        found = found.get(part) if isinstance(found, dict) else None
    return found


def _constant(file: Path, name: str) -> Any:
    """The value that a module, or a class in it, gives a name, or the members of a class; None where there is none."""
    module = ast.parse(_read(file))
    if name.startswith("--"):
        return _default(module, name)
    *scopes, last = name.split(".")
    body = module.body
    for scope in scopes:
        classes = (each for each in body if isinstance(each, ast.ClassDef) and each.name == scope)
        body = next((each.body for each in classes), [])
    for statement in body:
        if isinstance(statement, ast.ClassDef) and statement.name == last:
            # An enumeration counts by its members.
            return [each for each in statement.body if isinstance(each, ast.Assign)]
        if isinstance(statement, ast.Assign | ast.AnnAssign) and statement.value is not None:
            targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
            if any(isinstance(target, ast.Name) and target.id == last for target in targets):
                return value_of(statement.value)
    return None


def _default(module: ast.Module, option: str) -> Any:
    """The default of an option that a module adds to a parser."""
    for call in ast.walk(module):
        if isinstance(call, ast.Call) and call.args and ast.unparse(call.args[0]) == repr(option):
            return next(
                (value_of(each.value) for each in call.keywords if each.arg == "default"), None
            )
    return None


def value_of(node: ast.expr) -> Any:
    """Return what an expression of literals is: a number, a text, a product of numbers, or a collection."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult):
        return value_of(node.left) * value_of(node.right)
    if isinstance(node, ast.Call) and ast.unparse(node.func) == "os.environ.get":
        return value_of(node.args[-1])  # what holds where nobody has set the variable
    if isinstance(node, ast.Call) and len(node.args) == 1:  # frozenset({...})
        return value_of(node.args[0])
    if isinstance(node, ast.Tuple | ast.List | ast.Set):
        return node.elts
    return ast.literal_eval(node)
