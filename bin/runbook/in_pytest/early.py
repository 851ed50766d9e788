"""Call functions, then become pytest: ``python -m runbook.in_pytest.early MODULE:FUNCTION,... [pytest arguments]``.

The engine's forked child does so without a Python of its own, see `runbook.smoke.pytest_process`.

Importing pytest takes a quarter of a second. What a tier starts before that (``before`` in its
configuration), such as the server that it smokes, is ready by the time the tests are collected.
"""

from __future__ import annotations

import atexit
import gc
import os
import sys
from importlib import import_module

from runbook.errors import RunbookError


def main(argv: list[str]) -> int:
    """Call the functions that the first argument names; return pytest's exit status.

    Where one of them says that it cannot (`RunbookError`), that is the end of the run.
    """
    status: list[int] = []
    # What is registered first is called last: after whatever else wants to be done at the end.
    atexit.register(_leave_with, status)
    try:
        for each in filter(None, argv[0].split(",")):
            module, _, function = each.partition(":")
            getattr(import_module(module), function)()
    except RunbookError as error:
        sys.exit(f"ERROR: {error}")

    # Where the engine is installed pytest finds the plugin, and warns of a package that it cannot rewrite any more.
    sys.modules.pop("runbook", None)
    gc.disable()  # nothing of what is imported goes: it need not be looked through for garbage, now or later
    import pytest  # noqa: PLC0415 - not before

    gc.freeze()
    gc.enable()
    status.append(pytest.main(argv[1:]))
    return status[0]


def _leave_with(status: list[int]) -> None:
    """End the process without taking it apart, object by object: that takes a tenth of a second."""
    if status:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status[0])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
