"""``python -m runbook.smoke``: a tier from a command line; see `runbook.smoke.tier`."""

from __future__ import annotations

import contextlib
import os
import sys
from typing import TYPE_CHECKING

from runbook.smoke.tier import main

if TYPE_CHECKING:
    from typing import NoReturn


def _leave(status: int) -> NoReturn:
    """End the process as it is: all is written, and nobody waits for what it would take apart."""
    for stream in filter(None, (sys.stdout, sys.stderr)):
        with contextlib.suppress(OSError):  # whoever read it has gone
            stream.flush()
    os._exit(status)


if __name__ == "__main__":
    _leave(main())
