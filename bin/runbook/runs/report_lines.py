"""The lines of a smoke run: one a failing row, then RESULT."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from runbook.calls import call
from runbook.lines import CUT, VERSION, always_quote, fits, line
from runbook.rows import Row, Severity, short_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from runbook.lines import Field
    from runbook.runs.source_state import SourceState
    from runbook.runs.verdict import Verdict

GREEN_LINES = 2  # the first line and RESULT
MOST_LINES = 30  # of a run
_COMPARED = ("want", "got")
_READABLE = 60  # characters of what went wrong that come before one suspect more
_BEFORE_DIFFERENCE = 3  # characters: the least that is shown of a value has room for more
_FROM_ANYWHERE = frozenset({"want", "got", "cause", "why"})


def header(*, tier: str, source: SourceState, run: str, session: str = "", bent: str = "") -> str:
    """The first line: what is smoked.

    Args:
        tier: Its name.
        source: What is on disk.
        run: What the run is called.
        session: What runs it, where that is not named as the tier's own is.
        bent: The variables of the caller's by which it is another than usual.
    """
    dirty = {True: "yes", False: "no", None: "unknown"}[source.is_dirty]
    fields = [
        ("tier", tier),
        ("commit", source.commit),
        ("tree", source.tree),
        ("dirty", dirty),
        ("run", run),
        *([("session", session)] if session else []),
        *([("with", bent)] if bent else []),
    ]
    return line([VERSION], fields)


def fail_line(  # noqa: PLR0913 - a line is these facts
    row: Row,
    *,
    at: str,
    want: str,
    got: str,
    evidence: str = "",
    test: str = "",
    step: str = "",
    blamed: Row | None = None,
) -> str:
    """One failing row.

    Args:
        row: The row of the test.
        at: ``file:line`` of the failing statement.
        want: What was expected; left out where the failure was no comparison.
        got: What was there instead.
        evidence: What the test kept, a path; left out where it kept nothing.
        test: The test's name with its parameters, where it has any.
        step: The precondition that failed, where the test did not get to its own assertions.
        blamed: The row of that step, where it is red too: its suspects are those to look at.
    """
    name = test or row.test
    source = blamed or row
    cause = row.cause
    if step:
        cause = f"precondition failed: {step}" + (f"; see {blamed.test}" if blamed else "")
    fields = [
        ("severity", row.severity),
        ("at", at),
        *([("want", want)] if want else []),
        ("got", got),
        ("cause", cause),
        *([("evidence", evidence)] if evidence else []),
        ("next", call(f"explain {source.test}")),
    ]
    suspects = _suspects_with(name, fields, source.suspect_paths)
    return _failure(name, [*fields[:-1], ("suspects", suspects), fields[-1]])


def _suspects_with(name: str, fields: Sequence[Field], paths: Sequence[str]) -> str:
    """As many of the suspects, which stand likeliest first, as leave room to read what went wrong."""
    read = [
        (key, str(value)[:_READABLE] if key in _FROM_ANYWHERE else value) for key, value in fields
    ]
    for count in range(len(paths), 1, -1):
        fields = [*read, ("suspects", _first(count, paths))]
        if fits(["FAIL", name], fields, quoted=_FROM_ANYWHERE):
            return _first(count, paths)
    return _first(1, paths)


def _first(count: int, paths: Sequence[str]) -> str:
    return ",".join([*paths[:count], *([CUT] if count < len(paths) else [])])


def rowless_fail_line(test: str, *, at: str, want: str, got: str, evidence: str = "") -> str:
    """One failing test that has no row."""
    fields = [
        ("severity", Severity.NORMAL),
        ("at", at),
        *([("want", want)] if want else []),
        ("got", got),
        *([("evidence", evidence)] if evidence else []),
    ]
    return _failure(test, fields)


def _failure(name: str, fields: Sequence[Field]) -> str:
    """A failing test; where what it wanted and got must be cut, both begin where they begin to differ."""
    whole = line(["FAIL", name], fields, quoted=_FROM_ANYWHERE)
    facts = {key: str(value) for key, value in fields if key in _COMPARED}
    if len(facts) < len(_COMPARED) or all(always_quote(text) in whole for text in facts.values()):
        return whole
    start = alike(*facts.values()) - _BEFORE_DIFFERENCE
    if start <= len(CUT):
        return whole
    later = [(key, CUT + facts[key][start:] if key in facts else value) for key, value in fields]
    return line(["FAIL", name], later, quoted=_FROM_ANYWHERE)


def alike(one: str, other: str) -> int:
    """Return how many characters two texts begin with alike."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((at for at, (a, b) in pairs if a != b), min(len(one), len(other)))


def session_line(why: str) -> str:
    """A run that is red though no test says so: it did not start, finish, or collect."""
    return line(
        ["FAIL", "session"], [("severity", Severity.HIGH), ("why", why)], quoted=_FROM_ANYWHERE
    )


def skip_line(why: str) -> str:
    """A run of which nothing ran: what it lacked, as the first of its tests says."""
    return line(
        ["SKIP", "session"], [("why", why.removeprefix("Skipped: "))], quoted=_FROM_ANYWHERE
    )


def abridged(lines: Sequence[str], *, evidence: str) -> list[str]:
    """Return so many of the FAIL lines, which stand in their order of urgency, that a run fits on a screen.

    Args:
        lines: The FAIL lines.
        evidence: The run's folder, which holds all of them.
    """
    room = MOST_LINES - GREEN_LINES
    if len(lines) <= room:
        return list(lines)
    left_out = len(lines) - (room - 1)
    cut = line(["CUT"], [("failures", left_out), ("in", f"{evidence}/result.json")])
    return [*lines[: room - 1], cut]


def as_quickfix(failures: Iterable[Mapping[str, Any]]) -> str:
    """Return the failures as compilers write them, ``file:line: message``, which editors jump to.

    Args:
        failures: Those of a run as it says itself, ``smoke/1``.
    """
    return "".join(f"{_spelled(each['at'])}: {_spelled(_message(each))}\n" for each in failures)


def _message(failure: Mapping[str, Any]) -> str:
    want = f"wanted {failure['want']}, " if failure["want"] else ""
    cause = f" ({failure['cause']})" if failure.get("cause") else ""
    return f"{short_name(failure['test'])}: {want}got {failure['got']}{cause}"


def _spelled(text: str) -> str:
    """Return a text as one line of ASCII, whatever is in it."""
    return json.dumps(" ".join(text.split()))[1:-1]


def result(verdict: Verdict, *, seconds: float, gate: str, evidence: str) -> str:
    """The last line: the verdict and its counts."""
    counts = verdict.counts
    fields = [
        ("total", len(verdict.outcomes)),
        *counts.items(),
        ("partial", "yes" if verdict.is_partial else "no"),
        ("seconds", f"{seconds:.1f}"),
        ("gate", gate),
        ("evidence", evidence),
    ]
    return line(["RESULT", verdict.word], fields)
