"""The first bad release of a culprit, so that its constraint is tight. Pure.

Breaks come with new majors, and then with new minors, so the search halves over those first: the last release
before one is tried, and if that is green the first release of it. Only within one minor series it halves over the
releases themselves. Every state tried is the newest of all else, so the last green one is the proof of the pin.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from runbook.upgrades.core.asking import Asking, Free, Outcome, ask
from runbook.upgrades.core.versions import key, next_series, threshold

if TYPE_CHECKING:
    from collections.abc import Mapping


class Releases(Protocol):
    """The releases of a package that may be installed."""

    def below(self, name: str, version: str) -> str | None:
        """Return the highest that is lower than a version, or None."""

    def at_least(self, name: str, version: str) -> str | None:
        """Return the lowest that is not lower than a version, or None."""

    def between(self, name: str, low: str, high: str) -> str | None:
        """Return one about halfway between two, neither of them, or None."""


def free(pins: Mapping[str, str]) -> Free:
    """Return the newest of everything with these constraints, such as ``{"click": "<8.2"}``."""
    return Free(tuple(sorted(pins.items())))


def first_guess(before: str, after: str) -> str:
    """Return a constraint that most likely holds a culprit back: below the next series, where breaks may come first."""
    return f"<{next_series(before, after) or after}"


def first_bad(
    releases: Releases,
    name: str,
    between: tuple[str, str],
    others: Mapping[str, str],
    likely: str | None = None,
) -> Asking[str]:
    """Return the first release that is not green.

    Args:
        releases: What there is.
        name: The culprit.
        between: A release of it that is green under ``others``, and a higher one that is not.
        others: The constraints on the other culprits.
        likely: The release to try first, if it lies between the two.
    """
    good, bad = between
    if likely is None or not key(good) < key(likely) < key(bad):
        likely = None
    while (version := likely or _next(releases, name, good, bad)) is not None:
        likely = None
        answer = yield from ask(free({**others, name: f"<={version}"}))
        installed = answer.versions.get(name, version)
        if answer.outcome is Outcome.GREEN:
            good = version  # nothing between what was installed and this can be had
        elif key(good) < key(installed) < key(bad):
            bad = installed
        else:
            bad = version
    return bad


def _next(releases: Releases, name: str, good: str, bad: str) -> str | None:
    """Return the release to try, or None where no release lies between the two."""
    last = releases.below(name, bad)
    if last is None or key(last) <= key(good):
        return None
    border = threshold(good, bad)
    if border is None:
        return releases.between(name, good, bad) or last
    before, first = releases.below(name, border), releases.at_least(name, border)
    if before is not None and key(good) < key(before) < key(bad):
        return before
    if first is not None and key(good) < key(first) < key(bad):
        return first
    return last
