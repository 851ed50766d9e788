"""Which causes are gone: found before, looked for again now in every place where they showed, and not found. Pure.

A run looks at some tiers, floats them one way, and stands for one moment. What it does not find has healed only where
it looked: neither the lowest releases nor another tier nor a date in the past say anything about the rest.
"""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING, Any

from runbook.upgrades.weekly.issue import keys_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from runbook.upgrades.weekly.constraints import Constraint

NEWEST = "newest"
_SHOWN_BY = re.compile(r"breaks (?P<tier>\S+)(?: on (?P<way>\S+))? \(.*since (?P<day>[\d-]+)")

Spot = tuple[str, str]  # a way of floating, and a tier
# For each cause where it was seen last, and the moment that the run stood for.
Seen = dict[str, dict[Spot, str]]


def way_of(resolution: str, prerelease: Iterable[str], python: str) -> str:
    """Return how dependencies float, in a word: ``newest``, ``lowest-direct``, ``newest+prerelease`` and so on."""
    parts = [NEWEST if resolution == "highest" else resolution]
    parts += ["prerelease"] if list(prerelease) else []
    return "+".join([*parts, *([f"python{python}"] if python else [])])


def seen_in_records(records: Iterable[Mapping[str, Any]]) -> Seen:
    """Return what the last conclusive look at each spot showed.

    Args:
        records: Of whole runs, the oldest first.
    """
    last: dict[Spot, tuple[str, list[str]]] = {}
    for record in records:
        for name, tier in record.get("tiers", {}).items():
            if is_conclusive(tier):
                last[record.get("way", NEWEST), name] = tier["as_of"], list(keys_of(tier))
    seen: Seen = defaultdict(dict)
    for spot, (moment, keys) in last.items():
        for key in keys:
            seen[key][spot] = moment
    return dict(seen)


def seen_in_constraints(constraints: Iterable[Constraint]) -> Seen:
    """Return what the constraints that stand were written for, as their comments say."""
    seen: Seen = defaultdict(dict)
    for each in constraints:
        if said := _SHOWN_BY.search(each.why):
            seen[each.key][said["way"] or NEWEST, said["tier"]] = said["day"]
    return dict(seen)


def is_conclusive(tier: Mapping[str, Any]) -> bool:
    """Whether a look at a tier says what is there and what is not."""
    return bool(tier["verdict"] != "inconclusive")


def gone(seen: Seen, looked_at: Mapping[Spot, str], found: Iterable[str]) -> list[str]:
    """Return the causes that have healed.

    Args:
        seen: What was known.
        looked_at: Where this run looked and came to a conclusion, and the moment that each look stands for.
        found: The causes that it found.
    """
    left = seen.keys() - set(found)
    return sorted(
        key
        for key in left
        if seen[key] and all(_is_later(looked_at, *spot) for spot in seen[key].items())
    )


def _is_later(looked_at: Mapping[Spot, str], spot: Spot, moment: str) -> bool:
    """Whether this run looked at a spot, and not at an earlier moment; an index without dates serves the present."""
    if spot not in looked_at:
        return False
    now = looked_at[spot]
    return not now or now[: len(moment)] >= moment[: len(now)]
