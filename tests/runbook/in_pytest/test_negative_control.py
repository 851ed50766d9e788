"""The negative controls by themselves: each fails at its first call alone, so that a second try is seen."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from runbook.in_pytest.negative_control import AnyError, failing_assertion, raised_error

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.mark.parametrize(
    ("make", "kind"), [(failing_assertion, AssertionError), (raised_error, AnyError)]
)
def test_a_control_fails_at_its_first_call_and_at_no_other(
    make: Callable[[], Callable[[], None]], kind: type[BaseException]
) -> None:
    control = make()

    with pytest.raises(kind, match="the negative control"):
        control()

    control()


@pytest.mark.parametrize("kind", [AssertionError, OSError, LookupError, ValueError])
def test_whoever_catches_some_kind_of_error_catches_the_raised_one(
    kind: type[BaseException],
) -> None:
    with pytest.raises(kind):
        raised_error()()
