"""The states of a search, without uv: how often each is run, what is believed, and what is remembered."""

from __future__ import annotations

from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runbook.culprit.probes.memory import Memory
from runbook.culprit.probes.probing import Job, ProbeResult, Word
from runbook.errors import EnvironmentNotReady
from runbook.upgrades.core.asking import Free, Move, Outcome, Prove
from runbook.upgrades.core.noise import Rates
from runbook.upgrades.core.pins import Resolution
from runbook.upgrades.environments.laboratory import Laboratory, describe
from runbook.upgrades.environments.workshop import NOT_INSTALLED, Run

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from runbook.upgrades.environments.resolver import Resolver
    from runbook.upgrades.environments.workshop import Installation, Workshop

TODAY = frozenset({"test:t.py::test"})
BASELINE, NEWEST = Move(frozenset()), Free()
PASS = ProbeResult("", Word.PASS, 1.0)
FAIL = ProbeResult("", Word.FAIL, 1.0, "", TODAY)
OTHERWISE = ProbeResult("", Word.FAIL, 1.0, "", frozenset({"test:other.py::test"}))


@dataclass
class Versions:
    """A resolver of two packages, where "gone" cannot be resolved."""

    horizon: str = ""
    python: Path = Path("python")
    baseline: Resolution = field(default_factory=lambda: Resolution({"ant": "1", "bee": "1"}))
    asked: list[Move | Free] = field(default_factory=list)

    def resolve(self, state: Move | Free) -> Resolution | None:
        self.asked.append(state)
        return self.known(state)

    def known(self, state: Move | Free) -> Resolution | None:
        moved = state.names if isinstance(state, Move) else {"ant", "bee"} - dict(state.pins).keys()
        if "gone" in moved:
            return None
        return Resolution({name: "2" if name in moved else "1" for name in ("ant", "bee")})


@dataclass
class Runs:
    """A workshop that says of each set of pins what was written for it, the last for ever."""

    said: Mapping[str, Sequence[ProbeResult]]
    count: dict[str, int] = field(default_factory=dict)
    is_built: bool = True

    def submit(
        self, _: str, wanted: Installation, __: Job, attempts: Sequence[int]
    ) -> Future[list[Run]]:
        future: Future[list[Run]] = Future()
        runs = []
        for _attempt in attempts:
            at = self.count.get(wanted.pins, 0)
            self.count[wanted.pins] = at + 1
            told = self.said[wanted.pins]
            runs.append(
                Run(told[min(at, len(told) - 1)], "what it printed", is_built=self.is_built)
            )
            if runs[-1].result.word is Word.PASS or not self.is_built:
                break
        future.set_result(runs)
        return future


def pins(ant: int, bee: int) -> str:
    return f"ant=={ant}\nbee=={bee}\n"


@pytest.fixture
def make(tmp_path: Path) -> Callable[..., Laboratory]:
    """Return what makes a laboratory in which sets of pins say what they are told to say."""

    def made(
        *, past: Mapping[str, list[ProbeResult]] | None = None, **said: Sequence[ProbeResult]
    ) -> Laboratory:
        by_pins = {pins(int(name[1]), int(name[2])): told for name, told in said.items()}
        job = Job("check it")
        return Laboratory(
            cast("Resolver", Versions()), cast("Workshop", Runs(by_pins)), job, Memory(tmp_path, job), past or {},
            lambda _: None,
        )  # fmt: skip

    return made


def test_a_pass_is_believed_at_once_and_a_red_that_is_claimed_is_run_twice(
    make: Callable[..., Laboratory],
) -> None:
    laboratory = make(_11=[PASS], _22=[FAIL])
    green, red = laboratory.answer([BASELINE, Prove(NEWEST)])
    assert (Outcome.GREEN, Outcome.RED) == (green.outcome, red.outcome)
    assert (2, 3) == (laboratory.environments, laboratory.runs)
    assert frozenset({"ant", "bee"}) == red.moved
    assert (TODAY, "$ check it\nwhat it printed") == (red.fingerprint, red.output)


def test_two_states_of_the_same_pins_are_one_environment(make: Callable[..., Laboratory]) -> None:
    laboratory = make(_12=[FAIL])
    laboratory.answer([Move(frozenset({"bee"})), Free((("ant", "<2"),))])
    assert (1, 1, 1) == (laboratory.environments, laboratory.runs, len(laboratory.trials))


def test_another_failure_than_the_hunted_is_no_evidence(make: Callable[..., Laboratory]) -> None:
    laboratory = make(_12=[OTHERWISE], _21=[OTHERWISE, FAIL])
    laboratory.hunt(TODAY)
    other, hidden = laboratory.answer([Move(frozenset({"bee"})), Move(frozenset({"ant"}))])
    assert Outcome.OTHER == other.outcome
    assert Outcome.RED == hidden.outcome  # it was run twice, since a flake may hide today's failure
    assert (1, 0, 1) == laboratory.counts(Move(frozenset({"ant"})))


def test_what_does_not_resolve_is_counted_and_nothing_is_run(
    make: Callable[..., Laboratory],
) -> None:
    laboratory = make()
    (answer,) = laboratory.answer([Move(frozenset({"gone"}))])
    assert (Outcome.UNRESOLVABLE, 1, 0) == (
        answer.outcome, laboratory.unresolvable, laboratory.environments,
    )  # fmt: skip
    assert (0, 0) == laboratory.repeat(Move(frozenset({"gone"})), 3)


def test_what_is_not_installed_is_red_and_not_run_again(make: Callable[..., Laboratory]) -> None:
    broken = ProbeResult("", Word.FAIL, 1.0, "", frozenset({NOT_INSTALLED, "test:install"}))
    laboratory = make(_22=[broken])
    cast("Runs", laboratory.workshop).is_built = False
    (answer,) = laboratory.answer([Prove(NEWEST)])
    assert answer.is_red
    assert (1, 0) == (len(laboratory.trials), laboratory.runs)
    laboratory.hunt(TODAY)
    assert (0, 0, 1) == laboratory.counts(NEWEST)


def test_a_command_that_cannot_be_run_ends_the_search(make: Callable[..., Laboratory]) -> None:
    laboratory = make(_22=[ProbeResult("", Word.ERROR, 1.0, "no shell")])
    with pytest.raises(EnvironmentNotReady, match="the command cannot be run: no shell"):
        laboratory.answer([NEWEST])


def test_what_one_search_saw_the_next_believes(
    make: Callable[..., Laboratory], tmp_path: Path
) -> None:
    make(_22=[FAIL]).answer([Prove(NEWEST)])
    past = Memory(tmp_path, Job("check it")).recall(since=0)
    second = make(past=past)
    (answer,) = second.answer([Prove(NEWEST)])
    assert answer.is_red
    assert "what it printed" in answer.output
    assert (1, 0, []) == (second.environments, second.runs, second.trials)


@given(st.lists(st.booleans(), min_size=1, max_size=6), st.sampled_from([0.1, 0.2, 0.3]))
def test_a_flaky_green_is_never_called_red_by_a_few_failures(
    tmp_path_factory: pytest.TempPathFactory, passes: list[bool], rate: float
) -> None:
    """One pass settles it where a bad environment never passes; before that it takes as many runs as the rate asks."""
    said = [*(PASS if is_pass else FAIL for is_pass in passes), FAIL]
    job = Job("check it")
    laboratory = Laboratory(
        cast("Resolver", Versions()), cast("Workshop", Runs({pins(2, 2): said})), job,
        Memory(tmp_path_factory.mktemp("memory"), job), {}, lambda _: None, Rates(good_fails=rate, error=0.01),
    )  # fmt: skip
    (answer,) = laboratory.answer([NEWEST])
    fails, passed, _ = laboratory.counts(NEWEST)
    assert answer.is_green is (passed > 0)
    assert passed or rate**fails <= 0.01 / 0.99 + 1e-9


@pytest.mark.parametrize(
    ("state", "told"),
    [
        (BASELINE, "the baseline"),
        (NEWEST, "the newest"),
        (Move(frozenset({"bee", "ant"})), "only ant, bee moved"),
        (Move(frozenset({"bee"}), (("bee", "1.5"),)), "only bee 1.5 moved"),
        (Move(frozenset("abcde")), "only a, b, c and 2 more moved"),
        (Free((("bee", "<2"),)), "newest with bee<2"),
    ],
)
def test_a_state_is_told_in_words(state: Move | Free, told: str) -> None:
    assert told == describe(state)
