"""``python -m runbook``: the engine from a command line; see `runbook.command_line`."""

from __future__ import annotations

import os

try:
    import sys

    from runbook.command_line import main
except KeyboardInterrupt:  # nothing has begun
    os._exit(130)


if __name__ == "__main__":
    sys.exit(main())
