"""Lines of a run that documents show as samples, and whether a run still prints such lines."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from runbook.gate.file import Position
from runbook.lines import VERSION
from runbook.prove.matrix import Matrix
from runbook.rows import Row, Severity
from runbook.runs.report_lines import MOST_LINES, abridged, fail_line, header, result
from runbook.runs.source_state import SourceState
from runbook.runs.verdict import Verdict, Word

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

_SAMPLE = re.compile(
    rf"(?:^ *|`)(?P<kind>{VERSION}|FAIL|RESULT|CUT) (?P<rest>[^`\n]+)", re.MULTILINE
)
_IN_PART = ("FAIL", "CUT")  # lines that are shown without some of their fields
_FIELD = re.compile(r"(?:^| )(\w+)=(\"(?:[^\"\\]|\\.)*\"|\S+)")
_TIER = re.compile(r"\btier=([\w+-]+)")
_COUNTED = ("passed", "failed", "skipped", "missing")
_LEFT_OUT = "..."
_OBJECT = re.compile(r"[0-9a-f]{7}")
_VALUES = {
    "commit": _OBJECT,
    "tree": _OBJECT,
    "run": re.compile(r"[0-9a-f]{6}"),
    "dirty": re.compile(r"yes|no|unknown"),
    "partial": re.compile(r"yes|no"),
    "severity": re.compile("|".join(Severity)),
    "seconds": re.compile(r"\d+\.\d"),
    "gate": re.compile(f"{Position.OPEN}|{Position.CLOSED}"),
}


def findings(text: str, *, tiers: Collection[str], tests: Collection[str]) -> Iterator[str]:
    """Yield what no run would print: other fields, another order, words that there are not, wrong counts.

    Args:
        text: A document.
        tiers: The tiers that there are.
        tests: The tests that there are, or that the document makes up.
    """
    for joined in _TIER.findall(text):
        for tier in set(joined.split("+")) - set(tiers):
            yield f"shows tier={joined}, and there is no tier {tier}"
    for sample in _SAMPLE.finditer(text):
        kind, fields = sample["kind"], dict(_FIELD.findall(sample["rest"]))
        word = sample["rest"].split()[0]
        expected = _expected(kind, word, fields)
        # Some lines leave fields out.
        shown = [name for name in expected if name in fields] if kind in _IN_PART else expected
        if list(fields) != shown:
            yield f"shows a line {kind} with other fields than {' '.join(expected)}"
            continue
        yield from _wrong_values(fields)
        if kind == "RESULT" and "total" in fields:
            yield from _wrong_result(word, fields)
        elif kind == "FAIL" and word.partition("[")[0] not in tests:
            yield f"shows a line FAIL of {word}, which is no test"


def _expected(kind: str, word: str, fields: Mapping[str, str]) -> list[str]:
    """The fields of such a line; RESULT is the last line of other commands, too, of which one is known."""
    if kind == "RESULT" and "total" not in fields:
        return _PROOF_FIELDS if word in _PROVING else list(fields)
    return _FIELDS[kind]


def _wrong_values(fields: Mapping[str, str]) -> Iterator[str]:
    for name, value in fields.items():
        if name in _VALUES and value != _LEFT_OUT and not _VALUES[name].fullmatch(value):
            yield f"shows {name}={value}, which no run prints"


def _wrong_result(word: str, fields: Mapping[str, str]) -> Iterator[str]:
    if word not in set(Word):
        yield f"shows a verdict {word}, which there is not"
    total, *counts = (int(fields[name]) for name in ("total", *_COUNTED))
    if total != sum(counts):
        yield "shows a line RESULT whose counts do not add up"
    elif word == Word.GREEN and (total != counts[0] or fields["partial"] == "yes"):
        yield "shows a green RESULT of which not every row has passed"


def _fields(line: str) -> list[str]:
    return [name for name, _ in _FIELD.findall(line)]


_A_ROW = Row("a", "a", 1, Severity.HIGH, "a", ())
_PROVING = ("proved", "unproved")
_PROOF_FIELDS = _fields(Matrix((), green=1, unfaulted=1, seconds=1).lines()[-1])
_FIELDS = {
    VERSION: _fields(header(tier="a", source=SourceState("a", "a", is_dirty=False), run="a")),
    "FAIL": _fields(fail_line(_A_ROW, at="a", want="a", got="a", evidence="a")),
    "CUT": _fields(abridged(["FAIL a"] * MOST_LINES, evidence="a")[-1]),
    "RESULT": _fields(result(Verdict(Word.GREEN, {}), seconds=1, gate="a", evidence="a")),
}
