"""Where the culprit is likely to be before any run: commits that touch what the failing test points at.

A file that few commits touch tells much, one that half of them touch tells little, and no file may tell so
much that a wrong pointer costs more than it can save: the weight is the rarity, at most ten to one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

CAP = 10.0


def weigh(changes: Sequence[Collection[str]], suspects: Sequence[Collection[str]]) -> list[float]:
    """Return a weight for each commit; one that touches no suspect has weight 1.

    Args:
        changes: For each commit the paths that it changed.
        suspects: For each suspect all names that its file has had. A name that ends in ``/`` is a folder.
    """
    weights = [1.0] * len(changes)
    for names in suspects:
        touching = [commit for commit, paths in enumerate(changes) if _touches(paths, names)]
        for commit in touching:
            weights[commit] = max(weights[commit], min(CAP, len(changes) / len(touching)))
    return weights


def _touches(paths: Collection[str], names: Collection[str]) -> bool:
    folders = tuple(name for name in names if name.endswith("/"))
    return any(path in names or (folders and path.startswith(folders)) for path in paths)
