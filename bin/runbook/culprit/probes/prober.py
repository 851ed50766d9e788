"""The probes of one search: started, counted, and remembered."""

from __future__ import annotations

import time
from collections import Counter
from concurrent.futures import Future
from dataclasses import replace
from typing import TYPE_CHECKING, NoReturn

from runbook.culprit.probes.memory import MAX_AGE, Memory
from runbook.culprit.probes.probing import SETUP_FAILED, Job, ProbeResult, Word
from runbook.errors import EnvironmentNotReady
from runbook.git import step_where_full

if TYPE_CHECKING:
    from runbook.culprit.history import Repository
    from runbook.culprit.options import Options
    from runbook.culprit.probes.executor import Executor

_ERRORS = 3  # of the command, with nothing else seen: it cannot be run at all
_FAILED_SETUPS = 2  # with nothing else seen: whether it ever works is asked at the ends
_BY_HAND = "run the command by hand in a clone of the repository; what it needs there is for --setup to make"


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
        if options.fresh:
            self._memory.forget()
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

    def submit(self, sha: str, without: str = "") -> Future[ProbeResult]:
        """Start a probe of a commit; without another's change, what is remembered of it stands for a run."""
        if without and (before := self.past.get(self._name(sha, without))):
            known: Future[ProbeResult] = Future()
            known.set_result(replace(before.pop(0), sha=sha, without=without))
            return known
        self._attempts[sha] += 1
        return self._executor.submit(sha, self._attempts[sha], without)

    def ask(self, sha: str) -> ProbeResult:
        """Say what a commit does: as it is remembered, or by a run."""
        if known := self.recall(sha):
            return known
        result = self.submit(sha).result()
        self.rounds += 1
        self.keep(result)
        return result

    def cancel(self, future: Future[ProbeResult], sha: str, without: str = "") -> None:
        """End a probe that is not needed any more; if its command had begun it was a run all the same."""
        if future.done():
            self.keep(future.result())
        elif self._executor.cancel(future):
            why = "what it would say was known before it ended"
            self.results.append(ProbeResult(sha, Word.CANCELLED, 0.0, why, without=without))

    def _name(self, sha: str, without: str = "") -> str:
        """Return what results are remembered by: the tree, and what was taken out of it."""
        tree = self._repository.tree(sha)
        return f"{tree} without {without}" if without else tree

    def keep(self, result: ProbeResult) -> None:
        """Remember a result.

        Raises:
            EnvironmentNotReady: It and all before it say that the command cannot be run at all.
        """
        if result.word is Word.CONFLICT:  # nothing was run
            return
        self.results.append(result)
        if not result.remembered:
            self._memory.add(self._name(result.sha, result.without), result, at=time.time())
        if len(self.results) >= _ERRORS and all(each.word is Word.ERROR for each in self.results):
            raise EnvironmentNotReady(
                f"none of {len(self.results)} commits could be run: {result.why}",
                next_step=step_where_full(result.why) or _BY_HAND,
            )

    @property
    def is_never_set_up(self) -> bool:
        """Whether the set-up has failed on every commit so far, and on more than one."""
        failed = [each.why.startswith(SETUP_FAILED) for each in self.results]
        return len(failed) >= _FAILED_SETUPS and all(failed)

    def refuse_broken_setup(self) -> NoReturn:
        """Say that the set-up works nowhere, which is no verdict on any commit: nothing of it is remembered.

        Raises:
            EnvironmentNotReady: Always.
        """
        self._memory.forget()
        raise EnvironmentNotReady(
            f"the set-up fails on each of {len(self.results)} commits, the ends among them: "
            f"{self.results[-1].why.removeprefix(SETUP_FAILED)}",
            next_step="run what --setup says by hand in a clone of the repository; "
            "where that works, name the commits by --bad and --good",
        )
