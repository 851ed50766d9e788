"""The goals of the upgrade search, held against what its benchmark has recorded.

``python benchmarks/upgrade_goals.py [--record]`` searches nothing: each value is counted from the rows that
``benchmarks/upgrade_search.py`` has left. L is told there. What is recorded with first bad releases is held against its
goal without them, and told with them as well.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from statistics import mean
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "bin"))
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.upgrade_cases import CASES
from runbook.documents.measured import FOLDER, RECORD, Table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

ROOT = Path(__file__).resolve().parents[1]
_HEAD = ("goal", "accept", "aim", "value", "of", "met")
_SLACK = 3  # environments that every answer takes: both ends, and the other half of the proof


@dataclass(frozen=True, slots=True)
class Goal:
    """One goal, and what was reached.

    Attributes:
        name: What is counted.
        accept: What is good enough.
        aim: What is as good as can be hoped for.
        counted: What each row has shown.
        whole: What all of them together come to.
        is_least: Whether more is better.
    """

    name: str
    accept: float
    aim: float
    counted: Sequence[float]
    whole: Callable[[Sequence[float]], float] = mean
    is_least: bool = False

    @property
    def row(self) -> list[str]:
        """Return its line."""
        value, met = (f"{self.whole(self.counted):.3g}", self._met()) if self.counted else ("", "")
        bounds = [self._bound(each) for each in (self.accept, self.aim)]
        return [self.name, *bounds, value, str(len(self.counted)), met]

    def _bound(self, bound: float) -> str:
        return f"{'at least' if self.is_least else 'at most'} {bound:g}"

    def _met(self) -> str:
        if self._reaches(self.aim):
            return "aim"
        return "yes" if self._reaches(self.accept) else "NO"

    def _reaches(self, bound: float) -> bool:
        value = self.whole(self.counted)
        return value >= bound if self.is_least else value <= bound


def rows(name: str) -> list[dict[str, str]]:
    """Return the lines of a record, by the names of their columns; none where there is no record."""
    file = ROOT / FOLDER / f"{name}.json"
    if not file.exists():
        return []
    facts = json.loads(file.read_text(encoding="utf-8"))
    return [dict(zip(facts["head"], row, strict=True)) for row in facts["rows"]]


def _share(name: str, accept: float, cells: Iterable[str]) -> Goal:
    return Goal(name, accept, 1, [cell == "yes" for cell in cells if cell], is_least=True)


def _environments(
    name: str, bounds: tuple[float, float], found: Sequence[dict[str, str]], slack: int = _SLACK
) -> list[Goal]:
    """Return how many environments some cases took by L and a slack: for the answer, and with first bad releases."""
    limits = [int(each["L + 3"]) - _SLACK + slack for each in found]
    whole = [int(each["environments"]) for each in found]
    bound = [int(each["for bounds alone"]) for each in found]
    answers = [
        (all_ - more) / limit for all_, more, limit in zip(whole, bound, limits, strict=True)
    ]
    with_bounds = [all_ / limit for all_, limit in zip(whole, limits, strict=True)]
    return [
        Goal(name, *bounds, answers),
        Goal(f"{name}, with first bad releases", *bounds, with_bounds),
    ]


def _of_the_search(searched: Sequence[dict[str, str]]) -> list[Goal]:
    culprits = {case.name: sum(map(len, case.culprits)) for case in CASES}
    found = [each for each in searched if each["L + 3"]]
    by_count = [[each for each in found if culprits[each["case"]] == count] for count in (1, 2, 5)]
    one, two, five = by_count
    return [
        _share("the right verdict and culprits", 0.95, (each["right"] for each in searched)),
        _share("the right packages held back", 0.9, (each["hold right"] for each in searched)),
        _share("the first bad release", 0.8, (each["bound right"] for each in searched)),
        *_environments("one culprit: environments by L + 3", (1, 0.7), one),
        *_environments("two culprits: environments by L + 4", (1.5, 1.1), two, _SLACK + 1),
        *_environments("five independent: environments by L + 3", (1.6, 1.2), five),
        *_environments("all: environments by L + 3", (1, 0.7), found),
        Goal("cases with a probe that does not resolve", 1 / 16, 0, [each["unresolvable"] != "0" for each in searched]),
    ]  # fmt: skip


def _of_time(overhead: Sequence[dict[str, str]]) -> list[Goal]:
    times = [float(each["times by the clock"]) for each in overhead]
    name = "time by that of the unavoidable environments"
    return [Goal(f"{name}, mean", 2, 1.2, times), Goal(f"{name}, most", 2, 1.2, times, max)]


def _of_flakes(flaky: Sequence[dict[str, str]]) -> list[Goal]:
    blamed = [each for each in flaky if each["3 L"]]
    wrong = [20 * int(each["wrong"]) / int(each["searches"]) for each in blamed]
    runs = [3 * float(each["runs, mean"]) / float(each["3 L"]) for each in blamed]
    alarms = [int(each["wrong"]) for each in flaky if not each["3 L"]]
    return [
        Goal("flaky: wrong answers in 20 searches, most", 1, 0, wrong, max),
        Goal("flaky: runs by L", 3, 2, runs),
        Goal("flaky, and nothing to blame: false alarms", 0, 0, alarms, sum),
    ]


def main() -> None:
    """Print the table, and keep it where that is asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(RECORD, action="store_true", help="keep the table for the documents")
    arguments = parser.parse_args()
    table = Table(_HEAD).begin()
    searched, overhead, flaky = map(rows, ("upgrade-search", "upgrade-overhead", "upgrade-flaky"))
    for goal in [*_of_the_search(searched), *_of_time(overhead), *_of_flakes(flaky)]:
        table.add(*goal.row)
    if arguments.record:
        table.record(ROOT, "upgrade-goals")


if __name__ == "__main__":
    main()
