"""What `culprit_search` measures with: histories, commands that lie, searches of them, and the other tools.

Everything is drawn from a seed, so that all but times are the same on every machine.
"""

from __future__ import annotations

import importlib
import random
import sys
from dataclasses import dataclass, field
from math import isqrt
from pathlib import Path
from statistics import fmean
from typing import TYPE_CHECKING, Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "bin"))

from runbook.culprit.core import rates, stopping
from runbook.culprit.core.dag import Dag, members
from runbook.culprit.core.earlier import Tally as Earlier
from runbook.culprit.core.evidence import Outcome
from runbook.culprit.core.posterior import GOOD_END, blamed_for, without
from runbook.culprit.core.search import Finding, Search, Word

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    Oracle = Callable[[int], Outcome]

SEED = 20
NEVER = rates.STEADY


@dataclass
class Tally:
    """What a number of searches of one kind came to."""

    runs: list[int] = field(default_factory=list)
    all_runs: list[int] = field(default_factory=list)
    rounds: list[int] = field(default_factory=list)
    right: int = 0
    accused: int = 0
    denied: int = 0

    def add(self, search: Search, finding: Finding, culprit: int | None, proof: Proof) -> None:
        """Count one search whose culprit was ``culprit``; None if nobody was to blame."""
        has_denied = finding.word in (Word.NOT_REPRODUCED, Word.BORN_RED)
        is_right = (
            finding.word is Word.NOT_REPRODUCED if culprit is None else finding.culprit == culprit
        )
        self.right += is_right
        self.accused += finding.culprit is not None and not is_right
        self.denied += culprit is not None and has_denied
        self.runs.append(proof.runs_before or search.seen.runs)
        self.all_runs.append(search.seen.runs)
        self.rounds.append(search.seen.rounds)

    @property
    def accuracy(self) -> str:
        """How many were right, and how many named somebody who is not to blame."""
        return f"{self.right}/{len(self.runs)} right, {self.accused} wrongly accused"

    @property
    def wrong(self) -> int:
        """How many said what is not true."""
        return self.accused + self.denied

    @property
    def mean(self) -> float:
        """The mean number of runs until somebody is named."""
        return fmean(self.runs)

    @property
    def whole(self) -> float:
        """The mean number of all runs."""
        return fmean(self.all_runs or self.runs)


# Histories and oracles -------------------------------------------------------------------------------


def seeded(seed: int = SEED) -> random.Random:
    """Return numbers that look random and are the same each time."""
    return random.Random(seed)  # noqa: S311 - nothing here is secret


def line(size: int) -> Dag:
    """A history without a branch."""
    return Dag([(), *((each,) for each in range(size - 1))])


def merged(size: int, rng: random.Random) -> Dag:
    """A main line into which branches of one to eight commits are merged all the time."""
    parents: list[tuple[int, ...]] = [()]
    main = 0
    while len(parents) < size:
        fork, tip = main, main
        for _ in range(rng.randint(0, 3)):
            parents.append((main,))
            main = len(parents) - 1
        for _ in range(rng.randint(1, 8)):
            parents.append((fork if tip == fork else tip,))
            tip = len(parents) - 1
        parents.append((main, tip) if main != tip else (main,))
        main = len(parents) - 1
    return Dag(parents)


def forked(rng: random.Random) -> tuple[Dag, tuple[int, int]]:
    """Two branches from one commit of a line, merged again, and the first commit of each."""
    before, after = rng.randint(20, 120), rng.randint(5, 120)
    parents: list[tuple[int, ...]] = [(), *((each,) for each in range(before - 1))]
    firsts, tips = [], []
    for _ in range(2):
        firsts.append(len(parents))
        parents += [(before - 1,), *((firsts[-1] + step,) for step in range(rng.randint(0, 19)))]
        tips.append(len(parents) - 1)
    parents.append((tips[0], tips[1]))
    parents += [(len(parents) - 1 + step,) for step in range(after)]
    return Dag(parents), (firsts[0], firsts[1])


def broken_by(dag: Dag, breaks: Collection[int]) -> Oracle:
    """A command that never lies about any of several breaks."""

    def ask(site: int) -> Outcome:
        blamed = blamed_for(dag, site)
        return Outcome.FAIL if any(blamed >> each & 1 for each in breaks) else Outcome.PASS

    return ask


def oracle(dag: Dag, culprit: int | None, a: float, b: float, rng: random.Random) -> Oracle:
    """A command that lies at the rates ``a`` on good and ``b`` on bad commits.

    The site ``dag.size + c`` is the tip without commit ``c``.
    """

    def is_bad(site: int) -> bool:
        if culprit is None or site == GOOD_END:
            return False
        return (
            site != dag.size + culprit
            if site >= dag.size
            else bool(dag.ancestors(site) >> culprit & 1)
        )

    def ask(site: int) -> Outcome:
        fails = 1 - b if is_bad(site) else a
        return Outcome.FAIL if rng.random() < fails else Outcome.PASS

    return ask


def smoked(rng: random.Random, a: float, *, states: int = 25) -> tuple[Earlier, ...]:
    """The smokes that are kept of a row: of each state of the source one run or more, and one in seven was broken."""
    kept = []
    for _ in range(states):
        fails = 1 - NEVER if rng.random() < 0.15 else a
        runs = rng.choices((1, 2, 3), (0.7, 0.2, 0.1))[0]
        failed = sum(rng.random() < fails for _ in range(runs))
        kept.append(Earlier(runs - failed, failed))
    return tuple(kept)


@dataclass
class Proof:
    """How many runs the search had made when it named somebody for the first time."""

    runs_before: int = 0


def search_and_prove(search: Search, ask: Oracle) -> tuple[Finding, Proof]:
    """Do what `runbook.culprit.find` does with a search; whose revert cannot be applied is answered as untestable."""
    finding = play(search, ask)
    proof = Proof(search.seen.runs)
    while (culprit := finding.culprit) is not None and search.demands.is_presumed_steady:
        if (site := next_of_proof(search, culprit)) is None:
            break
        outcome, seen = ask(site), site in search.seen.posterior.counts
        if outcome is Outcome.UNTESTABLE:
            if not search.demands.is_worth_a_doubt(culprit):
                break
            search.record(culprit, ask(culprit))
        elif site < search.dag.size or outcome is Outcome.PASS or seen:
            search.record(site, outcome)
        else:
            search.seen.runs += 1
            run_again(search, culprit, ask)
            if search.seen.is_consistent:
                break
            search.record(site, outcome)
        finding = play(search, ask)
    return finding, proof


def next_of_proof(search: Search, culprit: int) -> int | None:
    """Return what `runbook.culprit.proof` runs next: the tip without the culprit, or what must be red again."""
    is_tip, site = culprit == search.dag.tip, without(search.dag, culprit)
    again = search.demands.red_again(culprit)
    if again is not None and (is_tip or site in search.seen.posterior.counts):
        return again
    return None if is_tip or search.demands.judge_tip(culprit) else site


def run_again(search: Search, culprit: int, ask: Oracle) -> None:
    """Run a culprit and its parents again, until something contradicts."""
    for site in 2 * (culprit, *(search.dag.parents[culprit] or (GOOD_END,))):
        if search.seen.is_consistent:
            search.record(site, ask(site))


def play(search: Search, ask: Oracle) -> Finding:
    """Answer a search until it ends."""
    while probes := search.next_probes():
        for site in probes:
            search.record(site, ask(site))
    finding = search.finding()
    assert finding is not None
    return finding


def play_kept_from_the_tip(search: Search, ask: Oracle) -> Finding:
    """Answer a search until it ends, as a hunt does: a tip that fails without somebody is no news to who trusts."""
    while probes := search.next_probes():
        for site in probes:
            outcome = ask(site)
            is_told = site < search.dag.size or outcome is Outcome.PASS
            if is_told or not search.demands.is_presumed_steady:
                search.record(site, outcome)
            else:
                search.seen.runs += 1
    finding = search.finding()
    assert finding is not None
    return finding


def trials(  # noqa: PLR0913 - two rates, and what is known of them
    dag: Dag,
    count: int,
    a: float,
    b: float,
    *,
    is_flake: bool = False,
    is_smoked: bool = False,
    **options: Any,
) -> Tally:
    """Search ``count`` times for a culprit that is drawn at random, or for none; perhaps with smokes that are kept."""
    rng, past = seeded(), seeded(SEED + 1)
    tally = Tally()
    weigh = options.pop("weigh", lambda _: [1.0] * dag.size)
    for _ in range(count):
        culprit = None if is_flake else rng.randrange(dag.size)
        earlier = smoked(past, a) if is_smoked else ()
        search = Search(dag, weigh(culprit), reserve=1, earlier=earlier, **options)
        finding, proof = search_and_prove(search, oracle(dag, culprit, a, b, rng))
        tally.add(search, finding, culprit, proof)
    return tally


def drifting(dag: Dag, culprit: int, rng: random.Random) -> Oracle:
    """Lies more often with every run, on both sides: from 0.05 to 0.35 within 60 runs."""
    runs = 0

    def ask(site: int) -> Outcome:
        nonlocal runs
        runs += 1
        rate = 0.05 + 0.3 * min(1.0, runs / 60)
        return oracle(dag, culprit, rate, rate, rng)(site)

    return ask


def repeating(dag: Dag, culprit: int, rng: random.Random) -> Oracle:
    """Lies at 0.2 on both sides, but every other rerun of a commit says again what the last one said."""
    fresh = oracle(dag, culprit, 0.2, 0.2, rng)
    last: dict[int, Outcome] = {}

    def ask(site: int) -> Outcome:
        if site not in last or rng.random() < 0.5:
            last[site] = fresh(site)
        return last[site]

    return ask


def uneven(dag: Dag, culprit: int, rng: random.Random) -> Oracle:
    """Lies at each commit at a rate of its own, between 0 and 0.4."""
    rates_of = {site: 0.4 * rng.random() for site in range(GOOD_END, 2 * dag.size)}

    def ask(site: int) -> Outcome:
        return oracle(dag, culprit, rates_of[site], rates_of[site], rng)(site)

    return ask


def entangled(dag: Dag, culprit: int, rng: random.Random) -> Oracle:
    """A command that fails a good commit one time in five, where no commit can be taken out of the tip."""
    ask = oracle(dag, culprit, 0.2, NEVER, rng)
    return lambda site: Outcome.UNTESTABLE if site >= dag.size else ask(site)


def noting(answer: Oracle, untestable: Collection[int], sites: list[int]) -> Oracle:
    """Answer, but for what cannot be tested, and note in ``sites`` who was asked."""

    def ask(site: int) -> Outcome:
        sites.append(site)
        return Outcome.UNTESTABLE if site in untestable else answer(site)

    return ask


# The others ------------------------------------------------------------------------------------------


def bisection(dag: Dag, ask: Oracle) -> tuple[int, int]:
    """Return what git's rule names and how many runs it takes: halve what is left, believe every outcome."""
    live, runs = dag.everything, 0
    while live.bit_count() > 1:
        total = live.bit_count()
        weights = [float(bit) for bit in map(int, format(live, f"0{dag.size}b")[::-1])]
        masses = dag.masses(weights)
        best = max(range(dag.size), key=lambda site: min(masses[site], total - masses[site]))
        live &= dag.ancestors(best) if ask(best) is Outcome.FAIL else ~dag.ancestors(best)
        runs += 1
    return live.bit_length() - 1, runs


def bisect_trials(dag: Dag, count: int, a: float, b: float) -> Tally:
    """Bisect ``count`` times."""
    rng = seeded()
    tally = Tally()
    for _ in range(count):
        culprit = rng.randrange(dag.size)
        named, runs = bisection(dag, oracle(dag, culprit, a, b, rng))
        tally.right += named == culprit
        tally.runs.append(runs)
    tally.accused = count - tally.right
    return tally


def bayesect_trials(size: int, count: int, a: float, b: float) -> Tally | None:
    """Let git-bayesect search ``count`` times, to its own 95 %; None where it is not installed."""
    try:
        bisector: Any = importlib.import_module("git_bayesect").Bisector
    except ImportError:
        return None
    rng = seeded()
    tally = Tally()
    for _ in range(count):
        culprit = rng.randrange(size)
        ask = oracle(line(size), culprit, a, b, rng)
        search = bisector([1.0] * (size + 1))  # newest first, and the good end last
        runs = 0
        while max(search.distribution) < stopping.DEFAULT_CONFIDENCE and runs < 1000:
            index = search.select()
            search.record(index, ask(size - 1 - index) is Outcome.FAIL)
            runs += 1
        named = size - 1 - int(search.distribution.argmax())
        tally.right += named == culprit
        tally.runs.append(runs)
    tally.accused = count - tally.right
    return tally


def skipping(dag: Dag, ask: Oracle) -> int:
    """Return how many runs git's rule takes where commits cannot be tested, no end being run.

    Where the best is one of these, git takes one of those that are left by a draw that depends on how many they
    are, nearer to the best as a rule: of equals, here, the oldest is the better.
    """
    good, bad, runs = 0, dag.tip, 0
    skipped: set[int] = set()
    while True:
        best_first = by_halves(dag, dag.ancestors(bad) & ~good)
        site = best_first[0]
        if site in skipped:
            left = [each for each in best_first if each not in skipped]
            draw = (len(left) * 1103515245 + 12345) % 2**32 // 65536 % 32768
            place = len(left) * draw // 32768 * isqrt(draw) // isqrt(32768)
            site = left[place] if left[place] != bad else left[max(0, place - 1)]
        if site == bad:
            return runs
        runs += 1
        outcome = ask(site)
        if outcome is Outcome.UNTESTABLE:
            skipped.add(site)
        elif outcome is Outcome.FAIL:
            bad = site
        else:
            good |= dag.ancestors(site)


def by_halves(dag: Dag, candidates: int) -> list[int]:
    """Return the candidates, those first that part them most evenly."""
    count = candidates.bit_count()
    held = {site: (dag.ancestors(site) & candidates).bit_count() for site in members(candidates)}
    return sorted(held, key=lambda site: -min(held[site], count - held[site]))
