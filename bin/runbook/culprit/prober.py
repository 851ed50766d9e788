"""The probes of one search: started, counted, and remembered."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from runbook.culprit.memory import MAX_AGE, Memory
from runbook.culprit.probing import Job, ProbeResult, Word
from runbook.errors import EnvironmentNotReady

if TYPE_CHECKING:
    from concurrent.futures import Future

    from runbook.culprit.executor import Executor
    from runbook.culprit.history import Repository
    from runbook.culprit.options import Options

_ERRORS = 3  # of the command, with nothing else seen: it cannot be run at all


class Prober:
    """Runs probes and keeps what they said.

    Attributes:
        results: All that this search knows, in the order in which it came.
        past: What earlier searches saw, by tree; this search's own results are not added.
        rounds: How often probes were started together.
    """

    def __init__(
        self, options: Options, repository: Repository, executor: Executor, job: Job
    ) -> None:
        self._repository = repository
        self._executor = executor
        self._memory = Memory(repository.common / "runbook" / "culprit", job)
        self._attempts: Counter[str] = Counter()
        self.results: list[ProbeResult] = []
        self.rounds = 0
        since = 0.0 if options.resume else time.time() - MAX_AGE
        self.past = {} if options.fresh else self._memory.recall(since=since)

    @property
    def width(self) -> int:
        """How many probes can go on at once."""
        return self._executor.width

    @property
    def runs(self) -> int:
        """How often the command was started."""
        return sum(not each.remembered for each in self.results)

    def recall(self, sha: str) -> ProbeResult | None:
        """Move what is remembered of a commit to the results; return the newest."""
        remembered = self.past.pop(self._name(sha), [])
        self.results += [replace(each, sha=sha) for each in remembered]
        return remembered[-1] if remembered else None

    def submit(self, sha: str) -> Future[ProbeResult]:
        """Start a probe of a commit."""
        self._attempts[sha] += 1
        return self._executor.submit(sha, self._attempts[sha])

    def ask(self, sha: str, *, without: str = "") -> ProbeResult:
        """Say what a commit does, perhaps without another's change: as it is remembered, or by a run."""
        if remembered := self.past.pop(self._name(sha, without), []):
            self.results += [replace(each, sha=sha, without=without) for each in remembered]
            return self.results[-1]
        result = self._executor.submit(sha, self._attempts[sha] + 1, without).result()
        if result.word is not Word.CONFLICT:
            self._attempts[sha] += 1
            self.rounds += 1
            self.keep(result)
        return result

    def cancel(self, future: Future[ProbeResult], sha: str) -> None:
        """End a probe that is not needed any more; it was a run all the same."""
        self._executor.cancel(future)
        why = "what it would say was known before it ended"
        self.results.append(ProbeResult(sha, Word.CANCELLED, 0.0, why))

    def _name(self, sha: str, without: str = "") -> str:
        """What results are remembered by: the tree, and what was taken out of it."""
        tree = self._repository.tree(sha)
        return f"{tree} without {without}" if without else tree

    def keep(self, result: ProbeResult) -> None:
        """Remember a result.

        Raises:
            EnvironmentNotReady: It and all before it say that the command cannot be run at all.
        """
        self.results.append(result)
        self._memory.add(self._name(result.sha, result.without), result, at=time.time())
        if len(self.results) >= _ERRORS and all(each.word is Word.ERROR for each in self.results):
            raise EnvironmentNotReady(
                f"none of {len(self.results)} commits could be run: {result.why}"
            )
