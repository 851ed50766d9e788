"""A Markdown document of the repository as a page."""

from __future__ import annotations

from functools import partial

from dashgen.pages.layout import Page, render
from dashgen.pages.rich_text import render_document


def render_docs_page(source: str, source_name: str, folder: str = "") -> Page:
    """Render a document.

    Args:
        source: The Markdown text; its first heading is the title.
        source_name: Path of the file in the repository, shown to the reader.
        folder: What stands before relative links, for a page at an address that is not its file's.

    Returns:
        The page. Links to other Markdown files lead to their pages.
    """
    return render(
        "docs.html",
        document=render_document(source, resolve=partial(_page_link, folder)),
        source_name=source_name,
    )


def _page_link(folder: str, link: str) -> str:
    """Turn a relative link to a Markdown file into one to its page.

    One to another file of the repository leads nowhere here and is dropped; every other stays.
    """
    file, mark, anchor = link.partition("#")
    if ":" in file or file.startswith("/") or not file:
        return link
    return f"{folder}{file.removesuffix('.md')}.html{mark}{anchor}" if file.endswith(".md") else ""
