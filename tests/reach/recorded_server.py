"""Ensemble's server, which notes what serves its requests: ``recorded_server.py NOTES ARGUMENTS``.

These are the functions of `dashgen`, noted from the first connection on, each once, as ``file::name`` a line.
Left out is what no request asked for: the start and the end of the process, and the thread that tidies its store.
Pages are not warmed up, so that requests make them, and no template has been compiled before.
"""

from __future__ import annotations

import os
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from types import CodeType, FrameType

ROOT = Path(__file__).resolve().parents[2]
BIN = ROOT / "bin"
FIRST = "BoundedHttpProtocol.connection_made"
OWN_WORK = {"store-sweep", "parent-watch"}
SOURCES = str(BIN / "dashgen")
PROCESS = str(BIN / "dashgen" / "server.py")


class Recorder:
    """A tracer that writes down the functions that are called.

    Args:
        notes: The file to write to.
    """

    def __init__(self, notes: Path) -> None:
        self._seen: set[CodeType] = set()
        self._is_serving = False
        self._notes = notes.open("a", encoding="utf-8", buffering=1)  # a line at a time

    def __call__(self, frame: FrameType, *_: Any) -> None:
        """Note the function of a frame that begins; none of its lines is asked for."""
        code = frame.f_code
        if code in self._seen or not code.co_filename.startswith(SOURCES):
            return
        self._is_serving = self._is_serving or code.co_qualname == FIRST
        if self._is_serving and threading.current_thread().name not in OWN_WORK:
            self._seen.add(code)
            if code.co_filename != PROCESS:
                file = Path(code.co_filename).relative_to(ROOT).as_posix()
                self._notes.write(f"{file}::{code.co_qualname}\n")


def compile_templates_anew() -> None:
    """Let no earlier server have compiled a template: whether one has would decide what a request reaches."""
    from dashgen.pages import template_cache

    class EmptyCache(template_cache.TemplateCache):
        def __init__(self, folder: Path, settings: Path) -> None:
            super().__init__(Path(os.environ["ORCH_DATA"], f"compiled-{folder.name}"), settings)

    vars(template_cache)["TemplateCache"] = EmptyCache
    sys.dont_write_bytecode = False  # by which the cache goes


def main() -> int:
    """Serve, and note."""
    notes, *arguments = sys.argv[1:]
    recorder = Recorder(Path(notes))
    sys.path.insert(0, str(BIN))
    from dashgen import server

    vars(server)["warm_up"] = lambda: None
    compile_templates_anew()
    threading.settrace(recorder)
    sys.settrace(recorder)
    return server.main(arguments)


if __name__ == "__main__":
    sys.exit(main())
