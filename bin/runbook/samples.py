"""Lines of a run that documents show as samples, and whether a run still prints such lines."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from runbook.lines import VERSION
from runbook.report_lines import fail_line, header, result
from runbook.rows import Row, Severity
from runbook.source_state import SourceState
from runbook.verdict import Verdict, Word

if TYPE_CHECKING:
    from collections.abc import Iterator

_SAMPLE = re.compile(rf"^ *(?P<kind>{VERSION}|FAIL|RESULT) (?P<rest>.+)$", re.MULTILINE)
_FIELD = re.compile(r"(?:^| )(\w+)=(\"(?:[^\"\\]|\\.)*\"|\S+)")
_COUNTED = ("passed", "failed", "skipped", "missing")


def findings(text: str) -> Iterator[str]:
    """Yield what no run of a tier would print: other fields, another order, counts that do not add up."""
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
