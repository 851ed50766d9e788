"""Several breaks on several branches: what is red on each of them is no lie, though no single commit explains it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runbook.culprit.core.posterior import GOOD_END

if TYPE_CHECKING:
    from collections.abc import Iterable

    from runbook.culprit.core.dag import Dag


def broken_branch(dag: Dag, told: Iterable[tuple[int, bool]]) -> int | None:
    """Return the failing commit that leaves the fewest candidates among its ancestors; None where somebody lied.

    Nobody need have lied as long as no commit that fails has passed, too, or has a descendant that did: each failing
    commit then has a break among its ancestors, not always the same one. That is how ``git bisect`` sees it, which
    goes on from the last of them alone.

    Args:
        dag: The candidates.
        told: Commits, the good end among them, and whether they failed.
    """
    fails, acquitted = set(), 0
    for commit, failed in told:
        if failed:
            fails.add(commit)
        elif commit != GOOD_END:
            acquitted |= dag.ancestors(commit)
    if GOOD_END in fails or any(acquitted >> commit & 1 for commit in fails):
        return None
    left = {commit: (dag.ancestors(commit) & ~acquitted).bit_count() for commit in sorted(fails)}
    return min(left, key=left.__getitem__, default=None)
