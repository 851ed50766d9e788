"""The upgrade search on real breakages, side by side with ddmin over hard pins and upgrading one by one.

``python benchmarks/upgrade_search.py [--case WORDS] [--peers | --overhead | --times N] [--record]`` prints a table; it
needs a package index with upload times. What is recorded of other cases stays as it was. Both sides of every case are
frozen by date. L is ceil(log2 C(n, k)) for n upgrades and k culprits. Environments are distinct sets of versions that
were installed, those of both ends, both proofs and the first bad release included; those that nothing but the first bad
release needed are told beside them. ``benchmarks/upgrade_goals.py`` holds what is recorded against the goals.
"""

from __future__ import annotations

import argparse
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from math import ceil, comb, log2
from pathlib import Path
from statistics import mean
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "bin"))
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.upgrade_cases import CASES, NEWEST, Case
from runbook.documents.measured import RECORD, Table
from runbook.upgrades.case import open_case
from runbook.upgrades.core.asking import Answer, Free, Outcome
from runbook.upgrades.environments.uv import environment
from runbook.upgrades.find import find_offending_upgrade, guarded_folder, search_in
from runbook.upgrades.options import Options, moment

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from runbook.upgrades.core.pins import Resolution
    from runbook.upgrades.environments.laboratory import Laboratory
    from runbook.upgrades.report import Result

ROOT = Path(__file__).resolve().parents[1]
_HEAD = (
    "case", "n", "right", "hold right", "bound right", "environments", "for bounds alone", "L + 3", "unresolvable",
    "runs", "seconds",
)  # fmt: skip
_PEERS_HEAD = ("case and peer", "right", "found", "attempts", "unresolvable", "environments")
_OVERHEAD_HEAD = (
    "case and cache of uv", "environments", "runs", "search, processor s", "the same by hand, processor s", "times",
    "search, wall s", "by hand, wall s", "times by the clock",
)  # fmt: skip
_TIMES_HEAD = ("case", "searches", "wrong", "environments, mean", "runs, mean", "runs, most", "3 L")
_MOST_ATTEMPTS = 60  # of a peer; then it is ended and its count is a lower limit


def make(case: Case, folder: Path) -> Options:
    """Write a case into a folder, with the pins of its day, and return what to ask."""
    root = folder / "project"
    root.mkdir(parents=True, exist_ok=True)
    listed = "\n".join(f'  "{each}",' for each in case.requires.split())
    (root / "pyproject.toml").write_text(
        f'[project]\nname = "case"\nversion = "1"\nrequires-python = ">=3.11"\ndependencies = [\n{listed}\n]\n',
        encoding="utf-8",
    )
    (root / "test_case.py").write_text(case.test, encoding="utf-8")
    baseline = folder / "baseline.txt"
    subprocess.run(
        [
            Path(sys.prefix, "bin", "uv"), "pip", "compile", "--quiet", "--python", "3.11",
            "--exclude-newer", moment(case.day), "--output-file", baseline, "pyproject.toml",
        ],
        cwd=root, env=environment(), check=True, stdout=subprocess.DEVNULL,
    )  # fmt: skip
    return Options(
        project=root, baseline=baseline, command=case.command, python="3.11", as_of=NEWEST,
        flake_rate=case.flake_rate or None, fresh=True,
    )  # fmt: skip


def _matches(found: frozenset[str], true: frozenset[str]) -> bool:
    return len(found) == len(true) and all(
        any(name in found for name in each.split("|")) for each in true
    )


def is_right(case: Case, result: Result) -> bool:
    """Whether a search ended with the truth: the verdict, and each culprit once."""
    found = [frozenset(each.name for each in group) for group in result.culprits]
    is_complete = str(result.verdict) == case.verdict and len(found) == len(case.culprits)
    return is_complete and all(
        any(_matches(each, true) for true in case.culprits) for each in found
    )


def bits(case: Case, upgrades: int) -> int:
    """Return L, the fewest environments that can tell the culprits; 0 where there is nobody to be told."""
    culprits = sum(map(len, case.culprits))
    has_any = case.verdict == "found" and 0 < culprits <= upgrades
    return ceil(log2(comb(upgrades, culprits))) if has_any else 0


def row(case: Case, result: Result) -> list[str]:
    """Return the line of a case."""
    bounds = {each.name: each.first_bad for group in result.culprits for each in group}
    n = len(result.changed)
    limit = bits(case, n) + 3 if bits(case, n) else 0
    return [
        case.name, str(n), _yes(is_right(case, result)), _yes(len(result.hold) == case.hold) if case.hold else "",
        _yes(all(bounds.get(name) == bad for name, bad in case.first_bad)) if case.first_bad else "",
        str(result.environments), str(result.bound_environments), str(limit or ""), str(result.unresolvable),
        str(result.runs), f"{result.seconds:.0f}",
    ]  # fmt: skip


def _yes(value: bool) -> str:  # noqa: FBT001 - a cell of the table
    return "yes" if value else "NO"


@dataclass
class HardPins:
    """Probes with every package pinned hard: the ones that are chosen to the newest, all others to the baseline."""

    laboratory: Laboratory
    attempts: int = 0
    unresolvable: int = 0

    def is_red(self, names: frozenset[str]) -> bool:
        """Try one set."""
        self.attempts += 1
        if self.attempts > _MOST_ATTEMPTS:
            raise TooMany
        resolver = self.laboratory.resolver
        pins = {
            name: (resolver.newest if name in names else resolver.baseline).pins.get(name)
            for name in resolver.newest.moved_from(resolver.baseline)
        }
        state = Free(
            tuple((name, f"=={version}") for name, version in sorted(pins.items()) if version)
        )
        (answer,) = self.laboratory.answer([state])
        self.unresolvable += answer.outcome is Outcome.UNRESOLVABLE
        return answer.is_red


class TooMany(Exception):
    """A peer took more attempts than are waited for."""


def ddmin(names: Sequence[str], is_red: Callable[[frozenset[str]], bool]) -> frozenset[str]:
    """Return a 1-minimal red part of ``names`` (Zeller and Hildebrandt, 2002)."""
    here, parts = list(names), 2
    while len(here) >= 2:
        edges = [len(here) * part // parts for part in range(parts + 1)]
        chunks = [here[low:high] for low, high in pairwise(edges)]
        smaller = next((chunk for chunk in chunks if is_red(frozenset(chunk))), None)
        if smaller is not None:
            here, parts = smaller, 2
            continue
        rest = next(
            (
                each
                for chunk in chunks
                if is_red(frozenset(each := [n for n in here if n not in chunk]))
            ),
            None,
        )
        if rest is not None and parts > 2:
            here, parts = rest, parts - 1
        elif parts >= len(here):
            break
        else:
            parts = min(len(here), 2 * parts)
    return frozenset(here)


def one_by_one(names: Sequence[str], is_red: Callable[[frozenset[str]], bool]) -> frozenset[str]:
    """Return the first upgrade at which it turns red when one after the other is taken."""
    for count in range(1, len(names) + 1):
        if is_red(frozenset(names[:count])):
            return frozenset({names[count - 1]})
    return frozenset()


def peer(case: Case, options: Options, search: Callable[..., frozenset[str]]) -> list[str]:
    """Return what a peer found, and what it took."""
    with guarded_folder() as folder:
        opened = open_case(options, folder, lambda _: None)
        with opened.laboratory() as laboratory:
            laboratory.resolver.resolve_baseline(laboratory.resolver.wanted)
            laboratory.resolver.resolve_newest()
            ends: list[Answer] = laboratory.answer([Free()])
            laboratory.hunt(ends[0].fingerprint)
            pins = HardPins(laboratory)
            moved = sorted(laboratory.resolver.newest.moved_from(laboratory.resolver.baseline))
            try:
                found = search(moved, pins.is_red)
            except TooMany:
                found = frozenset({"(ended)"})
            is_right = (
                any(_matches(found, true) for true in case.culprits) and len(case.culprits) == 1
            )
            return [
                f"{case.name}: {search.__name__}", _yes(is_right), ", ".join(sorted(found)), str(pins.attempts),
                str(pins.unresolvable), str(laboratory.environments),
            ]  # fmt: skip


@dataclass(frozen=True)
class Cost:
    """What a piece of work took.

    Attributes:
        processor: Seconds of this process and of all that it waited for.
        wall: Seconds by the clock.
    """

    processor: float
    wall: float


def cost_of(work: Callable[[], object]) -> Cost:
    """Do some work and return what it took."""

    def used() -> float:
        every = map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
        return sum(each.ru_utime + each.ru_stime for each in every)

    before, started = used(), time.monotonic()
    work()
    return Cost(used() - before, time.monotonic() - started)


def _overhead(case: Case, options: Options, scratch: Path) -> list[list[str]]:
    """Return what a search takes beside the environments that it tried, with an empty cache of uv and a full one.

    By hand means: the project is resolved, an environment is made, what the search installed is installed, and the
    command is run as often as the search ran it; one environment after the other. Each side has a cache of its own.
    """
    tried: list[tuple[Resolution, int]] = []

    def search() -> None:
        with guarded_folder() as folder:
            opened = open_case(options, folder, lambda _: None)
            with opened.laboratory() as laboratory:
                search_in(opened, laboratory)
                tried[:] = laboratory.tried

    def by_hand() -> None:
        for number, (resolution, runs) in enumerate(tried):
            _by_hand(options, resolution, runs, scratch / f"by-hand-{number}")

    rows = []
    for cache in ("empty", "full"):
        costs = []
        for side, work in (("search", search), ("by-hand", by_hand)):
            os.environ["UV_CACHE_DIR"] = str(scratch / f"cache-{side}")
            costs.append(cost_of(work))
        ours, theirs = costs
        rows.append([
            f"{case.name}: {cache}", str(len(tried)), str(sum(runs for _, runs in tried)),
            f"{ours.processor:.1f}", f"{theirs.processor:.1f}", f"{ours.processor / theirs.processor:.2f}",
            f"{ours.wall:.0f}", f"{theirs.wall:.0f}", f"{ours.wall / theirs.wall:.2f}",
        ])  # fmt: skip
    return rows


def _by_hand(options: Options, resolution: Resolution, runs: int, folder: Path) -> None:
    """Make one environment without a search, run the command in it, and remove it."""
    shutil.copytree(options.project, folder / "project")
    pins = folder / "pins.txt"
    pins.write_text(resolution.text(), encoding="utf-8")
    place = folder / "environment"
    until = ("--exclude-newer", options.as_of)
    for words in (
        ("pip", "compile", "--python", "3.11", *until, "--output-file", folder / "resolved", "pyproject.toml"),
        ("venv", "--no-project", "--python", "3.11", place),
        ("pip", "sync", "--python", place / "bin" / "python", *until, pins),
    ):  # fmt: skip
        subprocess.run(
            [Path(sys.prefix, "bin", "uv"), *words, "--quiet"],
            cwd=folder / "project", env=environment(), check=True, stdout=subprocess.DEVNULL,
        )  # fmt: skip
    variables = environment() | {
        "VIRTUAL_ENV": str(place), "PATH": f"{place}/bin:{os.environ['PATH']}"
    }  # fmt: skip
    for _ in range(runs):
        subprocess.run(
            ["/bin/sh", "-c", options.command], cwd=folder / "project", env=variables, check=False,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
    shutil.rmtree(folder)


def _searched(case: Case, options: Options, _: Path) -> list[list[str]]:
    return [row(case, find_offending_upgrade(options))]


def _repeated(times: int, case: Case, options: Options, _: Path) -> list[list[str]]:
    """Return what the same search said and took, several times over."""
    results = [find_offending_upgrade(options) for _ in range(times)]
    wrong = sum(not is_right(case, each) for each in results)
    limit = 3 * bits(case, len(results[0].changed))
    return [[
        case.name, str(times), str(wrong), f"{mean(each.environments for each in results):.1f}",
        f"{mean(each.runs for each in results):.1f}", str(max(each.runs for each in results)), str(limit or ""),
    ]]  # fmt: skip


def _peers(case: Case, options: Options, _: Path) -> list[list[str]]:
    searches = (ddmin, one_by_one) if case.verdict == "found" else ()
    return [peer(case, options, search) for search in searches]


def main() -> None:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--case", default="", help="only cases whose name holds these words")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--peers", action="store_true", help="run ddmin and one-by-one instead")
    what.add_argument(
        "--overhead", action="store_true", help="compare with the same environments made by hand"
    )
    what.add_argument("--times", type=int, default=0, help="search so often: for what is flaky")
    parser.add_argument(RECORD, action="store_true", help="keep the table for the documents")
    arguments = parser.parse_args()
    name, option, head, measure = _chosen(arguments)
    table = Table(head).begin()
    for case in CASES:
        if arguments.case not in case.name:
            continue
        with tempfile.TemporaryDirectory(prefix="upgrade-case-") as scratch:
            for cells in measure(case, make(case, Path(scratch)), Path(scratch)):
                table.add(*cells)
        if arguments.record:  # after each, so that a run that is ended has its figures
            whole = f"python benchmarks/upgrade_search.py {option}".strip()
            table.record(ROOT, name, call=whole, is_part=True)


def _chosen(
    arguments: argparse.Namespace,
) -> tuple[str, str, Sequence[str], Callable[[Case, Options, Path], list[list[str]]]]:
    """Return what is measured: its name, the option that asks for it, the head of its table, and what makes rows."""
    if arguments.peers:
        return "upgrade-peers", "--peers", _PEERS_HEAD, _peers
    if arguments.overhead:
        return "upgrade-overhead", "--overhead", _OVERHEAD_HEAD, _overhead
    if times := arguments.times:
        option = f"--case 'a flaky test' --times {times}"
        return "upgrade-flaky", option, _TIMES_HEAD, partial(_repeated, times)
    return "upgrade-search", "", _HEAD, _searched


if __name__ == "__main__":
    main()
