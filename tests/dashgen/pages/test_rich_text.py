"""Markdown of strangers and of our own, made safe."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import html5lib
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashgen.pages.rich_text import NOTE_LIMIT, heading_anchor, render_document, render_note

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType
    from typing import Any
    from xml.etree.ElementTree import Element

NOTE_TAGS = set("a blockquote br code em h3 h4 hr li ol p pre strong ul".split())  # noqa: SIM905 - to be read
DOCUMENT_TAGS = NOTE_TAGS | set("h1 h2 h5 h6 table thead tbody tr th td".split())  # noqa: SIM905 - to be read
LINES_A_CHARACTER = 200  # of Python, in a converter that goes through a note once


def elements(markup: str) -> list[Element]:
    tree = html5lib.parseFragment(markup, treebuilder="etree", namespaceHTMLElements=False)
    return [one for one in tree.iter() if one.tag != "DOCUMENT_FRAGMENT"]


def assert_clean(markup: str, tags: set[str], attributes: set[str]) -> None:
    for element in elements(markup):
        assert element.tag in tags
        assert set(element.attrib) <= attributes
        url = element.get("href") or ""
        assert urlsplit(url).scheme in {"", "http", "https", "mailto"}
        assert not url.startswith("//")


def test_a_payload_in_a_note_is_text(payload: str) -> None:
    assert_clean(render_note(payload), NOTE_TAGS, {"href", "rel"})


def test_a_payload_in_a_document_is_cleaned(payload: str) -> None:
    document = render_document(f"# T\n\n{payload}\n\n## {payload}\n")

    scroller = {"class", "role", "aria-label", "tabindex"}
    assert_clean(document.lead + document.body, DOCUMENT_TAGS | {"div"}, {"href", "id"} | scroller)


@given(st.text(alphabet="<>[]()!*_`#>-+ \n\t\"'&:/\\abj1.", max_size=120))
def test_any_note_is_clean(text: str) -> None:
    assert_clean(render_note(text), NOTE_TAGS, {"href", "rel"})


@given(st.lists(st.text(alphabet="<>[]()!*_`#>-+ \n\t\"'&:/\\abj1.", max_size=60), max_size=5))
def test_a_note_is_the_same_after_others(texts: list[str]) -> None:
    after_others = [render_note(text) for text in texts]

    assert after_others == [by_a_thread_of_its_own(text) for text in texts]


def test_a_name_that_one_note_defines_is_no_link_in_the_next() -> None:
    render_note("[here]: https://example.org/\n\n[here]")

    assert "href" not in render_note("[here]")


def test_a_note_that_stops_the_converter_half_way_spoils_no_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def give_up(*_args: object) -> None:
        raise RecursionError

    with monkeypatch.context() as patch:
        patch.setattr("markdown.blockparser.BlockParser.parseBlocks", give_up)
        assert "<pre>*soft*</pre>" == render_note("*soft*")

    assert "<em>soft</em>" in render_note("*soft*")


def by_a_thread_of_its_own(text: str) -> str:
    """Render a note where no converter has worked before."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(render_note, text).result()


def test_a_note_has_its_markdown() -> None:
    markup = render_note("# Big\n\n*soft* **loud** `code`\n\n- one\n\n[out](https://example.org)")

    assert [
        "h3", "p", "em", "strong", "code", "ul", "li", "p", "a",
    ] == [one.tag for one in elements(markup)]  # fmt: skip
    assert 'href="https://example.org"' in markup
    assert 'rel="noopener nofollow"' in markup


@pytest.mark.parametrize("level", range(1, 7))
def test_headings_of_a_note_stay_below_those_of_the_page(level: int) -> None:
    (heading,) = elements(render_note(f"{'#' * level} Title"))

    assert heading.tag in {"h3", "h4"}


def test_raw_html_in_a_note_is_shown_as_it_was_typed() -> None:
    (paragraph,) = elements(render_note("<b>1 < 2</b> &amp; <!-- x -->"))

    assert "<b>1 < 2</b> & <!-- x -->" == paragraph.text


def test_a_refused_link_keeps_its_label() -> None:
    link = elements(render_note("[label](javascript:alert(1))"))[1]

    assert "label" == link.text
    assert "href" not in link.attrib


def test_a_note_that_is_too_long_is_shown_as_typed() -> None:
    (block,) = elements(render_note("*a* " * NOTE_LIMIT))

    assert "pre" == block.tag
    assert (block.text or "").startswith("*a* *a*")


@pytest.mark.parametrize(
    "unit",
    [
        *("[", "[](", "![", "[a](b) ", "[a]: b\n", "*", "**a *", "***a ", "_a", "`", "`a", "``a "),
        *("> ", "- ", "  - a\n", "1. ", "a\n\n", "a\n=\n", "&", "<", "\\", "|a"),
    ],
)
def test_the_steps_that_a_note_takes_grow_with_its_length_alone(unit: str) -> None:
    text = (unit * NOTE_LIMIT)[:NOTE_LIMIT]
    render_note("")  # makes the converter

    end_after(LINES_A_CHARACTER * NOTE_LIMIT, lambda: render_note(text))


def end_after(most: int, work: Callable[[], object]) -> None:
    """Do some work, and fail as soon as it has run more than so many lines of Python.

    What regular expressions do is not seen; the length of a note bounds that.
    """
    lines = 0

    def count(_frame: FrameType, event: str, _argument: object) -> Callable[..., Any]:
        nonlocal lines
        lines += event == "line"
        assert lines <= most
        return count

    before = sys.gettrace()
    sys.settrace(count)
    try:
        work()
    finally:
        sys.settrace(before)


def test_a_document_is_parted_into_title_lead_body_and_sections() -> None:
    document = render_document(
        "# The *title*\n\nThe **lead**.\n\n## One & two\n\nText.\n\n## Two\n"
    )

    assert "The title" == document.title
    assert "The <strong>lead</strong>." == document.lead
    assert document.body.startswith('<h2 id="one--two">')
    assert [
        ("one--two", "One & two"),
        ("two", "Two"),
    ] == [tuple(vars_of) for vars_of in _sections(document.sections)]


def _sections(sections: object) -> list[tuple[str, str]]:
    assert isinstance(sections, tuple)
    return [(section.anchor, section.title) for section in sections]


def test_a_document_may_lack_title_and_lead() -> None:
    document = render_document("Just text.")

    assert ("", "") == (document.title, document.lead)
    assert "<p>Just text.</p>" == document.body


def test_links_of_a_document_are_resolved_and_then_judged() -> None:
    document = render_document(
        "[a](A.md) [b](B.md)", resolve=lambda link: {"A.md": "/a.html"}.get(link, "javascript:0")
    )

    assert '<p><a href="/a.html">a</a> <a>b</a></p>' == document.body


@pytest.mark.parametrize("fence", ["```", "~~~"])
def test_tables_and_code_of_a_document_survive(fence: str) -> None:
    document = render_document(f"| a | b |\n|---|:-:|\n| 1 | 2 |\n\n{fence}\nx < y\n{fence}\n")

    tags = [one.tag for one in elements(document.body)]
    assert {"table", "thead", "tbody", "th", "td", "pre", "code"} <= set(tags)
    assert "x &lt; y" in document.body


@pytest.mark.parametrize(
    ("title", "anchor"),
    [
        ("4. Your content", "4-your-content"),
        ("Copyright & DMCA", "copyright--dmca"),
        ("What's new?", "whats-new"),
        ("Größe", "größe"),
    ],
)
def test_anchors_are_named_as_code_hosts_name_them(title: str, anchor: str) -> None:
    assert anchor == heading_anchor(title)


def test_a_table_scrolls_by_itself_and_its_empty_corner_is_no_heading() -> None:
    body = render_document("# T\n\nx\n\n| | a |\n|---|---|\n| b | c |\n").body

    scroller, table = elements(body)[:2]
    assert (
        "div", "table-scroller", "0",
    ) == (scroller.tag, scroller.get("class"), scroller.get("tabindex"))  # fmt: skip
    assert "table" == table.tag
    assert [
        "td",
        "th",
        "td",
        "td",
    ] == [one.tag for one in elements(body) if one.tag in {"th", "td"}]
