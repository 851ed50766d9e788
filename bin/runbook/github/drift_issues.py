"""What becomes of the issues of dependency drift: one a cause, updated and never opened twice. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

_MARKER = re.compile(r"<!-- drift-key: ([0-9a-f]{8}) -->")


class Deed(StrEnum):
    """What is done."""

    OPEN = "open"
    UPDATE = "update"
    REOPEN = "reopen"
    CLOSE = "close"


@dataclass(frozen=True, slots=True)
class Action:
    """One thing to do.

    Attributes:
        deed: What.
        key: Of the cause.
        number: Of the issue that is there; 0 where it is opened.
        title: The issue's title; empty where it is closed.
        body: Its Markdown, or why it is closed.
    """

    deed: Deed
    key: str
    number: int = 0
    title: str = ""
    body: str = ""


def decide(
    found: Iterable[Mapping[str, Any]], there: Sequence[Mapping[str, Any]], *, is_whole: bool
) -> list[Action]:
    """Decide what is done with the issues.

    Args:
        found: ``drift-issue/1`` records of this week; of one cause the first counts.
        there: The issues of the repository, as ``gh issue list --json number,state,body`` gives them.
        is_whole: Whether every search of this week came to an end: only then is a cause that was not found gone.
    """
    causes: dict[str, Mapping[str, Any]] = {}
    for record in found:
        if record["state"] == "open":
            causes.setdefault(record["key"], record)
    known = _by_key(there)
    actions = [_show(record, known.get(key)) for key, record in causes.items()]
    if is_whole:
        actions += [
            Action(Deed.CLOSE, key, issue["number"], body="This week's drift is green without it.")
            for key, issue in known.items()
            if key not in causes and _is_open(issue)
        ]
    return actions


def _show(record: Mapping[str, Any], issue: Mapping[str, Any] | None) -> Action:
    if issue is None:
        return Action(Deed.OPEN, record["key"], 0, record["title"], record["body"])
    deed = Deed.UPDATE if _is_open(issue) else Deed.REOPEN
    return Action(deed, record["key"], issue["number"], record["title"], record["body"])


def _by_key(there: Sequence[Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    """Return the issue of each cause; of several the open one, then the newest."""
    known: dict[str, Mapping[str, Any]] = {}
    for issue in sorted(there, key=lambda each: (_is_open(each), each["number"])):
        if found := _MARKER.search(issue["body"] or ""):
            known[found[1]] = issue
    return known


def _is_open(issue: Mapping[str, Any]) -> bool:
    return str(issue["state"]).upper() == "OPEN"
