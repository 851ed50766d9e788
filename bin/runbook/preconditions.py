"""Steps that a test needs and does not judge: ``with precondition("a canvas is published", row="test_publish"):``.

A test that stands on the work of others goes red when theirs breaks. Whatever fails inside such a step is told
as a failed precondition, and behind the row to which the step belongs: so the first line of a red run names the
cause and not its most alarming consequence. A fixture that fails counts as a precondition by itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import TracebackType

_MARK = "_runbook_precondition"


@dataclass(frozen=True, slots=True)
class precondition:  # noqa: N801 - it is used as a statement, like contextlib.suppress
    """A step that the test around it only needs.

    Attributes:
        step: What should be so, in words: "a canvas can be published".
        row: The name of the test that judges it, if one does.
    """

    step: str
    row: str = ""

    def __enter__(self) -> None:
        """Begin the step."""

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Mark what was raised inside, unless a step within this one has marked it."""
        if error is not None and failed_precondition(error) is None:
            setattr(error, _MARK, self)


def failed_precondition(error: BaseException) -> precondition | None:
    """Return the innermost step in which an error was raised, if it was raised in one."""
    return getattr(error, _MARK, None)
