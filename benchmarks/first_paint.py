"""What a browser fetches before a page is painted first: ``python benchmarks/first_paint.py [--record]``.

A real server, whose grid is open and empty, is asked for each page and for every file that the page, a style sheet or a
script of it names. Bytes are those of the bodies, as they are sent to a browser that has kept nothing. The Python must
have what Ensemble needs, as ``.nox/fast/bin/python`` has. The goal is less than 200 KB a page.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import time
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "bin")]

from dashgen.pages.navigation import LEGAL_PAGES
from runbook.documents.measured import RECORD, Table
from tests.integration import server_process
from tests.integration.gates import open_gate

if TYPE_CHECKING:
    from tests.integration.server_process import ServerProcess

GOAL = 200_000
PAGES = [
    *("/index.html", "/studio.html", "/pair.html", "/dashboard.html", "/settings.html"),
    *(page.url for page in LEGAL_PAGES),
    "/docs/getting-started/SMOKE_RUNBOOK.html",
]
_NAMED = re.compile(r"""(?:href|src)="(/assets/[^"#]+)|from "(\./[^"]+)"|url\(["']?([^"')#]+)""")


def main() -> int:
    """Print the table; return 1 if a page is too large."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(RECORD, action="store_true", help="keep the table for the documents")
    options = parser.parse_args()
    table = Table(["Page", "Files", "Bytes", "Goal"]).begin()
    server = server_process.start()
    try:
        open_grid(server)
        fetched = {page: files_of(server.url + page) for page in PAGES}
    finally:
        server_process.stop()
    sizes = {page: sum(files.values()) for page, files in fetched.items()}
    for page, size in sizes.items():
        table.add(page, str(len(fetched[page])), f"{size:,}", f"{GOAL:,}")
    if options.record:
        table.record(ROOT, "first-paint")
    return int(max(sizes.values()) >= GOAL)


def open_grid(server: ServerProcess) -> None:
    """Open the grid, for what is served, as a green smoke would."""
    with urllib.request.urlopen(f"{server.url}/health") as answer:  # noqa: S310 - our own server
        build = json.load(answer)["build"]
    gate = server.roots.orch / "gate.json"
    open_gate(gate, build, now=time.time())


def files_of(page: str) -> dict[str, int]:
    """Return the sizes of a page and of all that it and its scripts name, by address."""
    sizes: dict[str, int] = {}
    waiting = [page]
    while waiting:
        address = waiting.pop()
        path = urlsplit(address).path  # a script names another without its digest
        if path in sizes:
            continue
        with urllib.request.urlopen(address) as answer:  # noqa: S310 - our own server
            body = answer.read()
        sizes[path] = len(body)
        names = ("".join(found) for found in _NAMED.findall(body.decode()))
        waiting += [urljoin(address, name) for name in names]
    return sizes


if __name__ == "__main__":
    sys.exit(main())
