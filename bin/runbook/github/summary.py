"""The summary of a job: what a person reads who opens a red check."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING, Any

from runbook.calls import call
from runbook.report_page.html import visible
from runbook.rows import short_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

LIMIT = 1_048_576  # bytes of a step's summary; one that is larger is refused whole
_ROOM = LIMIT - 64 * 1024  # for what other steps' tools may add
_LONGEST = 300  # characters of a cell
_MARKS = {"green": "\N{LARGE GREEN CIRCLE}", "red": "\N{LARGE RED CIRCLE}"}
_UNSURE = "\N{LARGE YELLOW CIRCLE}"


def summary(result: Mapping[str, Any], *, used: int = 0) -> str:
    """Return the summary of a run as Markdown.

    Args:
        result: The run as it says itself, ``smoke/1``.
        used: Bytes that this step's summary holds already.
    """
    facts = [
        f"{result['passed']} of {result['total']} rows passed",
        f"{result['seconds']:.1f} s",
        f"commit {code(result['commit'])}",
        f"gate {text(result['gate'])}",
        f"evidence {code(result['evidence'])}",
    ]
    head = [
        f"### {_MARKS.get(result['verdict'], _UNSURE)} {text(result['verdict'])}: smoke {text(result['tier'])}",
        "",
        " · ".join(facts),
        "",
        *(f"- {text(reason)}" for reason in result["reasons"]),
        "",
    ]
    return _fitted(head, [_line(failure) for failure in result["failures"]], room=_ROOM - used)


def text(value: object) -> str:
    """Return anybody's text as Markdown that shows it: one line, no markup, no end of a cell."""
    shown = visible(" ".join(str(value).split()))
    cut = shown if len(shown) <= _LONGEST else shown[: _LONGEST - 3] + "..."
    escaped = html.escape(cut, quote=False)
    return "".join(f"\\{each}" if each in "\\`*_{}[]()#+!|~@:" else each for each in escaped)


def code(value: object) -> str:
    """Return anybody's text to be read letter by letter."""
    return f"<code>{text(value)}</code>"


def table(head: Iterable[str], lines: Iterable[str]) -> list[str]:
    """Return the lines of a table whose lines are composed already."""
    names = list(head)
    return [f"| {' | '.join(names)} |", f"|{' --- |' * len(names)}", *lines]


def _line(failure: Mapping[str, Any]) -> str:
    name = short_name(failure["test"])
    severity = (
        "**high**" if failure.get("severity") == "high" else text(failure.get("severity", "no row"))
    )
    next_step = call(f"explain {name.partition('[')[0]}")
    cells = (
        code(name),
        severity,
        text(failure.get("cause", "")),
        text(failure["want"]),
        text(failure["got"]),
        code(failure["at"]),
        code(next_step),
    )
    return f"| {' | '.join(cells)} |"


def _fitted(head: list[str], lines: list[str], *, room: int) -> str:
    """Join what fits; failures that do not are counted."""
    taken, size = [], _bytes(head)
    for line in lines:
        size += _bytes([line])
        if size > room:
            break
        taken.append(line)
    if size > room and not taken:
        return ""
    body = table(["Failing row", "Severity", "Likely cause", "Wanted", "Got", "At", "Next"], taken)
    left_out = len(lines) - len(taken)
    more = ["", f"{left_out} more failures are in the evidence."] if left_out else []
    return "\n".join([*head, *(body if taken else []), *more, "", ""])


def _bytes(lines: Iterable[str]) -> int:
    return sum(len(line.encode(errors="replace")) + 1 for line in lines)
