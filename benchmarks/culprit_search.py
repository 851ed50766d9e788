"""The culprit search side by side with bisection and git-bayesect: ``python benchmarks/culprit_search.py [--quick]``.

Prints a table of goals for each part, each with what was reached. Simulated histories and lying oracles come from a
seed that is printed; the last part runs this search and ``git bisect run`` on a repository that it generates.
git-bayesect is compared where it can be imported (``pip install git-bayesect``), and left out where not.
``L`` is the channel limit log2(n) / C; ``B`` is ceil(log2 n). Runs are counted until a culprit is named, and again with
those of the tip without it, which prove it: nobody is accused before.
"""

from __future__ import annotations

import argparse
import os
import shlex
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from functools import partial
from math import ceil, log2
from pathlib import Path
from statistics import fmean, median
from typing import TYPE_CHECKING, Any, NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.culprit_cases import (
    NEVER,
    SEED,
    Tally,
    bayesect_trials,
    bisect_trials,
    broken_by,
    drifting,
    entangled,
    forked,
    line,
    merged,
    noting,
    oracle,
    play,
    play_kept_from_the_tip,
    repeating,
    search_and_prove,
    seeded,
    skipping,
    trials,
    uneven,
)
from runbook.arguments import at_least_one
from runbook.culprit.core import rates, stopping
from runbook.culprit.core.choice import choose_one
from runbook.culprit.core.evidence import Outcome
from runbook.culprit.core.posterior import Posterior
from runbook.culprit.core.prior import CAP
from runbook.culprit.core.search import Search
from runbook.culprit.find import find_offending_commit
from runbook.culprit.options import Options
from runbook.documents.measured import RECORD, Table

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Iterator, Sequence

    from benchmarks.culprit_cases import Oracle
    from runbook.culprit.core.dag import Dag

ROOT = Path(__file__).resolve().parents[1]
PARTS = (
    "steady",
    "prior",
    "lying",
    "flaky",
    "rollback",
    "smokes",
    "calibration",
    "misfits",
    "block",
    "branches",
    "limit",
    "cost",
    "real",
)


# The goals -------------------------------------------------------------------------------------------


def steady(sizes: Sequence[int], count: int) -> Iterator[Row]:
    """Without noise: G1, G9, G10."""
    rng = seeded()
    for size in sizes:
        for kind, dag in (("line", line(size)), ("merges", merged(size, rng))):
            bound = stopping.rounds_needed(dag.size, 1)
            ours, git = trials(dag, count, NEVER, NEVER), bisect_trials(dag, count, NEVER, NEVER)
            over = max(ours.all_runs) - max(*git.runs, bound)
            yield Row(
                "G1" if kind == "line" else "G9",
                f"steady, {kind}, n={dag.size}",
                "runs <= B + 2",
                f"mean {ours.whole:.1f}, max B{max(ours.all_runs) - bound:+d}; {ours.accuracy}",
                f"bisect mean {git.mean:.1f}, max B{max(git.runs) - bound:+d}",
                is_met=over <= 2 and ours.right == count,
            )
    dag = line(1000)
    for width in (2, 4, 8):
        ours = trials(dag, count, NEVER, NEVER, width=width)
        least = stopping.rounds_needed(dag.size, width)
        yield Row(
            "G10",
            f"steady, {width} at once, n=1000",
            f"rounds <= {least} + 1",
            f"max {max(ours.rounds)}",
            is_met=max(ours.rounds) <= least + 1,
        )


def with_prior(count: int) -> Iterator[Row]:
    """With a prior that is right, and one that misleads: G2, G3."""
    size = 500
    dag, bound, suspects = line(size), ceil(log2(size)), size // 25
    share = CAP / (CAP * (suspects + 1) + size - suspects - 1)
    goal = ceil(-log2(share)) + 1
    right = trials(
        dag, count, NEVER, NEVER, rate=0.0, weigh=partial(suspecting, size, suspects, is_right=True)
    )
    yield Row(
        "G2",
        "steady, prior right, told that it is",
        f"mean <= {goal}",
        f"mean {right.mean:.1f}, max {max(right.runs)}, and the proof (B = {bound})",
        is_met=right.mean <= goal and right.right == count,
    )
    wrong = trials(
        dag, count, NEVER, NEVER, weigh=partial(suspecting, size, suspects, is_right=False)
    )
    yield Row(
        "G3",
        "steady, prior misleads",
        f"runs <= B + 2 = {bound + 2}",
        f"mean {wrong.whole:.1f}, max {max(wrong.all_runs)}; {wrong.accuracy}",
        is_met=max(wrong.all_runs) <= bound + 2 and wrong.right == count,
    )


def suspecting(size: int, suspects: int, culprit: int, *, is_right: bool) -> list[float]:
    """Return the weights of commits of which some innocent ones are suspected, and the culprit where that is right."""
    innocent = [each for each in range(size) if each != culprit]
    suspected = set(seeded(culprit).sample(innocent, suspects))
    if is_right:
        suspected.add(culprit)
    return [CAP if each in suspected else 1.0 for each in range(size)]


def lying(sizes: Sequence[int], count: int) -> Iterator[Row]:
    """With noise on both sides and on one, beside the others: G4, G5."""
    for goal, a, b, most, share in (("G4", 0.2, 0.2, 1.4, 0.95), ("G5", 0.2, NEVER, 1.3, 0.97)):
        for size in sizes:
            dag = line(size)
            least = log2(size) / rates.capacity(a, b)
            other, git = bayesect_trials(size, count, a, b), bisect_trials(dag, count, a, b)
            theirs = f"bisect {git.right / count:.0%} right"
            if other:
                theirs += f"; bayesect {other.mean / least:.2f} L, {other.right / count:.0%} right"
            cases: tuple[tuple[str, dict[str, Any]], ...] = (
                ("confidence asked", {"confidence": 0.95}),
                ("and rate told", {"confidence": 0.95, "rate": 0.2}),
                ("nothing asked", {}),
            )
            for name, options in cases:
                ours = trials(dag, count, a, b, **options)
                yield Row(
                    goal,
                    f"{a:.1f}/{b:.1f}, n={size}, {name}",
                    f"<= {most} L, {share:.0%} right",
                    f"{ours.mean / least:.2f} L, proved {ours.whole / least:.2f} L, {ours.accuracy}",
                    theirs,
                    is_met=ours.mean / least <= most and ours.right >= share * count,
                )
                theirs = ""


def flaky(count: int) -> Iterator[Row]:
    """With no culprit at all, and with eight workers: G6, G12."""
    asked: tuple[tuple[str, dict[str, Any]], ...] = (
        ("confidence asked", {"confidence": 0.95}),
        ("nothing asked", {}),
        ("nothing asked, by a rollback", {"is_wary": True}),
    )
    for name, options in asked:
        flake = trials(line(500), count, 0.2, 0.2, is_flake=True, **options)
        yield Row(
            "G6",
            f"no culprit, flake 0.2, {name}",
            ">= 95% say so, mean <= 25",
            f"{flake.right / count:.0%}, mean {flake.whole:.1f} runs; {flake.accused} accused",
            is_met=flake.right >= 0.95 * count and flake.whole <= 25,
        )
    alone, eight = (
        trials(line(500), count, 0.2, 0.2, confidence=0.95, width=width) for width in (1, 8)
    )
    ratio = fmean(eight.rounds) / fmean(alone.rounds)
    yield Row(
        "G12",
        "0.2/0.2, 8 at once, n=500",
        "rounds <= 0.35 of one at a time",
        f"{ratio:.2f}, {eight.accuracy}",
        is_met=ratio <= 0.35,
    )


# What a command does: its two rates of lies, and whether nobody is to blame.
KINDS = (
    ("steady", NEVER, NEVER, False),
    ("0.2/0.2", 0.2, 0.2, False),
    ("0.2/0.0", 0.2, NEVER, False),
    ("0.0/0.3", NEVER, 0.3, False),
    ("0.05/0.5", 0.05, 0.5, False),
    ("no culprit, flake 0.2", 0.2, 0.2, True),
)


def by_a_rollback(sizes: Sequence[int], count: int) -> Iterator[Row]:
    """What is named to be reverted, whatever the command does: G14."""
    for name, a, b, is_flake in KINDS:
        for size in sizes:
            dag = line(size)
            wary = trials(dag, count, a, b, is_flake=is_flake, is_wary=True)
            plain = trials(dag, count, a, b, is_flake=is_flake)
            yield Row(
                "G14",
                f"by a rollback, {name}, n={size}",
                f"<= {0.01 * count:.0f} of {count} wrongly accused",
                f"{wary.accuracy}, mean {wary.whole:.1f} runs",
                f"else {plain.accused} wrongly accused, mean {plain.whole:.1f} runs",
                is_met=wary.accused <= 0.01 * count,
            )


def with_smokes(count: int) -> Iterator[Row]:
    """What the smokes that are kept of a row are worth to a search for who broke it: G14, and G7 where it was asked."""
    dag = line(100)
    for name, a, b, is_flake in KINDS:
        for goal, asked, error, options in (
            ("G14", "by a rollback", 0.01, {"is_wary": True}),
            ("G7", "stated 95%", 0.05, {"confidence": 0.95}),
        ):
            unknown, known = (
                trials(dag, count, a, b, is_flake=is_flake, is_smoked=is_smoked, **options)
                for is_smoked in (False, True)
            )
            wrong, before = (
                each.accused if goal == "G14" else each.wrong for each in (known, unknown)
            )
            yield Row(
                goal,
                f"{asked}, smokes of 25 states kept, {name}, n={dag.size}",
                f"<= {error * count:.0f} wrong of {count}",
                f"{wrong} wrong, {known.right} right, mean {known.whole:.1f} runs",
                f"without {before} wrong, {unknown.right} right, mean {unknown.whole:.1f} runs",
                is_met=wrong <= error * count,
            )


def calibration(count: int) -> Iterator[Row]:
    """How often a stated confidence is wrong: G7."""
    # Each pair of rates by itself, and every wrong conclusion counts: a mean would hide where it fails.
    for a, b in ((0.2, 0.2), (0.2, NEVER), (0.1, NEVER), (NEVER, 0.3), (0.3, 0.3), (0.05, 0.5)):
        for confidence, error in ((0.95, 0.05), (0.99, 0.01)):
            ours = trials(line(100), count, a, b, confidence=confidence)
            yield Row(
                "G7",
                f"stated {confidence:.0%} holds at {a:.2f}/{b:.2f}",
                f"<= {error * count:.0f} wrong of {count}",
                f"{ours.wrong} wrong: {ours.accused} accused, {ours.denied} denied; {ours.right} right, "
                f"mean {ours.whole:.1f} runs",
                is_met=ours.wrong <= error * count,
            )


def misfits(count: int) -> Iterator[Row]:
    """With commands that break the model: what cannot be known should be left open rather than guessed."""
    asked: dict[str, Any] = {"confidence": 0.95}
    kinds: tuple[tuple[str, Callable[[Dag, int, random.Random], Oracle], dict[str, Any]], ...] = (
        ("rates drift from 0.05 to 0.35", drifting, asked),
        ("every other rerun repeats the last", repeating, asked),
        ("each commit has rates of its own", uneven, asked),
        ("no revert applies, 0.2/0.0", entangled, asked),
        ("no revert applies, 0.2/0.0, nothing asked", entangled, {}),
    )
    dag = line(100)
    for name, make, options in kinds:
        rng = seeded()
        tally = Tally()
        for _ in range(count):
            culprit = rng.randrange(dag.size)
            search = Search(dag, [1.0] * dag.size, **options)
            finding, proof = search_and_prove(search, make(dag, culprit, rng))
            tally.add(search, finding, culprit, proof)
        yield Row(
            "G7",
            name,
            f"<= {0.05 * count:.0f} wrong of {count}",
            f"{tally.wrong} wrong, {tally.right} right, mean {tally.whole:.1f} runs",
            is_met=tally.wrong <= 0.05 * count,
        )


def block() -> Iterator[Row]:
    """With commits that cannot be tested, in one block or scattered, and every culprit that can be named: G8."""
    size = 300
    plain, branched = line(size), merged(size, seeded())
    stretches = {start + step for start in range(10, size, 25) for step in range(5)}
    strays = set(seeded().sample(range(size - 1), size // 10))
    within = [each for each in range(branched.size) if each not in branched.joints]
    half_done = set(seeded().sample(within, len(within) // 2))
    for case, dag, untestable, most in (
        ("a third cannot be tested, one block", plain, set(range(100, 200)), 3),
        ("a fifth cannot be tested, five at a time", plain, stretches, None),
        ("a tenth cannot be tested, here and there", plain, strays, None),
        ("half of what is within branches cannot be tested", branched, half_done, None),
    ):
        found = around(dag, untestable)
        is_exact, over = found.right == len(found.over), found.over
        yield Row(
            "G8",
            f"{case}, n={dag.size}",
            "exact" if most is None else f"exact, runs <= B + {most}",
            f"{found.right}/{len(over)} right, mean B{fmean(over):+.1f}, max B{max(over):+d}, "
            f"{sum(each > 3 for each in over)} over B+3; "
            f"asks {fmean(found.asked):.1f} of these, max {max(found.asked)}",
            f"bisect skip mean B{fmean(found.by_git):+.1f}, max B{max(found.by_git):+d}",
            is_met=is_exact and (most is None or max(over) <= most),
        )


class Around(NamedTuple):
    """What searches took on commits of which some cannot be tested, one for each culprit that can be named.

    Attributes:
        right: How many of them named it.
        over: Runs of each beyond the least that bisection takes.
        by_git: The same of `git bisect` with skips.
        asked: How many runs of each went to commits that cannot be tested.
    """

    right: int
    over: list[int]
    by_git: list[int]
    asked: list[int]


def around(dag: Dag, untestable: set[int]) -> Around:
    """Search for each culprit that can be told from what cannot be tested."""
    right, found = 0, Around(0, [], [], [])
    least = ceil(log2(dag.size))
    for culprit in range(dag.size):
        if {culprit, *dag.parents[culprit]} & untestable:
            continue
        sites: list[int] = []
        ask = noting(oracle(dag, culprit, NEVER, NEVER, seeded()), untestable, sites)
        right += play(Search(dag, [1.0] * dag.size), ask).culprit == culprit
        found.asked.append(sum(site in untestable for site in sites))
        found.over.append(len(sites) - least)
        found.by_git.append(skipping(dag, ask) - least)
    return found._replace(right=right)


def branches(count: int) -> Iterator[Row]:
    """With two breaks, on two branches that were merged: one of them is to be named, G9 where one is not all."""
    for asked, confidence in (("nothing asked", None), ("confidence asked", 0.95)):
        for width in (1, 2, 4, 8):
            rng = seeded()
            runs, named = [], 0
            for _ in range(count):
                dag, breaks = forked(rng)
                weights = [1.0] * dag.size
                search = Search(dag, weights, width=width, reserve=1, confidence=confidence)
                finding = play_kept_from_the_tip(search, broken_by(dag, breaks))
                named += finding.culprit in breaks
                runs.append(search.seen.runs)
            yield Row(
                "G9",
                f"two branches broken, {width} at once, {asked}",
                "one of the two named",
                f"{named} of {count}, mean {fmean(runs):.1f}, max {max(runs)} runs",
                is_met=named == count,
            )


def limit(count: int) -> Iterator[Row]:
    """What it costs to be right at either of two pairs of rates, nothing else being in doubt: G4 and G5 against G7."""
    dag = line(100)
    for goal, own, other, most in (
        ("G4", (0.2, 0.2), (0.05, 0.5), 1.4),
        ("G5", (0.2, NEVER), (0.05, 0.5), 1.3),
        ("G5", (0.2, NEVER), (NEVER, 0.3), 1.3),
    ):
        least = log2(dag.size) / rates.capacity(*own)
        for share in (0.3, 0.5, 0.7):
            prior = rates.RatePrior(
                (own[0], other[0]),
                (own[1], other[1]),
                ((1 - share, 0.0), (0.0, share)),
                can_be_steady=False,
            )
            here, there = (believing(dag, count, prior, *pair) for pair in (own, other))
            yield Row(
                goal,
                f"{own[0]:.1f}/{own[1]:.1f}, or {other[0]:.2f}/{other[1]:.1f} ({share:.0%} likely)",
                f"<= {most} L, <= {0.05 * count:.0f} wrong of {count} at either",
                f"{here.mean / least:.2f} L, {here.wrong} wrong; at the other {there.wrong} wrong",
                is_met=here.mean / least <= most and max(here.wrong, there.wrong) <= 0.05 * count,
            )


def believing(dag: Dag, count: int, prior: rates.RatePrior, a: float, b: float) -> Tally:
    """Search ``count`` times as the posterior says and no longer: no end is checked, and nothing is proved."""
    rng = seeded()
    tally = Tally()
    for _ in range(count):
        culprit = rng.randrange(dag.size)
        ask = oracle(dag, culprit, a, b, rng)
        now = Posterior(dag, [1.0] * dag.size, prior)
        best, runs = 0, 0
        while max(now.commits[best], now.none, now.born_red) < stopping.DEFAULT_CONFIDENCE:
            if runs == stopping.budget(dag.size):
                break
            bits = now.informations([best] if best != dag.tip else [])
            site = choose_one(bits, {}, {each: sum(seen) for each, seen in now.counts.items()})
            assert site is not None
            now.record(site, failed=ask(site) is Outcome.FAIL)
            now.settle()
            best = max(range(dag.size), key=now.commits.__getitem__)
            runs += 1
        is_named = now.commits[best] >= stopping.DEFAULT_CONFIDENCE
        tally.right += is_named and best == culprit
        tally.accused += is_named and best != culprit
        tally.denied += max(now.none, now.born_red) >= stopping.DEFAULT_CONFIDENCE
        tally.runs.append(runs)
    return tally


def cost() -> Iterator[Row]:
    """How long a choice takes: the first half of G13."""
    dag = line(4096)
    rng = seeded()
    search = Search(dag, [1.0] * dag.size, confidence=0.95)
    ask = oracle(dag, 1234, 0.2, 0.2, rng)
    choosing, telling = [], []
    while True:
        started = time.perf_counter()
        probes = search.next_probes()
        choosing.append(time.perf_counter() - started)
        if not probes:
            break
        for site in probes:
            outcome = ask(site)
            started = time.perf_counter()
            search.record(site, outcome)
            telling.append(time.perf_counter() - started)
    typical = 1000 * median(choosing)  # of the mean, the other programs of the machine are a part
    yield Row(
        "G13",
        "to choose, n=4096",
        "<= 5 ms",
        f"{typical:.1f} ms, and {1000 * median(telling):.1f} ms to learn",
        is_met=typical <= 5,
    )


# Real repositories -----------------------------------------------------------------------------------


def generate(folder: Path, size: int, culprit: int) -> None:
    """Make a repository of about 5 MB and ``size`` commits after the first, one of which breaks ``state``."""
    rng = seeded()
    stream = []
    ballast = "".join(
        f"M 644 inline data/{number}\ndata 25000\n{rng.randbytes(12500).hex()}\n"
        for number in range(200)
    )
    for number in range(size + 1):
        state = "bad" if number > culprit else "good"
        stream.append(
            f"commit refs/heads/main\ncommitter A <a@example.org> {1_700_000_000 + number} +0000\ndata 1\nx\n"
            f"M 644 inline state\ndata {len(state)}\n{state}\n"
            f"M 644 inline data/{number % 200}\ndata 4\n{number:04}\n{'' if number else ballast}\n"
        )
    for command, text in (
        (["init", "--quiet", "--initial-branch=main"], ""),
        (["fast-import", "--quiet"], "".join(stream)),
    ):
        subprocess.run(["git", *command], cwd=folder, input=text, text=True, check=True)
    subprocess.run(["git", "reset", "--hard", "--quiet"], cwd=folder, check=True)


def git_bisect(folder: Path, good: str, command: str) -> tuple[str, float]:
    """Return what ``git bisect run`` names, and how long it took."""
    started = time.perf_counter()
    for arguments in (["start", "main", good], ["run", "sh", "-c", command]):
        subprocess.run(["git", "bisect", *arguments], cwd=folder, check=True, capture_output=True)
    seconds = time.perf_counter() - started
    named = subprocess.run(
        ["git", "rev-parse", "bisect/bad"], cwd=folder, check=True, capture_output=True, text=True
    ).stdout.strip()
    subprocess.run(["git", "bisect", "reset"], cwd=folder, check=True, capture_output=True)
    return named, seconds


def real(size: int, naps: float) -> Iterator[Row]:
    """The overhead of a probe and the speed-up of several, on a repository: G11 and the rest of G13."""
    with tempfile.TemporaryDirectory(prefix="culprit-benchmark-") as scratch:
        folder = Path(scratch, "repository")
        folder.mkdir()
        generate(folder, size, size // 3)
        log = Path(scratch, "log")
        command = f"echo >> {shlex.quote(str(log))}; grep -q good state"
        yield beside_git(folder, size, command, log)
        yield from at_once(folder, size, command, naps)


def beside_git(folder: Path, size: int, command: str, log: Path) -> Row:
    """Search a repository by git and by ours, whose command adds a line to the log at each run."""
    good = f"main~{size}"
    named, seconds = git_bisect(folder, good, command)
    runs = len(log.read_text(encoding="utf-8").splitlines())
    result = find_offending_commit(Options(folder, command, good=good))
    assert result.culprit is not None
    agrees = "same culprit" if result.culprit.sha == named else "ANOTHER CULPRIT"
    warm = sorted(probe.seconds for probe in result.probes)[len(result.probes) // 2]
    return Row(
        "G13",
        f"a probe, 5 MB, n={size}",
        "<= 0.15 s",
        f"{warm:.3f} s, {result.seconds / result.runs:.3f} s with all around it; {result.runs} runs; {agrees}",
        f"bisect run {seconds / runs:.3f} s, {runs} runs",
        is_met=warm <= 0.15 and agrees == "same culprit",
    )


def at_once(folder: Path, size: int, command: str, naps: float) -> Iterator[Row]:
    """Search with probes of so many seconds, one at a time and several."""

    def took(width: int) -> float:
        nap = f"sleep {naps}; {command} # {width}"  # another command has another memory
        options = Options(folder, nap, good=f"main~{size}", jobs=width, flake_rate=0.0)
        return find_offending_commit(options).seconds

    alone = took(1)
    for width, goal in ((2, 1.4), (4, 2.0), (8, 2.7)):
        times = alone / took(width)
        yield Row(
            "G11",
            f"wall time, probes of {naps:g} s, {width} at once",
            f">= {goal:g} times",
            f"{times:.2f} times",
            is_met=times >= goal,
        )


# The table -------------------------------------------------------------------------------------------


HEAD = ("Goal", "Case", "Wanted", "Met", "Reached", "Others")


@dataclass
class Row:
    """One line of the table."""

    goal: str
    case: str
    wanted: str
    reached: str
    others: str = ""
    is_met: bool = False

    @property
    def cells(self) -> list[str]:
        """Its cells, in the order of `HEAD`."""
        mark = "yes" if self.is_met else "no"
        return [self.goal, self.case, self.wanted, mark, self.reached, self.others]


def main() -> None:
    """Measure and print; the exit status says nothing, the table does."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="in under a minute, with fewer trials")
    parser.add_argument(
        "--trials", type=at_least_one, default=200, help="searches a line (default: 200)"
    )
    parser.add_argument("--part", action="append", choices=PARTS, help="only this; may be repeated")
    parser.add_argument(RECORD, action="store_true", help="keep each part for the documents")
    options = parser.parse_args()
    count = 25 if options.quick else options.trials
    print(f"seed {SEED}, {count} trials a line, {os.cpu_count()} cores")
    if bayesect_trials(2, 1, NEVER, NEVER) is None:
        print("git-bayesect is not installed: left out")
    measure = parts(count, is_quick=options.quick)
    for name in options.part or PARTS:
        table = Table(HEAD).begin()
        for row in measure[name]():
            table.add(*row.cells)
        if options.record:
            trials = "--quick" if options.quick else f"--trials {count}"
            call = f"python benchmarks/culprit_search.py {trials} --part {name}"
            table.record(ROOT, f"culprit-{name}", call=call)


def parts(count: int, *, is_quick: bool) -> dict[str, Callable[[], Iterator[Row]]]:
    """Return what measures each part, with so many searches a line."""
    lines = (30, 500) if is_quick else (30, 100, 500, 1500, 4096)
    sizes = (100,) if is_quick else (100, 500)
    return {
        "steady": lambda: steady(lines, count // (1 if is_quick else 4)),
        "prior": lambda: with_prior(count),
        "lying": lambda: lying(sizes, count),
        "flaky": lambda: flaky(count),
        "rollback": lambda: by_a_rollback(sizes, count),
        "smokes": lambda: with_smokes(count),
        "calibration": lambda: calibration(count),
        "misfits": lambda: misfits(count),
        "block": block,
        "branches": lambda: branches(count),
        "limit": lambda: limit(count),
        "cost": cost,
        "real": lambda: real(200, 0.3 if is_quick else 1.0),
    }


if __name__ == "__main__":
    main()
