"""Preconditions: which step an error is marked with."""

from __future__ import annotations

import pytest

from runbook.preconditions import failed_precondition, precondition


def raised(*steps: precondition, error: BaseException) -> BaseException:
    """Return what comes out when ``error`` is raised inside ``steps``, the outermost first."""
    with pytest.raises(type(error)) as caught:
        enter(list(steps), error)
    return caught.value


def enter(steps: list[precondition], error: BaseException) -> None:
    if not steps:
        raise error
    with steps[0]:
        enter(steps[1:], error)


@pytest.mark.parametrize("error", [AssertionError("a"), OSError(2, "gone"), KeyboardInterrupt()])
def test_what_is_raised_in_a_step_is_marked_with_it_and_passes_on(error: BaseException) -> None:
    step = precondition("it is published", row="test_publish")

    caught = raised(step, error=error)

    assert caught is error
    assert step == failed_precondition(caught)


def test_the_innermost_step_is_to_blame() -> None:
    outer, inner = precondition("the grid is shown"), precondition("it is published")

    assert inner == failed_precondition(raised(outer, inner, error=ValueError()))


def test_an_error_outside_of_any_step_is_marked_with_none() -> None:
    with precondition("it goes well"):
        pass

    assert failed_precondition(raised(error=ValueError())) is None
