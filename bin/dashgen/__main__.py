"""Writes the public pages as files: `python -m dashgen OUTDIR`.

The files hold the bytes that the server would answer with. The gate counts here too: while it is
closed the front page says so and no canvas is written.
"""

from __future__ import annotations

import os
import re
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

from dashgen.build_id import served_build
from dashgen.command_line import Parser, say
from dashgen.gate import FeatureGate
from dashgen.grid_cursor import GridOrder
from dashgen.legal_pages import render_legal_pages
from dashgen.pages.canvas_view import render_canvas_page
from dashgen.pages.dashboard import render_dashboard_page
from dashgen.pages.grid import FIRST_CARDS, render_closed_page, render_index_page
from dashgen.pages.layout import Page, assets
from dashgen.pages.navigation import LEGAL_PAGES
from dashgen.pages.pair import render_pair_page
from dashgen.pages.settings import render_settings_page
from dashgen.pages.studio import render_studio_page
from dashgen.settings import REPOSITORY, Settings
from dashgen.storage.atomic_file import write_atomically
from dashgen.store_protocol import MAX_PAGE
from dashgen.stores import open_stores

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from dashgen.canvas_schema import Canvas
    from dashgen.store_protocol import CanvasStore

_CANVAS_FILE: Final = re.compile(r"cnv_[0-9a-f]{12}\.html", re.ASCII)


def main(arguments: Sequence[str], environment: Mapping[str, str]) -> int:
    """Write the site.

    Args:
        arguments: The command line without the program's name.
        environment: Variables as the server takes them.

    Returns:
        The exit status.
    """
    settings = Settings.from_environment(environment)
    options = _parser().parse_args(arguments)
    now = time.time()
    gate = FeatureGate(settings.gate_file, served_build(REPOSITORY)).read(now)
    url = "" if options.data_root else settings.database_url
    data_root = options.data_root or settings.data_root
    store = open_stores(url, data_root).canvases if gate.is_open else None
    if store is None:
        print(f"the public grid is closed: {gate.reason}", file=sys.stderr)
    written = write_site(options.outdir, store, options.legal, now=now)
    say(f"{written} files written to {options.outdir}")
    return 0


def write_site(outdir: Path, store: CanvasStore | None, legal: Path, *, now: float) -> int:
    """Write all public pages and their assets.

    Args:
        outdir: Folder for the files; made when it is missing.
        store: Where the canvases are, or None while the grid is closed.
        legal: Folder with the legal documents.
        now: Unix seconds.

    Returns:
        How many files were written. Pages of canvases that are no longer public are removed.

    Raises:
        OSError: A legal document cannot be read or a file cannot be written.
    """
    files = {name: page.html.encode() for name, page in _pages(store, legal, now)}
    files |= {f"assets/{name}": asset.body for name, asset in assets().items()}
    for name, body in files.items():
        path = outdir / name
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, body)
    for path in (outdir / "canvas").glob("cnv_*.html"):
        if _CANVAS_FILE.fullmatch(path.name) and f"canvas/{path.name}" not in files:
            path.unlink()
    return len(files)


def _pages(store: CanvasStore | None, legal: Path, now: float) -> Iterator[tuple[str, Page]]:
    yield "index.html", _index(store)
    yield "studio.html", render_studio_page()
    yield "pair.html", render_pair_page()
    yield "dashboard.html", render_dashboard_page()
    yield "settings.html", render_settings_page()
    by_slug = render_legal_pages(legal)
    yield from ((page.url.removeprefix("/"), by_slug[page.slug]) for page in LEGAL_PAGES)
    for canvas in _public_canvases(store) if store else ():
        yield f"canvas/{canvas.id}.html", render_canvas_page(canvas, now=now)


def _index(store: CanvasStore | None) -> Page:
    if store is None:
        return render_closed_page()
    grid = store.list_published(GridOrder.featured, FIRST_CARDS, "")
    return render_index_page(grid.cards, grid.next_cursor, GridOrder.featured)


def _public_canvases(store: CanvasStore) -> Iterator[Canvas]:
    cursor = ""
    while True:
        grid = store.list_published(GridOrder.newest, MAX_PAGE, cursor)
        found = (store.find(card.id, reader=None) for card in grid.cards)
        yield from (canvas for canvas in found if canvas is not None)
        cursor = grid.next_cursor
        if not cursor:
            return


def _parser() -> Parser:
    parser = Parser("python -m dashgen", description="Write the public site.")
    parser.add_argument("outdir", type=Path, help="folder for the files")
    parser.add_argument(
        "--data-root", type=Path, help="folder of the canvases, whatever the environment says"
    )
    parser.add_argument(
        "--legal",
        type=Path,
        default=REPOSITORY / "docs" / "legal",
        help="folder with the legal documents",
    )
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ))
