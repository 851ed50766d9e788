"""What the core asks of the world, and what it is told. Pure.

The core is written as generators: they yield states to try, several where these can be tried at once, and are
sent one answer for each.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

T = TypeVar("T")


class Outcome(StrEnum):
    """What one environment said of the failure that is hunted."""

    GREEN = "pass"
    RED = "fail"  # in today's way
    OTHER = "untestable"  # it fails in another way: no evidence for or against anybody
    UNRESOLVABLE = "unresolvable"


@dataclass(frozen=True, slots=True)
class Move:
    """The baseline with these packages at their newest; the others move only where they must.

    Attributes:
        names: The packages.
        at: Of those that go to another release than their newest: that release.
    """

    names: frozenset[str]
    at: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Free:
    """The newest of everything, but for these constraints, such as ``("click", "<8.2")``."""

    pins: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Prove:
    """A state whose outcome will be claimed or built upon: where it is red it takes more than one run.

    Attributes:
        state: The state.
        runs: How many, those that it had before included.
    """

    state: Move | Free
    runs: int = 2


State = Move | Free | Prove


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a state.

    Attributes:
        outcome: The verdict.
        moved: The packages that were really not as in the baseline.
        versions: What was installed, by name.
        fingerprint: Of a failure: the tests and exceptions that it named.
        output: Of a failure: what it printed.
    """

    outcome: Outcome
    moved: frozenset[str]
    versions: Mapping[str, str] = field(default_factory=dict)
    fingerprint: frozenset[str] = frozenset()
    output: str = ""

    @property
    def is_red(self) -> bool:
        """Whether it shows the failure that is hunted."""
        return self.outcome is Outcome.RED

    @property
    def is_green(self) -> bool:
        """Whether nothing failed."""
        return self.outcome is Outcome.GREEN


class Contradicted(Exception):
    """A state that was red is green after all: the command lies.

    Args:
        state: Which.
    """

    def __init__(self, state: Move | Free) -> None:
        super().__init__(state)
        self.state = state


Asking = Generator[tuple[State, ...], tuple[Answer, ...], T]


def drive(asking: Asking[T], answer: Callable[[Sequence[State]], Sequence[Answer]]) -> T:
    """Let a part of the core ask to its end, and return what it found.

    Args:
        asking: A generator of the core.
        answer: Tries states.
    """
    try:
        states = next(asking)
        while True:
            states = asking.send(tuple(answer(states)))
    except StopIteration as end:
        result: T = end.value
        return result


def ask(state: State) -> Asking[Answer]:
    """Ask for one state."""
    (answer,) = yield (state,)
    return answer
