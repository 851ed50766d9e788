"""Find a good end when none was given: the last green run, then tags, then ever further back.

Where nothing so far back can be tested, it is looked for between the oldest commit that fails and those, and in what
that commit merged.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from runbook.culprit.core.fingerprint import is_same
from runbook.culprit.probes.probing import Word
from runbook.errors import UsageError
from runbook.json_files import read_object

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from runbook.culprit.history import Repository
    from runbook.culprit.probes.prober import Prober
    from runbook.culprit.probes.probing import ProbeResult

# The last changes of the suspects that are looked behind; of these the first, the second and the fourth are run.
_MOST_GUESSES = 4
# Into which a line is parted where all else was in vain: who only looked where the steps are long found nothing there.
_PIECES = 8


def find_good_end(
    prober: Prober,
    repository: Repository,
    bad: str,
    suspects: Sequence[str] = (),
    say: Callable[[str], None] = lambda _: None,
) -> str:
    """Go back from the bad end until a commit passes; return it, or nothing where none does.

    Args:
        prober: Runs and remembers.
        repository: The repository.
        bad: The bad end.
        suspects: Files that the failure points at.
        say: Is told of the progress, a line at a time.

    Raises:
        EnvironmentNotReady: The set-up fails wherever it is tried, at the bad end as well.
    """
    line = repository.first_parents(bad)
    for marks in (milestones(repository, bad, suspects), _evenly(line[1:])):
        if good := _first_green(prober, bad, marks, say) or _green_between(prober, line, say):
            return good
        if {Word.FAIL} >= set(told_of(line, prober.results).said.values()):
            return ""
    return _green_beside(prober, repository, line, say)


def _first_green(prober: Prober, bad: str, marks: Iterator[str], say: Callable[[str], None]) -> str:
    while batch := list(islice(marks, prober.width)):
        if good := _first_good(prober, batch, say):
            return good
        if prober.is_never_set_up:
            prober.ask(bad)  # who names it has seen it run
            if prober.is_never_set_up:
                prober.refuse_broken_setup()
    return ""


def _green_beside(
    prober: Prober, repository: Repository, line: Sequence[str], say: Callable[[str], None]
) -> str:
    """Look into what the oldest commit that fails merged: the line may begin there, as where a project was taken in."""
    told = told_of(line, prober.results)
    merged = repository.parents(line[told.oldest_failing])[1:] if told.older else []
    for parent in merged:
        beside = repository.first_parents(parent)
        marks = dict.fromkeys((parent, *_doubling(beside[1:]), beside[-1]))
        if good := _first_green(prober, line[0], iter(marks), say):
            return good
    return ""


def _green_between(prober: Prober, line: Sequence[str], say: Callable[[str], None]) -> str:
    if len(line) > 1 and all(each.sha != line[0] for each in prober.results):
        prober.ask(line[0])  # how the failure that is hunted looks
    while gap := told_of(line, prober.results).gap:
        batch = [line[place] for place in _parted(gap, prober.width)]
        if good := _first_good(prober, batch, say):
            return good
    return ""


def _first_good(prober: Prober, batch: Sequence[str], say: Callable[[str], None]) -> str:
    """Return the first of the commits that passes, or nothing; those that are not remembered run together."""
    tried = {each.sha for each in prober.results}
    unknown = [sha for sha in batch if sha not in tried and prober.recall(sha) is None]
    prober.rounds += bool(unknown)
    for future in [prober.submit(sha) for sha in unknown]:
        result = future.result()
        prober.keep(result)
        say(
            f"probe {prober.runs}: {result.sha[:10]} {result.word} in {result.seconds:.1f} s; "
            "looking for a green commit"
        )
    passed = {result.sha for result in prober.results if result.word is Word.PASS}
    return next((sha for sha in batch if sha in passed), "")


def _parted(gap: tuple[int, int], parts: int) -> list[int]:
    """Return at most ``parts`` places inside the gap, as far from each other and its ends as can be."""
    newer, older = gap
    places = (newer + (older - newer) * part // (parts + 1) for part in range(1, parts + 1))
    return sorted({max(place, newer + 1) for place in places})


@dataclass(frozen=True, slots=True)
class Line:
    """What is known of the bad end and its first parents, none of which passes.

    Attributes:
        said: What runs said, by place; the bad end has place 0, and fails.
    """

    said: Mapping[int, Word]

    @property
    def oldest_failing(self) -> int:
        """The place of the oldest commit that is known to fail."""
        return max((place for place, word in self.said.items() if word is Word.FAIL), default=0)

    @property
    def older(self) -> int:
        """The place of the next older commit that was tried, and could not be tested; 0 where there is none."""
        oldest = self.oldest_failing
        return min((place for place in self.said if place > oldest), default=0)

    @property
    def gap(self) -> tuple[int, int] | None:
        """The last two, where commits lie between them that may pass."""
        return (self.oldest_failing, self.older) if self.older > self.oldest_failing + 1 else None


def told_of(line: Sequence[str], results: Iterable[ProbeResult]) -> Line:
    """Return what results say of a line of commits, the bad end first; what fails otherwise than that is no verdict."""
    places = {sha: place for place, sha in enumerate(line)}
    said = [(places[each.sha], each) for each in results if each.sha in places]
    hunted = frozenset().union(*(each.fingerprint for place, each in said if not place))
    return Line(
        {
            place: Word.UNTESTABLE
            if each.word is Word.FAIL and not is_same(each.fingerprint, hunted)
            else each.word
            for place, each in said
        }
    )


def milestones(repository: Repository, bad: str, suspects: Sequence[str] = ()) -> Iterator[str]:
    """Yield commits that may be good, the best guess first and the root last.

    What was before the last changes of the suspects is the best guess after the last green run: where one of these is
    the culprit, its parent is a good end that leaves few candidates.
    """
    line = repository.first_parents(bad)
    guesses = [
        *_last_green(repository, bad),
        *_doubling(repository.before_changes(bad, suspects, most=_MOST_GUESSES)),
        *_doubling(repository.tagged(bad)),
        *_doubling(line[1:]),
        line[-1],
    ]
    yield from (sha for sha in dict.fromkeys(guesses) if sha != bad)


def _doubling(commits: list[str]) -> list[str]:
    """Return the first, second, fourth, eighth... of ``commits``."""
    return [commits[(1 << step) - 1] for step in range(len(commits).bit_length())]


def _evenly(commits: list[str]) -> Iterator[str]:
    """Yield what parts ``commits`` into equal pieces."""
    yield from (commits[len(commits) * part // _PIECES] for part in range(1, _PIECES))


def _last_green(repository: Repository, bad: str) -> list[str]:
    """Return the commit of the newest complete green run of a clean tree, if the bad end descends from it."""
    results = (repository.state / "runs").glob("*/result.json")
    for file in sorted(results, key=lambda path: -path.stat().st_mtime_ns):
        run = read_object(file)
        if run.get("verdict") == "green" and run["dirty"] is False:
            with contextlib.suppress(UsageError):  # a commit that was rebased away
                sha = repository.resolve(run["commit"])
                return [sha] if repository.is_ancestor(sha, bad) else []
    return []
