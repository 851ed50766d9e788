"""Markdown to HTML that is safe to show: our own documents, and the notes of strangers.

Both end in nh3 with a short allow-list. Documents may hold raw HTML, of which only the list
survives. Notes may not: there, markup is read as the text that it is.
"""

from __future__ import annotations

import html
import re
import threading
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Final

from dashgen.links import safe_href

if TYPE_CHECKING:
    from collections.abc import Callable

    from markdown import Markdown
    from markdown.extensions import Extension
    from markupsafe import Markup

_NOTE_TAGS: Final = frozenset(
    "a blockquote br code em h3 h4 hr li ol p pre strong ul".split()  # noqa: SIM905 - to be read
)
_DOCUMENT_TAGS: Final = _NOTE_TAGS | frozenset(
    "h1 h2 h5 h6 table thead tbody tr th td".split()  # noqa: SIM905 - to be read
)
_HEADINGS: Final = ("h1", "h2", "h3", "h4", "h5", "h6")

# Python-Markdown looks through the rest of a text for each open bracket, and starts afresh for each
# level of quotes. A note that is longer, denser or deeper than people write is shown as typed.
NOTE_LIMIT: Final = 8_000
_NOTE_BRACKETS: Final = 40
_DEEP_QUOTE: Final = re.compile(r"(?:>[ \t]?){6}")
_FENCE: Final = re.compile(r"^(?:`{3}|~{3})", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Section:
    """A second-level heading of a document, for its table of contents."""

    anchor: str
    title: str


@dataclass(frozen=True, slots=True)
class Document:
    """A rendered Markdown document.

    Attributes:
        title: Text of its first heading.
        lead: Its first paragraph, when that follows the title at once; else empty.
        body: Everything after title and lead.
        sections: The second-level headings in order.
    """

    title: str
    lead: Markup
    body: Markup
    sections: tuple[Section, ...]


def render_document(source: str, *, resolve: Callable[[str], str] = str) -> Document:
    """Render one of our own Markdown documents.

    Args:
        source: The Markdown text; its first heading is the title.
        resolve: Turns a link as written (such as `PRIVACY_POLICY.md`) into one of this site.

    Returns:
        The parts of the page. Nothing but text, headings, lists, tables, code and safe links is
        left of whatever the source held.
    """
    from markupsafe import Markup

    made = _document_markdown(source).convert(source)
    clean = _readable_tables(_clean(made, _DOCUMENT_TAGS, resolve))
    title, lead, body = _split(clean)
    outline = _Outline()
    outline.feed(clean)
    return Document(
        title=html.unescape(re.sub(r"<[^>]*>", "", title)).strip(),
        lead=Markup(lead),  # noqa: S704 - it is clean
        body=Markup(body),  # noqa: S704 - it is clean
        sections=tuple(outline.sections),
    )


def render_note(text: str) -> Markup:
    """Render the Markdown of a stranger.

    Args:
        text: Any string. Raw HTML in it is shown as text; images are not fetched.

    Returns:
        HTML of paragraphs, small headings, lists, quotes, code, emphasis and safe links.
    """
    from markupsafe import Markup

    if len(text) > NOTE_LIMIT or text.count("[") > _NOTE_BRACKETS or _DEEP_QUOTE.search(text):
        return plain_note(text)
    try:
        made = _note_to_html(text)
    except RecursionError:
        return plain_note(text)
    lowered = re.sub(r"(</?h)[12]>", r"\g<1>3>", re.sub(r"(</?h)[56]>", r"\g<1>4>", made))
    return Markup(_clean(lowered, _NOTE_TAGS, str, rel="noopener nofollow"))  # noqa: S704 - it is clean


def plain_note(text: str) -> Markup:
    """Show a note as it was typed, line by line."""
    from markupsafe import Markup

    return Markup("<pre>{}</pre>").format(text)


def heading_anchor(title: str, separator: str = "-") -> str:
    """Name a heading as code hosts do, so that links work there and here.

    Args:
        title: Text of the heading.
        separator: What stands for a space.

    Returns:
        Lower-case words joined by the separator; punctuation is left out.
    """
    words = re.sub(r"[^\w\s-]", "", title.lower()).strip()
    return re.sub(r"\s", separator, words)


def _clean(
    text: str, tags: frozenset[str], resolve: Callable[[str], str], *, rel: str | None = None
) -> str:
    import nh3

    def check(_tag: str, attribute: str, value: str) -> str | None:
        return safe_href(resolve(value)) if attribute == "href" else value

    anchors: dict[str, set[str]] = {heading: {"id"} for heading in _HEADINGS}
    # nh3 takes UTF-8 alone, and a record that was damaged on disk may hold a lone surrogate.
    return nh3.clean(
        text.encode("utf-8", "replace").decode("utf-8"),
        tags=set(tags),
        attributes={"a": {"href"}} | (anchors if "h1" in tags else {}),
        attribute_filter=check,
        url_schemes={"http", "https", "mailto"},
        link_rel=rel,
    )


def _readable_tables(clean: str) -> str:
    """Let wide tables scroll, by keyboard too, and make no heading of an empty corner."""
    return (
        clean.replace("<th></th>", "<td></td>")
        .replace(
            "<table>",
            '<div class="table-scroller" role="group" aria-label="Table" tabindex="0"><table>',
        )
        .replace("</table>", "</table></div>")
    )


def _split(clean: str) -> tuple[str, str, str]:
    """Part the title, the paragraph right behind it, and the rest."""
    found = re.match(r"\s*<h1[^>]*>(.*?)</h1>\s*(?:<p>(.*?)</p>)?", clean, re.DOTALL)
    if found is None:
        return "", "", clean
    return found[1], found[2] or "", clean[found.end() :].lstrip()


class _Outline(HTMLParser):
    """Collects the second-level headings of sanitised HTML.

    Markdown's own list of headings differs between its versions; the HTML does not.
    """

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.sections: list[Section] = []
        self._anchor: str | None = None
        self._title = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "h2":
            self._anchor, self._title = dict(attrs).get("id"), ""

    def handle_data(self, data: str) -> None:
        self._title += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "h2" and self._anchor:
            self.sections.append(Section(self._anchor, self._title.strip()))
            self._anchor = None


# A converter leaves quotes as they are typed: to curl them would double the time of each page.
def _document_markdown(source: str) -> Markdown:
    from markdown import Markdown
    from markdown.extensions.sane_lists import SaneListExtension
    from markdown.extensions.tables import TableExtension
    from markdown.extensions.toc import TocExtension

    # By name, Markdown would look for each among the entry points of everything installed.
    extensions: list[Extension] = [
        TableExtension(),
        TocExtension(slugify=heading_anchor),
        SaneListExtension(),
    ]
    if _FENCE.search(source):  # it brings all that colours code: the first page would wait for that
        from markdown.extensions.fenced_code import FencedCodeExtension

        extensions.append(FencedCodeExtension())
    return Markdown(extensions=extensions)


_kept = threading.local()


def _note_to_html(text: str) -> str:
    """Convert by the converter of this thread: to make one takes longer than most notes do.

    It keeps state while it works, so one that a text has stopped half-way is not taken again.
    """
    converter: Markdown = _kept.__dict__.pop("converter", None) or _note_markdown()
    made = converter.reset().convert(text)
    _kept.converter = converter
    return made


def _note_markdown() -> Markdown:
    """Make a Markdown without raw HTML, images and bare addresses."""
    from markdown import Markdown
    from markdown.extensions.sane_lists import SaneListExtension

    made = Markdown(extensions=[SaneListExtension()])
    made.preprocessors.deregister("html_block")
    for name in (
        "html",
        "autolink",
        "automail",
        "image_link",
        "image_reference",
        "short_image_ref",
    ):
        made.inlinePatterns.deregister(name)
    return made
