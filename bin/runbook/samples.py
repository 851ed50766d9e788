"""Lines of a run that documents show as samples, and whether a run still prints such lines."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from runbook.lines import VERSION
from runbook.report_lines import MOST_LINES, fail_line, header, result
from runbook.rows import Row, Severity
from runbook.source_state import SourceState
from runbook.verdict import Verdict, Word

if TYPE_CHECKING:
    from collections.abc import Iterator

_SAMPLE = re.compile(rf"^ *(?P<kind>{VERSION}|FAIL|RESULT) (?P<rest>.+)$", re.MULTILINE)
_FIELD = re.compile(r"(?:^| )(\w+)=(\"(?:[^\"\\]|\\.)*\"|\S+)")
_COUNTED = ("passed", "failed", "skipped", "missing")
_IN_WORDS = {"one": 1, "two": 2, "three": 3, "twenty": 20, "thirty": 30, "forty": 40}
_GREEN_LINES = 2  # its header and its RESULT
# What a document says of how much a run prints, and what is so.
_LENGTHS = {
    re.compile(r"\brun\s+prints\s+at\s+most\s+(\w+)\s+lines"): MOST_LINES,
    re.compile(r"\bno\s+run\s+more\s+than\s+(\w+)"): MOST_LINES,
    re.compile(r"\bgreen\s+run\s+prints\s+(\w+)\s+lines"): _GREEN_LINES,
    re.compile(r"\bprints\s+(\w+)\s+lines\s+when\s+it\s+is\s+green"): _GREEN_LINES,
}


def findings(text: str) -> Iterator[str]:
    """Yield what no run of a tier would print: other fields, another order, counts that do not add up, more lines."""
    for sample in _SAMPLE.finditer(text):
        kind, fields = sample["kind"], dict(_FIELD.findall(sample["rest"]))
        expected = _FIELDS[kind]
        # Some lines leave fields out; and RESULT is the last line of other commands, too.
        shown = [name for name in expected if name in fields] if kind == "FAIL" else expected
        if kind == "RESULT" and "total" not in fields:
            continue
        if list(fields) != shown:
            yield f"shows a line {kind} with other fields than {' '.join(expected)}"
        elif kind == "RESULT":
            yield from _wrong_result(sample["rest"].split()[0], fields)
    yield from _wrong_lengths(text)


def _wrong_lengths(text: str) -> Iterator[str]:
    for claim, lines in _LENGTHS.items():
        for said in claim.findall(text):
            if _IN_WORDS.get(said, said) not in {lines, str(lines)}:
                yield f"says {said} lines of a run that prints {lines}"


def _wrong_result(word: str, fields: dict[str, str]) -> Iterator[str]:
    if word not in set(Word):
        yield f"shows a verdict {word}, which there is not"
    if int(fields["total"]) != sum(int(fields[name]) for name in _COUNTED):
        yield "shows a line RESULT whose counts do not add up"


def _fields(line: str) -> list[str]:
    return [name for name, _ in _FIELD.findall(line)]


_A_ROW = Row("a", "a", 1, Severity.HIGH, "a", ())
_FIELDS = {
    VERSION: _fields(header(tier="a", source=SourceState("a", "a", is_dirty=False), run="a")),
    "FAIL": _fields(fail_line(_A_ROW, at="a", want="a", got="a", evidence="a")),
    "RESULT": _fields(result(Verdict(Word.GREEN, {}), seconds=1, gate="a", evidence="a")),
}
