"""Find a good end when none was given: the last green run, then tags, then ever further back."""

from __future__ import annotations

import contextlib
import json
from itertools import islice
from typing import TYPE_CHECKING

from runbook.culprit.probing import Word
from runbook.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from runbook.culprit.history import Repository
    from runbook.culprit.prober import Prober

# The last changes of the suspects that are looked behind; of these the first, the second and the fourth are run.
_MOST_GUESSES = 4
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
    """
    good = _first_green(prober, milestones(repository, bad, suspects), say)
    if good or all(each.word is not Word.UNTESTABLE for each in prober.results):
        return good
    tried = {each.sha for each in prober.results}
    between = [sha for sha in _evenly(repository.first_parents(bad)) if sha not in tried]
    return _first_green(prober, iter(between), say)


def _first_green(prober: Prober, marks: Iterator[str], say: Callable[[str], None]) -> str:
    while batch := list(islice(marks, prober.width)):
        unknown = [sha for sha in batch if prober.recall(sha) is None]
        prober.rounds += bool(unknown)
        for future in [prober.submit(sha) for sha in unknown]:
            result = future.result()
            prober.keep(result)
            say(
                f"probe {prober.runs}: {result.sha[:10]} {result.word} in {result.seconds:.1f} s; "
                "looking for a green commit"
            )
        passed = {result.sha for result in prober.results if result.word is Word.PASS}
        good = next((sha for sha in batch if sha in passed), "")
        if good:
            return good
    return ""


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


def _evenly(commits: list[str]) -> list[str]:
    """Return what parts ``commits`` into equal pieces: who only looked where the steps are long found nothing there."""
    return [commits[len(commits) * part // _PIECES] for part in range(1, _PIECES)]


def _last_green(repository: Repository, bad: str) -> list[str]:
    """Return the commit of the newest complete green run of a clean tree, if the bad end descends from it."""
    results = (repository.state / "runs").glob("*/result.json")
    for file in sorted(results, key=lambda path: -path.stat().st_mtime_ns):
        run = json.loads(file.read_text(encoding="utf-8"))
        if run["verdict"] == "green" and run["dirty"] is False:
            with contextlib.suppress(UsageError):  # a commit that was rebased away
                sha = repository.resolve(run["commit"])
                return [sha] if repository.is_ancestor(sha, bad) else []
    return []
