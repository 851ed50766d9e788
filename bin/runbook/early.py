"""Call a function, then become pytest: ``python -m runbook.early MODULE:FUNCTION [pytest arguments]``.

Importing pytest takes a quarter of a second. What a tier starts before that (``before`` in its
configuration), such as the server that it smokes, is ready by the time the tests are collected.
"""

from __future__ import annotations

import sys
from importlib import import_module


def main(argv: list[str]) -> int:
    """Call the function that the first argument names; return pytest's exit status."""
    module, _, function = argv[0].partition(":")
    getattr(import_module(module), function)()

    import pytest  # noqa: PLC0415 - not before

    return pytest.main(argv[1:])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
