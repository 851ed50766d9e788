"""A search that has ended, turned into its report."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from runbook.upgrades.core.asking import Free
from runbook.upgrades.core.pins import changes
from runbook.upgrades.core.suspects import said_by
from runbook.upgrades.report import Culprit, Result, Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping

    from runbook.upgrades.case import Case
    from runbook.upgrades.core.pins import Change
    from runbook.upgrades.core.search import Findings, Search
    from runbook.upgrades.environments.laboratory import Laboratory
    from runbook.upgrades.environments.resolver import Resolver


def conclude(
    case: Case, laboratory: Laboratory, verdict: Verdict, why: str, search: Search | None = None
) -> Result:
    """Return the report of a search.

    Args:
        case: What was searched.
        laboratory: What was tried.
        verdict: How it ended.
        why: The same in words.
        search: What it found, where there was something to find.
    """
    resolver = case.resolver
    result = Result(
        verdict=verdict,
        why=why,
        changed=changes(resolver.baseline, resolver.newest) if resolver.newest.pins else (),
        trials=tuple(laboratory.trials),
        environments=laboratory.environments,
        bound_environments=laboratory.environments
        - (laboratory.answered or laboratory.environments),
        runs=laboratory.runs,
        seconds=time.monotonic() - case.started,
        notes=tuple(case.notes),
        options=case.options,
        cutoff=resolver.cutoff,
        python=str(resolver.python),
        unresolvable=laboratory.unresolvable,
        resolutions=resolver.count,
        newest=dict(resolver.newest.pins),
        baseline=dict(resolver.baseline.pins),
        log=laboratory.output_of(Free()),
        ages=_ages(resolver) if case.options.ages else {},
    )
    return result if search is None else _with_findings(result, search)


def _ages(resolver: Resolver) -> dict[str, int]:
    """Return how many days before the cutoff each release that is new was uploaded."""
    if not (resolver.cutoff and resolver.newest.pins):
        return {}
    names = resolver.newest.moved_from(resolver.baseline) & resolver.newest.pins.keys()
    times = resolver.upload_times({name: resolver.newest.pins[name] for name in names})
    until = datetime.fromisoformat(resolver.cutoff)
    return {name: (until - time).days for name, time in times.items()}


def _with_findings(result: Result, search: Search) -> Result:
    """Add what the search found: what failed is told as the first set of culprits showed it."""
    found = search.findings
    changed = {each.name: each for each in result.changed}
    reds = [found.reds[names] for names in found.culprits]
    blamed = frozenset().union(*found.culprits)
    moved = frozenset().union(*(red.moved for red in reds))
    pins = sorted(found.pins.items()) if found.green else ()
    whole = replace(
        result,
        culprits=tuple(_culprits(names, found, changed) for names in found.culprits),
        carried=tuple(sorted((moved - blamed) & changed.keys())),
        hold=tuple(sorted(search.held_below())),
        pins=tuple(f"{name}{pin}" for name, pin in pins),
    )
    if not reds:
        return whole
    return replace(
        whole,
        shown_at=_shown_at(found.culprits[0], reds[0].versions, changed),
        failure=tuple(sorted(reds[0].fingerprint)),
        says=said_by(reds[0].output),
    )


def _culprits(
    names: frozenset[str], found: Findings, changed: Mapping[str, Change]
) -> tuple[Culprit, ...]:
    """Return one set of culprits, each with where it came from, went to, and broke first."""
    return tuple(
        Culprit(
            name,
            changed[name].before or "",
            changed[name].after or "",
            found.first_bad.get(name, ""),
        )
        for name in sorted(names)
    )


def _shown_at(
    culprits: frozenset[str], versions: Mapping[str, str], changed: Mapping[str, Change]
) -> dict[str, str]:
    """Return the releases at which culprits were proved red, of those that were not at their newest."""
    return {
        name: versions[name]
        for name in culprits
        if name in versions and versions[name] != changed[name].after
    }
