"""Call functions, then become pytest: ``python -m runbook.early MODULE:FUNCTION,... [pytest arguments]``.

Importing pytest takes a quarter of a second. What a tier starts before that (``before`` in its
configuration), such as the server that it smokes, is ready by the time the tests are collected.
"""

from __future__ import annotations

import sys
from importlib import import_module

from runbook.errors import RunbookError


def main(argv: list[str]) -> int:
    """Call the functions that the first argument names; return pytest's exit status.

    Where one of them says that it cannot (`RunbookError`), that is the end of the run.
    """
    try:
        for each in argv[0].split(","):
            module, _, function = each.partition(":")
            getattr(import_module(module), function)()
    except RunbookError as error:
        sys.exit(f"ERROR: {error}")

    import pytest  # noqa: PLC0415 - not before

    return pytest.main(argv[1:])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
