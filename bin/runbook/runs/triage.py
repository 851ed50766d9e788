"""Which failure is told first: the one that names the cause, before those that only suffer from it.

Pure: failures and rows in, an order and lines out.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from runbook.rows import Row, Severity, function_id, short_name
from runbook.runs.report_lines import fail_line, rowless_fail_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from runbook.runs.verdict import Failure

# A place in a source as Python, or a test, writes it; the innermost is expected first.
_PLACE = re.compile(r'File "([^"]+)"|([\w.-]+/[\w./-]+\.\w+):\d+')
_LIBRARY = re.compile(r"site-packages|/lib/python")
_WORTH_SAYING_ONCE = 60  # characters of a text that are not said a second time


def triaged(failures: Iterable[Failure], rows: Mapping[str, Row]) -> list[Failure]:
    """Return the failures as they are told: what they suffer from, and the cause first."""
    return first_things_first(blame_crashes(failures, rows), rows)


def first_things_first(failures: Iterable[Failure], rows: Mapping[str, Row]) -> list[Failure]:
    """Order failures.

    Tests that fail by an assertion of their own come first, those of high severity before the others; then come
    those whose precondition failed. Among equals, a row comes first one of whose suspects is the innermost place of
    an error that was got; then come failed preconditions that belong to no row that is red itself; then the order of
    the rows counts. Tests without a row come last.

    Args:
        failures: In the order in which they happened.
        rows: The rows by the node ids of their tests, in their order.
    """
    failures = list(failures)
    red = {row.test for failure in failures if (row := row_of(failure, rows))}
    places = {test: place for place, test in enumerate(rows)}

    def place(failure: Failure) -> tuple[bool, bool, bool, bool, bool, int]:
        row = row_of(failure, rows)
        if row is None:
            return (True, True, True, True, True, len(places))
        is_blocked = bool(failure.step)
        is_high = row.severity is Severity.HIGH and not is_blocked  # what failed is not its cause
        is_behind = failure.step_row in red - {row.test}
        is_suspect = _names_suspect(failure, row)
        order = places[function_id(failure.test)]
        return (False, is_blocked, not is_high, not is_suspect, is_behind, order)

    return sorted(failures, key=place)


def blame_crashes(failures: Iterable[Failure], rows: Mapping[str, Row]) -> list[Failure]:
    """Tell an error of the program as a failed precondition where another red row suspects its place, and this one not.

    Whoever asks for a page and is told that a module fails which another row watches has found nothing out about what
    it watches itself.

    Args:
        failures: In the order in which they happened.
        rows: The rows by the node ids of their tests, in their order.
    """
    failures = list(failures)
    red = {row_of(failure, rows) for failure in failures}
    known = [row for row in rows.values() if row in red]
    return [_blamed(failure, row_of(failure, rows), known) for failure in failures]


def _blamed(failure: Failure, own: Row | None, red: Iterable[Row]) -> Failure:
    place = _innermost_place(failure)
    if own is None or failure.step or _suspects(own, place):
        return failure
    blamed = next((row for row in red if _suspects(row, place)), None)
    if blamed is None:
        return failure
    return replace(failure, step=f"{place} does not fail", step_row=blamed.test)


def row_of(failure: Failure, rows: Mapping[str, Row]) -> Row | None:
    """Return the row of the test that failed."""
    return rows.get(function_id(failure.test))


def _names_suspect(failure: Failure, row: Row) -> bool:
    """Whether the error that was got, such as a traceback of the server, came from this row's suspects."""
    return _suspects(row, _innermost_place(failure))


def _innermost_place(failure: Failure) -> str:
    """Where an error of the program arose; empty where what was got is none."""
    places = (match[1] or match[2] for match in _PLACE.finditer(failure.got))
    return next((place for place in places if not _LIBRARY.search(place)), "")


def _suspects(row: Row, place: str) -> bool:
    return any(place.endswith(path) for path in row.suspect_paths)


def fail_lines(failures: Iterable[Failure], rows: Mapping[str, Row]) -> list[str]:
    """Return the FAIL lines in the order in which they should be read; see `triaged`.

    A long text that several tests got alike, such as why the server did not start, is said in the first line only.
    """
    ordered = triaged(failures, rows)
    red = {row.test: row for failure in ordered if (row := row_of(failure, rows))}
    said: dict[str, str] = {}
    return [_line(failure, rows, red, _brief(failure, said)) for failure in ordered]


def _brief(failure: Failure, said: dict[str, str]) -> str:
    """Return what was got, or where it is said already."""
    first = said.setdefault(failure.got, short_name(failure.test))
    is_new = first == short_name(failure.test) or len(failure.got) <= _WORTH_SAYING_ONCE
    return failure.got if is_new else f"the same as {first}"


def _line(failure: Failure, rows: Mapping[str, Row], red: Mapping[str, Row], got: str) -> str:
    row, name = row_of(failure, rows), short_name(failure.test)
    facts = {"at": failure.at, "want": failure.want, "got": got, "evidence": failure.evidence}
    if row is None:
        return rowless_fail_line(name, **facts)
    return fail_line(row, **facts, test=name, step=failure.step, blamed=red.get(failure.step_row))
