"""What runs before a search tell of its command: how often a good commit fails.

A state of the source that both passed and failed has shown a lie. One that only failed may have been broken. How many
were is not known, and integrated out: where nothing was run twice, failures tell nothing of lies. That a test's history
says how flaky it is, is from FACF (Henderson et al., ICST 2023); there the rate is given, here it is learned.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from math import prod
from typing import TYPE_CHECKING, NamedTuple

from runbook.culprit.core.rates import STEADY

if TYPE_CHECKING:
    from collections.abc import Sequence

    from runbook.culprit.core.rates import RatePrior

_SOUND = tuple((2 * part + 1) / 20 for part in range(10))  # shares of states that are not broken
# That a known flake hides bugs as often as it feigns them is likely, and not certain.
_ANYBODYS_GUESS = 0.3
_HIDES = ((STEADY, 0.96), (0.2, 0.02), (0.5, 0.02))  # how often a broken one passes, and how likely


class Tally(NamedTuple):
    """How one state of the source did in earlier runs.

    Attributes:
        passed: In how many it passed.
        failed: In how many it failed.
    """

    passed: int
    failed: int


def taught(prior: RatePrior, earlier: Sequence[Tally]) -> RatePrior:
    """Return what is believed of the rates once the earlier runs are known, if they take trust away.

    Where they speak for a steady command nothing is learned. How often the bug hides that is searched for they do not
    tell, and who takes it for steady is wrong about bugs that hide.

    Args:
        prior: What is believed without them.
        earlier: The runs, by state of the source.
    """
    if not earlier:
        return prior
    levels = tuple(map(sum, prior.weights))
    factors = [likelihood(earlier, good_fails) for good_fails in prior.good_fails]
    masses = [factor * level for factor, level in zip(factors, levels, strict=True)]
    total = sum(masses)
    if factors[0] >= total:  # of the rates together, by how likely each is
        return prior
    doubt = _ANYBODYS_GUESS * (1 - factors[0] / total)
    rows = zip(factors, prior.weights, strict=True)
    return replace(
        prior, weights=tuple(_spread(row, factor / total, doubt) for factor, row in rows)
    )


def _spread(row: tuple[float, ...], factor: float, doubt: float) -> tuple[float, ...]:
    """Return a row of beliefs times a factor, of which a share is spread evenly over what is possible."""
    even = sum(row) / sum(each > 0 for each in row)
    return tuple(factor * ((1 - doubt) * each + doubt * even) if each else 0.0 for each in row)


def likelihood(earlier: Sequence[Tally], good_fails: float) -> float:
    """Return how likely the earlier runs are where a good commit fails at a rate, up to a factor.

    Args:
        earlier: The runs, by state of the source.
        good_fails: The rate.
    """
    states = Counter(earlier)
    sound = {state: _of_sound(state, good_fails) for state in states}
    broken = {
        state: sum(share * _of_broken(state, hides) for hides, share in _HIDES) for state in states
    }
    return sum(
        prod(
            (share * sound[state] + (1 - share) * broken[state]) ** times
            for state, times in states.items()
        )
        for share in _SOUND
    )


def _of_sound(state: Tally, fails: float) -> float:
    return float(fails**state.failed * (1 - fails) ** state.passed)


def _of_broken(state: Tally, hides: float) -> float:
    return float(hides**state.passed * (1 - hides) ** state.failed)


def told(earlier: Sequence[Tally]) -> str:
    """Return what the earlier runs came to, for a person."""
    passed, failed = (sum(column) for column in zip(*earlier, strict=True))
    both = sum(1 for state in earlier if state.passed and state.failed)
    whole = f"{passed} of {passed + failed} earlier runs were green"
    if not both:
        return f"{whole}, and none contradicted another"
    verb = "was" if both == 1 else "were"
    return f"{whole}, and {both} of {len(earlier)} states of the source {verb} both green and red"
