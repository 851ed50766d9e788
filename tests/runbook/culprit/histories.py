"""Histories and oracles that exist in memory only."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from hypothesis import strategies as st

from runbook.culprit.core.dag import Dag
from runbook.culprit.core.evidence import Outcome
from runbook.culprit.core.posterior import blamed_for, without

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from runbook.culprit.core.search import Finding, Search


def seeded(seed: int) -> random.Random:
    """Return numbers that look random and are the same each time."""
    return random.Random(seed)  # noqa: S311 - nothing here is secret


def line(size: int) -> Dag:
    """A history without a branch."""
    return Dag([(), *((each,) for each in range(size - 1))])


@st.composite
def dags(draw: st.DrawFn, *, most: int = 40) -> Dag:
    """Histories with branches and merges, all merged in the end."""
    size = draw(st.integers(1, most))
    parents: list[tuple[int, ...]] = []
    for commit in range(size):
        older = st.integers(max(0, commit - 4), commit - 1) if commit else st.nothing()
        count = draw(st.integers(0 if commit % 7 == 0 else 1, 2)) if commit else 0
        parents.append(tuple(sorted(set(draw(st.lists(older, min_size=count, max_size=count))))))
    heads = set(range(size)) - {each for own in parents for each in own}
    return Dag([*parents, tuple(sorted(heads))] if len(heads) > 1 else parents)


def is_bad(dag: Dag, culprit: int | None, site: int) -> bool:
    """Whether a site holds the culprit."""
    return culprit is not None and bool(blamed_for(dag, site) >> culprit & 1)


def steady(
    dag: Dag, culprit: int | None, untestable: Sequence[int] = ()
) -> Callable[[int], Outcome]:
    """An oracle that never lies."""

    def ask(site: int) -> Outcome:
        if site in untestable:
            return Outcome.UNTESTABLE
        return Outcome.FAIL if is_bad(dag, culprit, site) else Outcome.PASS

    return ask


def lying(
    dag: Dag, culprit: int | None, good_fails: float, bad_passes: float, rng: random.Random
) -> Callable[[int], Outcome]:
    """An oracle that lies at the given rates."""

    def ask(site: int) -> Outcome:
        fails = 1 - bad_passes if is_bad(dag, culprit, site) else good_fails
        return Outcome.FAIL if rng.random() < fails else Outcome.PASS

    return ask


def play(search: Search, ask: Callable[[int], Outcome]) -> tuple[Finding, list[int]]:
    """Answer a search until it ends; return what it found and the sites that it ran."""
    asked: list[int] = []
    while probes := search.next_probes():
        for site in probes:
            asked.append(site)
            search.record(site, ask(site))
    finding = search.finding()
    assert finding is not None
    return finding, asked


def prove(search: Search, culprit: int, ask: Callable[[int], Outcome]) -> int:
    """Run what proves ``culprit``: the tip without it, and what must be red again; return how many runs that took."""
    proof, runs = without(search.dag, culprit), 0
    while culprit != search.dag.tip and search.demands.judge_tip(culprit) is None:
        again = search.demands.red_again(culprit)
        site = proof if again is None or proof not in search.seen.posterior.counts else again
        search.record(site, ask(site))
        runs += 1
    return runs


def bisection_runs(dag: Dag, culprit: int) -> int:
    """How many runs it takes to halve the candidates as best the graph allows, until one is left."""
    live, runs = dag.everything, 0
    while live.bit_count() > 1:
        total = live.bit_count()
        inside = {site: (dag.ancestors(site) & live).bit_count() for site in range(dag.size)}
        best = max(range(dag.size), key=lambda site: min(inside[site], total - inside[site]))
        live &= dag.ancestors(best) if is_bad(dag, culprit, best) else ~dag.ancestors(best)
        runs += 1
    return runs


def runs_of_git(dag: Dag, culprit: int) -> int:
    """How many runs `git bisect` makes: at a merge that is half, else at one with a parent, else at the nearest."""
    live, runs = set(range(dag.size)), 0
    while len(live) > 1:
        held = {site: {each for each in live if dag.ancestors(site) >> each & 1} for site in live}
        off = {site: abs(2 * len(held[site]) - len(live)) for site in live}
        parents = {site: len(live.intersection(dag.parents[site])) for site in live}
        merges = [site for site in live if parents[site] > 1 and off[site] <= 1]
        others = [site for site in live if parents[site] == 1 and off[site] <= 1]
        nearest = [site for site in live if off[site] == min(off.values())]
        chosen = min(merges or others or nearest)
        live = live & held[chosen] if is_bad(dag, culprit, chosen) else live - held[chosen]
        runs += 1
    return runs
