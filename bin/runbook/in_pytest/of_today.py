"""``python FILE [pytest arguments]``: pytest with the engine of this file, and all else as the tree has it.

For a tree of a project that holds the engine itself: what PYTHONPATH names has the tree's own engine beside the
modules that are tested, and only the engine's package is taken from here.
"""

from __future__ import annotations

import sys
from pathlib import Path


def main() -> int:
    """Run pytest; return its exit status."""
    sys.path[0] = str(Path(__file__).resolve().parents[2])
    import runbook  # noqa: F401, PLC0415 - whatever is imported from it later comes from there, too

    sys.path[0] = str(Path.cwd())  # as ``python -m pytest`` has it
    import pytest  # noqa: PLC0415 - not before the engine

    return int(pytest.main())


if __name__ == "__main__":
    sys.exit(main())
