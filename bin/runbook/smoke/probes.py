"""Whether something else is smoked than what is served: a fault, an old commit, an upgrade, what a gate may open for.

Such a run closes no gate, proves no tier and is no news to anybody.
"""

from __future__ import annotations

import os

PROBE_VARIABLE = "RUNBOOK_PROBE"  # set by whoever smokes something else
COMMIT_VARIABLE = "RUNBOOK_COMMIT"  # set by a search for whatever it runs on a commit


def is_probe() -> bool:
    """Whether this process smokes something else than what is served."""
    return not {PROBE_VARIABLE, COMMIT_VARIABLE}.isdisjoint(os.environ)
