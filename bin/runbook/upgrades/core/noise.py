"""How often the command lies, and how many runs of one environment settle it. Pure.

The sequential probability ratio test of Wald (1945): after each run the odds that the environment is bad are
updated, and it is settled when they are good enough either way. With a flaky test that never passes in a bad
environment, one pass settles it at once and a few failures in a row do, which is the half-lie of
`runbook.culprit.core.rates`.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import log

from runbook.culprit.core.rates import STEADY

# More often than the baseline by this, and a failure that comes and goes is the upgrades'.
_INTERMITTENT = 0.4
_MOST = 12  # runs of one environment, whatever they said


@dataclass(frozen=True, slots=True)
class Rates:
    """The two rates of the command.

    Attributes:
        good_fails: How often it fails in a good environment.
        bad_passes: How often it passes in a bad one.
        error: The chance of being wrong about one environment that is allowed.
    """

    good_fails: float = STEADY
    bad_passes: float = STEADY
    error: float = 0.01

    @property
    def are_steady(self) -> bool:
        """Whether one run settles an environment."""
        return self.good_fails <= STEADY and self.bad_passes <= STEADY

    def is_bad(self, fails: int, passes: int) -> bool | None:
        """Say whether an environment is bad, or None where it takes another run.

        Args:
            fails: How often the command failed there in today's way.
            passes: How often it passed.
        """
        odds = fails * log((1 - self.bad_passes) / self.good_fails)
        odds += passes * log(self.bad_passes / (1 - self.good_fails))
        if fails + passes >= _MOST:
            return odds > 0
        if abs(odds) < log((1 - self.error) / self.error) - 1e-9:
            return None
        return odds > 0


def learn(baseline: tuple[int, int], newest: tuple[int, int], error: float = 0.01) -> Rates | None:
    """Return the rates that the two ends showed, or None where the ends do not differ: nothing to blame.

    Args:
        baseline: How often the command failed and passed in the baseline.
        newest: The same of the newest.
        error: See `Rates`.
    """
    good_fails, bad_fails = (_rate(*counts) for counts in (baseline, newest))
    if newest[1] and bad_fails - good_fails < _INTERMITTENT:
        return None
    return Rates(
        _bounded(good_fails) if baseline[0] else STEADY,
        _bounded(1 - bad_fails) if newest[1] else STEADY,
        error,
    )


def _rate(fails: int, passes: int) -> float:
    return (fails + 0.5) / (fails + passes + 1)


def _bounded(rate: float) -> float:
    return min(0.45, max(0.02, rate))
