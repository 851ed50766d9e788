"""Where a run is likely to tell nothing: near commits that could not be tested.

A commit that cannot be tested is no evidence for or against anybody, but its neighbours likely share what
is wrong with it. Between a commit that could be tested and one that could not, the border may be anywhere.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection

_BLOCK = 3  # untestable commits in a row, with none that could be tested between them: so is all between them


def chances(size: int, tested: Collection[int], untestable: Collection[int]) -> list[float]:
    """Return for each of ``size`` commits the chance that it can be tested.

    Args:
        size: The number of commits; the place just before the first counts as tested (the good end).
        tested: Those that passed or failed.
        untestable: Those that could not be tested when they were run last; their chance is nought.
    """
    tested = {-1, *tested}.difference(untestable)
    to_tested = _distances(size, tested)
    to_untestable = _distances(size, set(untestable))
    chance = [far / (far + near) for far, near in zip(to_untestable, to_tested, strict=True)]
    for first, last in _blocks(tested, untestable):
        chance[first : last + 1] = [0.0] * (last + 1 - first)
    return chance


def _distances(size: int, places: set[int]) -> list[int]:
    """Return how far each commit is from the nearest of ``places``; further than any where there is none."""
    far = [2 * size] * size
    for order in (range(-1, size), range(size - 1, -2, -1)):
        steps = 2 * size
        for here in order:
            steps = 0 if here in places else steps + 1
            if here >= 0:
                far[here] = min(far[here], steps)
    return far


def _blocks(tested: Collection[int], untestable: Collection[int]) -> list[tuple[int, int]]:
    """Return the first and last commit of each run of untestable ones that is long enough to be a block."""
    blocks = []
    run: list[int] = []
    marks = [(site, False) for site in tested] + [(site, True) for site in untestable]
    for site, is_untestable in [*sorted(marks), (0, False)]:
        if is_untestable:
            run.append(site)
            continue
        if len(run) >= _BLOCK:
            blocks.append((run[0], run[-1]))
        run = []
    return blocks
