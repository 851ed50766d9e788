#!/usr/bin/env python3
"""Starts Ensemble's control panel; see `--help`."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from dashgen.server import main

if __name__ == "__main__":
    sys.exit(main())
