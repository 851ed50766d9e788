#!/usr/bin/env python3
"""Starts Ensemble's control panel; see `--help`."""

from __future__ import annotations

import gc
import sys
from pathlib import Path

gc.disable()  # nothing of what is imported goes: it need not be looked through for garbage, now or later
sys.path.insert(0, str(Path(__file__).resolve().parent))

from dashgen.server import main  # noqa: E402 - found through the line above

gc.freeze()
gc.enable()

if __name__ == "__main__":
    sys.exit(main())
