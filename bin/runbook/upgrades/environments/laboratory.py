"""The states of one search: resolved, tried, counted and remembered."""

from __future__ import annotations

import json
import time
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from runbook.culprit.core.fingerprint import is_same
from runbook.culprit.probes.probing import ProbeResult, Word
from runbook.errors import EnvironmentNotReady
from runbook.upgrades.core.asking import Answer, Free, Move, Outcome, Prove, State
from runbook.upgrades.core.noise import Rates
from runbook.upgrades.environments.resolver import digest
from runbook.upgrades.environments.workshop import NOT_INSTALLED, Installation, Run

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from concurrent.futures import Future

    from runbook.culprit.probes.memory import Memory
    from runbook.culprit.probes.probing import Job
    from runbook.upgrades.core.pins import Resolution
    from runbook.upgrades.environments.resolver import Resolver
    from runbook.upgrades.environments.workshop import Workshop

_REMEMBERED = 20_000  # characters of a failing run's output
_OTHER_RUNS = 2  # of a state that is red in another way: a flake may have hidden today's failure


@dataclass(slots=True)
class Environment:
    """One set of pins, and what the command said in it.

    Attributes:
        resolution: The pins.
        moved: What is not as in the baseline.
        runs: All runs of this search, and those that are remembered.
        is_installed: Whether this search installed it.
    """

    resolution: Resolution
    moved: frozenset[str]
    runs: list[Run] = field(default_factory=list)
    is_installed: bool = False

    def count(self, hunted: frozenset[str] | None) -> tuple[int, int, int]:
        """Return how often it failed in the hunted way, passed, and failed in another way.

        Args:
            hunted: A fingerprint, or None where every failure counts.
        """
        kinds = Counter(_kind(run.result, hunted) for run in self.runs)
        return kinds[Outcome.RED], kinds[Outcome.GREEN], kinds[Outcome.OTHER]


def _kind(result: ProbeResult, hunted: frozenset[str] | None) -> Outcome:
    if result.word is Word.PASS:
        return Outcome.GREEN
    is_installed = NOT_INSTALLED not in result.fingerprint
    is_hunted = hunted is None or (
        is_same(result.fingerprint, hunted) and is_installed == (NOT_INSTALLED not in hunted)
    )
    return Outcome.RED if is_hunted else Outcome.OTHER


@dataclass(frozen=True, slots=True)
class Trial:
    """One line of the table of probes.

    Attributes:
        asked: What was asked for, in words.
        moved: What really moved.
        outcome: The verdict at that time.
        fingerprint: Of a failure.
        seconds: What it took, the installation included.
        runs: How often the command was run for it.
    """

    asked: str
    moved: tuple[str, ...]
    outcome: Outcome
    fingerprint: tuple[str, ...]
    seconds: float
    runs: int

    def to_json(self) -> dict[str, Any]:
        """Return one of the ``probes`` of ``drift/1``."""
        return {
            "asked": self.asked,
            "moved": list(self.moved),
            "outcome": str(self.outcome),
            "fingerprint": list(self.fingerprint),
            "seconds": round(self.seconds, 3),
            "runs": self.runs,
        }


@dataclass(slots=True)
class Laboratory:
    """Answers what the core asks.

    Attributes:
        resolver: Turns states into pins.
        workshop: Tries them.
        job: The command.
        memory: Where results are kept.
        past: What earlier searches saw, by the digest of the pins.
        say: Is told of the progress.
        rates: How often the command lies, as far as it is known.
        hunted: The failure that is hunted; None where every failure counts.
        trials: All that was tried.
        unresolvable: How many states did not resolve.
        imports: The names that packages are imported by, in any environment: an upgrade may take a module away.
        answered: How many environments the answer took, before the first bad releases were looked for; 0 till then.
    """

    resolver: Resolver
    workshop: Workshop
    job: Job
    memory: Memory
    past: Mapping[str, list[ProbeResult]]
    say: Callable[[str], None]
    rates: Rates = field(default_factory=Rates)
    hunted: frozenset[str] | None = None
    trials: list[Trial] = field(default_factory=list)
    unresolvable: int = 0
    imports: dict[str, frozenset[str]] = field(default_factory=dict)
    answered: int = 0
    _environments: dict[str, Environment] = field(default_factory=dict)

    @property
    def environments(self) -> int:
        """How many distinct sets of pins were installed or remembered."""
        return sum(bool(each.runs) for each in self._environments.values())

    @property
    def runs(self) -> int:
        """How often the command was run."""
        return sum(
            run.is_built and not run.result.remembered
            for each in self._environments.values()
            for run in each.runs
        )

    @property
    def tried(self) -> list[tuple[Resolution, int]]:
        """Each set of pins that was installed here, with the number of runs."""
        installed = [each for each in self._environments.values() if each.is_installed]
        return [(each.resolution, len(each.runs)) for each in installed]

    def hunt(self, fingerprint: frozenset[str]) -> None:
        """Take no other failure than this for red from now on."""
        self.hunted = fingerprint

    def answer(self, states: Sequence[State]) -> list[Answer]:
        """Try states, as many at once as there are benches."""
        plain = [state.state if isinstance(state, Prove) else state for state in states]
        found = [self._environment(state) for state in plain]
        least = [state.runs if isinstance(state, Prove) else 1 for state in states]
        self._settle(
            [
                (each, runs, state)
                for each, runs, state in zip(found, least, plain, strict=True)
                if each
            ]
        )
        return [self._answer(each) if each else self._no_answer() for each in found]

    def repeat(self, state: Move | Free, times: int) -> tuple[int, int]:
        """Run a state until it was run so often, whatever it says; return how often it failed and passed.

        Args:
            state: Which.
            times: How often in all, the runs that it had before included.
        """
        environment = self._environment(state)
        if environment is None:
            return 0, 0
        while len(environment.runs) < times:
            self._learn(environment, state, self._submit(environment, 1).result())
        fails, passes, others = environment.count(self.hunted)
        return fails + others, passes

    def counts(self, state: Move | Free) -> tuple[int, int, int]:
        """Return how often a state failed in the hunted way, passed, and failed in another way."""
        environment = self._environment(state)
        return (0, 0, 0) if environment is None else environment.count(self.hunted)

    def output_of(self, state: Move | Free) -> str:
        """Return what the last failing run of a state printed, or nothing."""
        tried = self.resolver.known(state)
        if tried is None or digest(tried) not in self._environments:
            return ""
        return _last_output(self._environments[digest(tried)])

    def _answer(self, environment: Environment) -> Answer:
        failed = [run for run in environment.runs if _failed(run)]
        # A program that fails need not say its name; the command does.
        shown = f"$ {self.job.command}\n{_last_output(environment)}" if failed else ""
        fingerprint = frozenset().union(*(run.result.fingerprint for run in failed))
        return Answer(
            self._outcome(environment), environment.moved, environment.resolution.pins, fingerprint, shown
        )  # fmt: skip

    def _no_answer(self) -> Answer:
        self.unresolvable += 1
        return Answer(Outcome.UNRESOLVABLE, frozenset())

    def _environment(self, state: Move | Free) -> Environment | None:
        resolution = self.resolver.resolve(state)
        return None if resolution is None else self.environment_of(resolution)

    def environment_of(self, resolution: Resolution) -> Environment:
        """Return the environment of a set of pins, with what is remembered of it."""
        key = digest(resolution)
        if key not in self._environments:
            moved = resolution.moved_from(self.resolver.baseline)
            past = [_recalled(result) for result in self.past.get(key, [])]
            self._environments[key] = Environment(resolution, moved, past)
            self._learn_imports(past)
        return self._environments[key]

    def _settle(self, wanted: Sequence[tuple[Environment, int, Move | Free]]) -> None:
        """Run until each is settled."""
        while unsettled := [each for each in wanted if self._lacking(each[0], each[1])]:
            futures = [
                (environment, state, self._submit(environment, self._lacking(environment, least)))
                for environment, least, state in _distinct(unsettled)
            ]
            for environment, state, future in futures:
                self._learn(environment, state, future.result())

    def _submit(self, environment: Environment, runs: int) -> Future[list[Run]]:
        wanted = Installation(
            environment.resolution.text(), self.resolver.horizon, self.resolver.python
        )
        first = len(environment.runs) + 1
        return self.workshop.submit(
            digest(environment.resolution), wanted, self.job, range(first, first + runs)
        )

    def _learn(self, environment: Environment, state: Move | Free, runs: list[Run]) -> None:
        environment.is_installed = True
        environment.runs += runs
        self._learn_imports(runs)
        for run in runs:
            if run.result.word is Word.ERROR:
                raise EnvironmentNotReady(
                    f"the command cannot be run: {run.result.why}",
                    next_step="run it by hand, or raise --timeout",
                )
            if run.is_built:
                self.memory.add(digest(environment.resolution), _to_remember(run), at=time.time())
        outcome = self._outcome(environment)
        seconds = sum(run.result.seconds for run in runs)
        shown = tuple(sorted(runs[-1].result.fingerprint))
        trial = Trial(
            describe(state), tuple(sorted(environment.moved)), outcome, shown, seconds, len(runs)
        )
        self.trials.append(trial)
        self.say(f"environment {self.environments}: {trial.asked}: {outcome} in {seconds:.1f} s")

    def _learn_imports(self, runs: Sequence[Run]) -> None:
        for run in runs:
            for package, names in run.imports.items():
                self.imports[package] = names | self.imports.get(package, frozenset())

    def _lacking(self, environment: Environment, least: int) -> int:
        """Return how many runs an environment needs at least; 0 where it is settled."""
        fails, passes, others = environment.count(self.hunted)
        if any(not run.is_built for run in environment.runs):
            return 0
        if passes and self.rates.bad_passes < 0.01:
            return 0  # a bad environment does not pass
        if others and not fails and not passes:
            return max(0, max(least, _OTHER_RUNS) - others)
        if self.rates.is_bad(fails, passes) is None:
            return max(self._in_a_row(fails), least - fails) if not passes else 1
        return max(0, least - fails - passes) if fails else 0

    def _in_a_row(self, fails: int) -> int:
        """Return how many more failures would settle it."""
        more = 1
        while self.rates.is_bad(fails + more, 0) is None:
            more += 1
        return more

    def _outcome(self, environment: Environment) -> Outcome:
        fails, passes, others = environment.count(self.hunted)
        if passes and self.rates.bad_passes < 0.01:
            return Outcome.GREEN
        if others and not fails:
            return Outcome.OTHER if not passes else Outcome.GREEN
        return Outcome.RED if self.rates.is_bad(fails, passes) else Outcome.GREEN


def _to_remember(run: Run) -> ProbeResult:
    """Return what is kept of a run, with all that the next search needs to suspect the same upgrades."""
    imports = {package: sorted(names) for package, names in run.imports.items()}
    return replace(
        run.result, why=json.dumps({"output": run.output[-_REMEMBERED:], "imports": imports})
    )


def _recalled(result: ProbeResult) -> Run:
    kept = json.loads(result.why)
    imports = {package: frozenset(names) for package, names in kept["imports"].items()}
    return Run(result, kept["output"], imports=imports)


def _distinct(
    wanted: Sequence[tuple[Environment, int, Move | Free]],
) -> list[tuple[Environment, int, Move | Free]]:
    """Return each environment once."""
    return list({id(each[0]): each for each in wanted}.values())


def describe(state: Move | Free) -> str:
    """Say in words what was asked for."""
    if isinstance(state, Move):
        at = dict(state.at)
        moved = [f"{name} {at[name]}" if name in at else name for name in sorted(state.names)]
        return f"only {_shortly(moved)} moved" if moved else "the baseline"
    held = [f"{name}{pin}" for name, pin in state.pins]
    return f"newest with {_shortly(held)}" if held else "the newest"


def _shortly(names: Sequence[str]) -> str:
    return (
        ", ".join(names) if len(names) <= 4 else f"{', '.join(names[:3])} and {len(names) - 3} more"
    )


def _failed(run: Run) -> bool:
    return run.result.word is not Word.PASS


def _last_output(environment: Environment) -> str:
    """Return what the last run that failed printed, or nothing."""
    return next((run.output for run in reversed(environment.runs) if _failed(run)), "")
