"""The matrix of a workflow, from the list of sessions: which are run, each on which Python."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from runbook.calls import call
from runbook.errors import UsageError
from runbook.nearest import nearest

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping


def matrix(sessions: Iterable[Mapping[str, Any]], tags: Collection[str]) -> dict[str, Any]:
    """Return the matrix of the sessions that have one of ``tags``, in the order of the noxfile.

    A session that names no Python gets the newest that any session names.

    Raises:
        UsageError: None has; a matrix of nothing would be green.
    """
    known = list(sessions)
    pythons = [each["python"] for each in known if each["python"]]
    newest = max(pythons, key=_version, default="3.x")
    chosen = [each for each in known if set(tags).intersection(each["tags"])]
    if not chosen:
        there = sorted({tag for each in known for tag in each["tags"]})
        asked = " or ".join(sorted(tags))
        raise UsageError(
            f"no session is tagged {asked}; there are: {', '.join(there)}",
            next_step=call(f"ci.plan --tags {','.join(nearest(asked, there, most=1))}"),
        )
    return {
        "include": [
            {"session": each["name"], "python": each["python"] or newest} for each in chosen
        ]
    }


def _version(python: str) -> tuple[int, ...]:
    return tuple(int(part) for part in python.split(".") if part.isdigit())
