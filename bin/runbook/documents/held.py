"""Sentences that say what a source says, held against it: every number, status and algorithm in them stands there, too.

A table's row that names a source file in ticks is held by it. Whatever else is to be held says so in the document, in a
line that no reader sees, and which holds what follows up to the next heading or the next such line; ``all held by``
holds all of a document that nothing else does::

    <!-- held by: bin/shop/answers.py::TooMany tests/shop/test_answers.py -->

A figure that was measured is held by the record that its benchmark has kept, or is a claim (`claims`).

A number is in a source as a literal, as a product of literals, in a text that it prints, as an `HTTPStatus`, or as the
size of a collection. A number in digits or an algorithm that nothing holds is a finding by itself; one in words often
counts nothing, and is held where something is said to hold it. What a section "Sources" says of others is theirs. Pure.
"""

from __future__ import annotations

import ast
import contextlib
import re
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from runbook.documents.claims import NUMERAL, UNITS, digits, value_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

_MARKER: Final = re.compile(r"^ *<!-- (?P<all>all )?held by: (?P<files>[^>]+?) -->$", re.MULTILINE)
_HEADING: Final = re.compile(r"^#+ ", re.MULTILINE)
_SOURCE: Final = re.compile(r"`([\w./-]+\.py)`")
_NO_PROSE: Final = re.compile(
    r"^ *```.*?^ *```|<!-- generated: ([a-z-]+) -->.*?<!-- end of \1 -->|<!--.*?-->"
    r"|`[^`\n]+`|\[(?:ADR )?\d{4}\]|\bADR \d{4}\b|\]\([^)\n]*\)|^\[[^]\n]+\]: .*|^(?:#+ | *)\d+\. "
    r"|^## Sources$.*?(?=^## |\Z)",
    re.MULTILINE | re.DOTALL,
)
_NUMBER: Final = re.compile(
    rf"(?<![\w.,/-])(?P<number>(?i:{NUMERAL}))(?: (?P<unit>[A-Za-z]+))?(?![\w-]|[.,]\d)"
)
_ALGORITHM: Final = re.compile(
    r"\b(?:HMAC|SHA|MD|AES)-?\w*\d+\b|\bHMAC\b|\bargon2\w*|\b(?:RS|ES|HS|PS)\d{3}\b|\bE[dC]?DSA\b|\bEd25519\b"
)
_SMALL: Final = {"no", "one"}  # which are words of other uses


@dataclass(frozen=True)
class Facts:
    """What a source says.

    Attributes:
        numbers: Every number in it.
        words: All of its text, in small letters and without hyphens.
    """

    numbers: frozenset[float]
    words: str

    def has(self, token: Token) -> bool:
        """Whether it says what a document says."""
        if token.number is None:
            return all(_joined(part) in self.words for part in _parts(token.text))
        return not self.numbers.isdisjoint({token.number, token.number * token.unit})


@dataclass(frozen=True)
class Token:
    """A number or an algorithm in a sentence.

    Attributes:
        text: As it stands there.
        at: Where, in the document.
        number: What it is; None for an algorithm.
        unit: What it is counted in, in bytes or in seconds; 1 where it is neither.
    """

    text: str
    at: int
    number: float | None = None
    unit: int = 1

    @property
    def is_owed(self) -> bool:
        """Whether a sentence must say what holds it."""
        return self.number is None or self.text[0].isdigit()


def facts_of(text: str, *, is_python: bool) -> Facts:
    """Read a source."""
    numbers = set(_python_numbers(ast.parse(text)) if is_python else _numbers_in(text))
    return Facts(frozenset(numbers), _joined(text))


def facts_of_definition(text: str, name: str) -> Facts | None:
    """Read what a Python source defines by a name, or gives it as a value; None where it does neither."""
    for node in ast.parse(text).body:
        if name in _names(node):
            return facts_of(ast.get_source_segment(text, node) or "", is_python=True)
    return None


def findings(
    text: str, facts: Callable[[str], Facts | None], *, claimed: Sequence[tuple[int, int]]
) -> Iterator[str]:
    """Yield what a document says and its sources do not.

    Args:
        text: The document.
        facts: What a source says, by its path or by its last name; None where there is no such file.
        claimed: The places, from and up to, of what something else holds.
    """
    prose = _NO_PROSE.sub(lambda match: re.sub(r"[^\n]", " ", match[0]), text)
    for token in _tokens(prose):
        if any(start <= token.at < end for start, end in claimed):
            continue
        sources = _sources(text, token.at)
        found = {source: facts(source) for source in sources}
        yield from (f"is held by {each}, which does not exist" for each in found if not found[each])
        known = [each for each in found.values() if each]
        if known and not any(each.has(token) for each in known):
            yield f"says {_around(text, token)!r}, and {' and '.join(found)} say no {token.text}"
        if not found and token.is_owed:
            yield f"says {_around(text, token)!r}, and does not say what holds that; mend: <!-- held by: FILE -->"


def _tokens(prose: str) -> Iterator[Token]:
    for match in _ALGORITHM.finditer(prose):
        yield Token(match[0], match.start())
    for match in _NUMBER.finditer(_ALGORITHM.sub(lambda match: " " * len(match[0]), prose)):
        if match["number"].lower() not in _SMALL:
            unit = int(UNITS.get(match["unit"] or "", 1))
            number = float(digits(match["number"]))
            yield Token(match["number"], match.start("number"), number, unit)


def _sources(text: str, at: int) -> list[str]:
    """What holds the sentence at a place: its row's own sources, and those of the line that no reader sees."""
    line = text[text.rfind("\n", 0, at) + 1 : text.find("\n", at)]
    own = _SOURCE.findall(line) if line.startswith("|") else []
    markers = list(_MARKER.finditer(text))
    above = [match for match in markers if not match["all"] and match.start() < at]
    if above and not _HEADING.search(text, above[-1].end(), at):
        return [*own, *above[-1]["files"].split()]
    return [*own, *(name for match in markers if match["all"] for name in match["files"].split())]


def _around(text: str, token: Token) -> str:
    """A few words of the sentence, to find it by."""
    before = text[text.rfind("\n", 0, token.at) + 1 : token.at].split()[-3:]
    after = text[token.at :].partition("\n")[0].split()[:3]
    return " ".join([*before, *after])


def _parts(algorithm: str) -> list[str]:
    """An algorithm that is made of two, apart."""
    return algorithm.split("-") if algorithm.startswith("HMAC-") else [algorithm]


def _joined(text: str) -> str:
    return re.sub(r"[-_ ]", "", text).casefold()


def _numbers_in(text: str) -> Iterator[float]:
    for number in re.findall(r"(?<![\w.])\d+(?:_\d{3})*(?:\.\d+)?(?!\w)", text):
        yield float(number)


def _python_numbers(module: ast.Module) -> Iterator[float]:
    said = {id(node.value) for node in ast.walk(module) if isinstance(node, ast.Expr)}
    for node in ast.walk(module):
        match node:
            case ast.Constant(value=bool()):
                pass
            case ast.Constant(value=int() | float() as number):
                yield float(number)
            case ast.Constant(value=str() as text) if id(node) not in said:  # no docstring
                yield from _numbers_in(text)
            case ast.BinOp(op=ast.Mult()):
                yield from _product(node)
            case ast.Attribute(value=ast.Name(id="HTTPStatus"), attr=name):
                yield float(HTTPStatus[name])
            case ast.Assign(value=value) | ast.AnnAssign(value=ast.expr() as value):
                yield from _size(value)


def _names(node: ast.stmt) -> Iterator[str]:
    """What a statement gives a name to."""
    match node:
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            yield name
        case ast.AnnAssign(target=ast.Name(id=name)):
            yield name
        case ast.Assign(targets=targets):
            yield from (each.id for each in targets if isinstance(each, ast.Name))


def _product(node: ast.expr) -> Iterator[float]:
    """The value of a product of literals."""
    with contextlib.suppress(ValueError, TypeError):  # it is of something else
        yield float(value_of(node))


def _size(node: ast.expr) -> Iterator[int]:
    """How many elements a collection has that is given a name."""
    match node:
        case ast.Call(args=[inner]):  # frozenset({...})
            yield from _size(inner)
        case ast.Tuple(elts=elements) | ast.List(elts=elements) | ast.Set(elts=elements):
            spread = (each.value for each in elements if isinstance(each, ast.Starred))
            own = sum(not isinstance(each, ast.Starred) for each in elements)
            yield own + sum(size for each in spread for size in _size(each))
        case ast.Dict(values=elements):
            yield len(elements)
