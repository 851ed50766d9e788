"""``python -m runbook.smoke``: a tier from a command line; see `runbook.smoke.tier`."""

from __future__ import annotations

import os

try:
    import contextlib
    import sys

    from runbook.smoke.tier import main
except KeyboardInterrupt:  # nothing has begun
    os._exit(130)


def _leave(status: int) -> None:
    """End the process as it is: all is written, and nobody waits for what it would take apart."""
    for stream in filter(None, (sys.stdout, sys.stderr)):
        with contextlib.suppress(OSError):  # whoever read it has gone
            stream.flush()
    os._exit(status)


if __name__ == "__main__":
    _leave(main())
