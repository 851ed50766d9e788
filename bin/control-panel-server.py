#!/usr/bin/env python3
"""Starts Ensemble's control panel; see `--help`."""

from __future__ import annotations

import gc
import os
import sys
from importlib.machinery import SOURCE_SUFFIXES, FileFinder, SourceFileLoader
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from importlib.abc import PathEntryFinder
    from types import CodeType

_PROGRAMS = str(Path(__file__).resolve().parent)
_EXIT_ENVIRONMENT = 4  # as dashgen.server has it, which cannot be imported then


class _FromSource(SourceFileLoader):
    """Compiles a module each time: the gate opens for sources, and bytecode beside one may be of another."""

    def get_code(self, fullname: str) -> CodeType:
        """Return what the source says, whatever is cached of it."""
        path = self.get_filename(fullname)
        return self.source_to_code(self.get_data(path), path)


_find_sources = FileFinder.path_hook((_FromSource, SOURCE_SUFFIXES))


def _find_own_sources(folder: str) -> PathEntryFinder:
    if not f"{folder}/".startswith(f"{_PROGRAMS}/"):
        raise ImportError(folder)
    return _find_sources(folder)


def main() -> int:
    """Serve until a signal comes; return the exit status."""
    gc.disable()  # nothing of what is imported goes: it need not be looked through for garbage, now or later
    sys.path.insert(0, _PROGRAMS)
    # A smoke's server boots for a second of life; what it runs was compiled, and checked, by the smoke.
    if "ENSEMBLE_RUN_NONCE" not in os.environ:
        sys.path_hooks.insert(0, _find_own_sources)
        sys.path_importer_cache.pop(_PROGRAMS, None)
    try:
        from dashgen import server  # noqa: PLC0415 - now it is found, and by whom
    except ModuleNotFoundError as error:
        return _lacks(error)
    gc.freeze()
    gc.enable()
    return server.main()


def _lacks(error: ModuleNotFoundError) -> int:
    """Say what has the package that this Python lacks; what is our own is nobody's to install."""
    if (error.name or "dashgen").startswith("dashgen"):
        raise error
    sys.stderr.write(
        f"error: this Python lacks {error.name}; Ensemble needs it\n  next: bin/nox -s panel\n"
    )
    return _EXIT_ENVIRONMENT


if __name__ == "__main__":
    # All that was said is written by now, and Python would take itself apart under the threads of the background:
    # one that is in the middle of something keeps it from ending, or ends it with an abort.
    os._exit(main())
