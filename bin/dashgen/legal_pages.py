"""The legal pages, rendered from the Markdown documents in `docs/legal`.

Needs nothing but the renderer (markdown, nh3, jinja2), so that these pages can be smoked in an
environment that holds nothing else.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import TYPE_CHECKING

from dashgen.pages.layout import Page, render
from dashgen.pages.navigation import LEGAL_PAGES
from dashgen.pages.rich_text import render_document

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from dashgen.pages.navigation import LegalPage


class _RenderedPages(Mapping[str, Page]):
    """Pages that are rendered when they are looked up, each time anew."""

    def __init__(self, texts: dict[LegalPage, str]) -> None:
        self._texts = {page.slug: (page, text) for page, text in texts.items()}

    def __getitem__(self, slug: str) -> Page:
        page, text = self._texts[slug]
        document = render_document(text, resolve=_site_link)
        return render("legal.html", page=page, document=document)

    def __iter__(self) -> Iterator[str]:
        return iter(self._texts)

    def __len__(self) -> int:
        return len(self._texts)


def render_legal_pages(source: Path) -> Mapping[str, Page]:
    """Read all legal documents; render each when its page is asked for.

    Args:
        source: The folder with the Markdown documents.

    Returns:
        The pages by slug, in the order of `LEGAL_PAGES`.

    Raises:
        OSError: A document is missing or cannot be read. A site without one of them must not be
            served, so there is no page to fall back on.
    """
    texts = {page: (source / page.source).read_text(encoding="utf-8") for page in LEGAL_PAGES}
    return _RenderedPages(texts)


def _site_link(link: str) -> str:
    """Turn a link between the documents, as it works in the repository, into one of the site."""
    file, mark, anchor = link.partition("#")
    return _urls_by_source().get(file, file) + mark + anchor


@functools.cache
def _urls_by_source() -> dict[str, str]:
    return {page.source: page.url for page in LEGAL_PAGES}
