"""Documents of the repository as pages."""

from __future__ import annotations

import pytest

from dashgen.pages.docs import render_docs_page


def test_it_names_its_source() -> None:
    page = render_docs_page("# A *title*\n\nA lead.\n", "docs/<a>.md")

    assert "<h1>A title</h1>" in page.html
    assert '<p class="lead">A lead.</p>' in page.html
    assert "docs/&lt;a&gt;.md" in page.html


@pytest.mark.parametrize(("chapters", "shown"), [(0, False), (1, False), (2, True)])
def test_a_list_of_chapters_is_there_where_there_is_something_to_choose(
    chapters: int, *, shown: bool
) -> None:
    source = "# T\n\nA lead.\n" + "\n## A chapter\n\nWords.\n" * chapters

    assert shown == ("On this page" in render_docs_page(source, "a.md").html)


@pytest.mark.parametrize(
    ("link", "href"),
    [
        ("../adr/0006.md#why", "../adr/0006.html#why"),
        ("https://example.org/a.md", "https://example.org/a.md"),
        ("#part", "#part"),
        ("/legal/terms.html", "/legal/terms.html"),
    ],
)
def test_links_between_documents_lead_to_their_pages(link: str, href: str) -> None:
    assert f'<a href="{href}">x</a>' in render_docs_page(f"# T\n\n[x]({link})\n", "a.md").html


def test_a_link_to_a_file_without_a_page_is_dropped() -> None:
    html = render_docs_page("# T\n\n[the schema](openapi.yaml)\n", "a.md").html

    assert "<a>the schema</a>" in html
    assert "openapi.yaml" not in html
