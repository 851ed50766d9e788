"""Pages, parsed as browsers parse them, and texts that try to become more than text."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol
from xml.etree.ElementTree import Element

import html5lib
import pytest

from dashgen.canvas_schema import Canvas, Card, Visibility
from dashgen.ids import CanvasId
from dashgen.pages.canvas_view import render_canvas_page
from dashgen.pages.dashboard import render_dashboard_page
from dashgen.pages.docs import render_docs_page
from dashgen.pages.error import render_error_page
from dashgen.pages.grid import render_index_page
from dashgen.pages.pair import render_pair_page
from dashgen.pages.settings import render_settings_page
from dashgen.pages.studio import render_studio_page
from dashgen.room_schema import Component, RoomState, Stage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from dashgen.pages.layout import Page

HOSTILE = (
    "</script><script>alert(1)</script>",
    "</ScRiPt\t><img src=x onerror=alert(1)>",
    "<!--<script>",
    "<!-- <script> -->",
    "--><svg onload=alert(1)>",
    "]]><script>alert(1)</script>",
    "</style><script>alert(1)</script>",
    "</title><script>alert(1)</script>",
    "</textarea></template></noscript><script>alert(1)</script>",
    '"><script>alert(1)</script>',
    "'><img src=x onerror=alert(1)>",
    '" onmouseover="alert(1)" x="',
    "' autofocus onfocus=alert(1) '",
    "` onload=alert(1) `",
    " onclick=alert(1) ",
    "<svg><animate onbegin=alert(1) attributeName=x dur=1s>",
    "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
    "<iframe srcdoc='<script>alert(1)</script>'>",
    "<base href=//evil.example>",
    "<meta http-equiv=refresh content='0;url=//evil.example'>",
    "<link rel=stylesheet href=//evil.example/x.css>",
    "<form action=//evil.example><input name=x><button>",
    "<plaintext>",
    "<template><b>",
    "<details open ontoggle=alert(1)>",
    "<b>bold</b><i>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "&#60;img src=x onerror=alert(1)&#62;",
    "&quot; onload=alert(1) &quot;",
    "&",
    "&amp;amp;",
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    "java\tscript:alert(1)",
    "java\nscript:alert(1)",
    "\x01javascript:alert(1)",
    " javascript:alert(1)",
    "javascript&colon;alert(1)",
    "javascript&#58;alert(1)",
    "vbscript:msgbox(1)",
    "data:text/html,<script>alert(1)</script>",
    "data:image/svg+xml;base64,PHN2Zz4=",
    "blob:https://a.example/1",
    "file:///etc/passwd",
    "//evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "https:evil.example",
    "https://user@evil.example",
    "http://[::1",
    "[x](javascript:alert(1))",
    "[x](<javascript:alert(1)>)",
    "![x](javascript:alert(1))",
    "![x](https://evil.example/pixel.png)",
    "[x]: javascript:alert(1)\n\n[x]",
    "<javascript:alert(1)>",
    "<https://evil.example>",
    "# <img src=x onerror=alert(1)>",
    "```\n</code></pre><script>alert(1)</script>\n```",
    '<div markdown="1" onclick="alert(1)">x</div>',
    "{{ 7 * 7 }}{% raw %}",
    "{# comment #}",
    "${alert(1)}",
    "expression(alert(1))",
    "red;}body{display:none}",
    "warm onload=alert(1)",
    "theme-warm evil",
    "canvas-boot",
    "note-0",
    "cookie-banner",
    "../../etc/passwd",
    "%00%0d%0a",
    "a\u2028b\u2029c",
    "\x00",
    "a\x00b<c\x0bd",
    "\ufeff\u200b\u202e",
    "\ud800",
    "\uff1cscript\uff1e",
    "<" * 200,
    "[" * 200 + "](" * 200,
    "> " * 200,
    "\\",
    "a\nb",
    "\r\n\r\n<p>",
    "x" * 5_000,
)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run every test that takes a `payload` once for each hostile text."""
    if "payload" in metafunc.fixturenames:
        names = [f"{number:02}" for number in range(len(HOSTILE))]
        metafunc.parametrize("payload", HOSTILE, ids=names)


class Parsed(NamedTuple):
    """A page as the parser of the HTML standard sees it."""

    root: Element

    def all(self, tag: str = "*") -> list[Element]:
        """Every element of a name, in order, those inside templates included."""
        wanted = (lambda _: True) if tag == "*" else (lambda element: element.tag == tag)
        return [element for element in _elements(self.root) if wanted(element)]

    def by_id(self, name: str) -> Element:
        """The one element with this id."""
        found = [element for element in self.all() if element.get("id") == name]
        assert 1 == len(found), f"{len(found)} elements have the id {name}"
        return found[0]

    def with_class(self, name: str) -> list[Element]:
        """Every element of a class."""
        return [one for one in self.all() if name in (one.get("class") or "").split()]

    def text(self, element: Element) -> str:
        """All text inside an element, in one line."""
        return " ".join("".join(element.itertext()).split())


def _elements(root: Element) -> Iterator[Element]:
    for element in root.iter():
        if isinstance(element.tag, str):
            yield element


def parse_page(page: Page) -> Parsed:
    tree = html5lib.parse(page.html, treebuilder="etree", namespaceHTMLElements=False)
    assert isinstance(tree, Element)
    return Parsed(tree)


@pytest.fixture(scope="session")
def parse() -> Callable[[Page], Parsed]:
    return parse_page


class MakeCanvas(Protocol):
    """Makes a canvas with the text in each of its fields and the address in each link."""

    def __call__(self, text: str = ..., url: str = ...) -> Canvas:
        """Make one."""


_PLAIN_WORDS = "An everyday sentence"
_SAMPLE_NOTE = (
    "# Big\n\n### Small\n\n*soft* **loud** `code`  \nnew line\n\n- a\n\n1. b\n\n> quote\n\n---\n\n"
    "    block\n\n[out](https://example.org/)"
)


def _components(text: str, url: str) -> list[Component]:
    """One component of every kind, with the text in each of its fields."""
    words: dict[str, object] = {
        "text": text,
        "label": text,
        "title": text,
        "variant": text,
        "sprite": text,
        "shape": text,
        "color_token": text,
    }
    kinds = ("text", "badge", "sprite", "prop", "slot", "svg", "staff", "html", "image", "style")
    plain = [Component(id=text, type=kind, y=9_000.0, props=words) for kind in kinds]
    return [
        *plain,
        Component(id=text, type=text, y=9_000.0),
        Component(id=text, type="click-to-link", y=9_000.0, props={"label": text, "url": url}),
        Component(id=text, type="link", y=9_000.0, props={"label": text, "href": url}),
        Component(
            id=text, type="prop", y=9_000.0, interaction={"link": {"url": url, "label": text}}
        ),
        Component(id=text, type="click-to-read", y=9_000.0, props={"label": text, "content": text}),
        Component(id=text, type="text", y=9_000.0, props=words, events={text: {"url": url}}),
        # The same on every page, so that all kinds of elements are there to compare with.
        Component(id="a", type="click-to-read", props={"label": "Read", "content": _SAMPLE_NOTE}),
        Component(
            id="b", type="click-to-link", props={"label": "Go", "url": "https://example.org"}
        ),
        Component(id="c", type="click-to-link", props={"label": "Nowhere", "url": "javascript:0"}),
    ]


def canvas_of(text: str = _PLAIN_WORDS, url: str = "https://example.org/a") -> Canvas:
    return Canvas(
        id=CanvasId(text),
        owner_id=text,
        owner_handle=text,
        room_state=RoomState(
            preset=text,
            ambient=text,
            stage=Stage(background_layer=text, ambient_sound=text),
            components=_components(text, url),
        ),
        theme=text,
        title=text,
        description=text,
        source_metadata={text: text},
        created_at=0.0,
        updated_at=0.0,
        slot_index=0,
        published_at=1_790_000_000.0,
        visibility=Visibility.public,
    )


@pytest.fixture(scope="session")
def make_canvas() -> MakeCanvas:
    return canvas_of


class MakeCard(Protocol):
    """Makes a card with the text in each of its fields."""

    def __call__(self, text: str = ..., *, thumbnail: str | None = ...) -> Card:
        """Make one."""


def card_of(text: str = _PLAIN_WORDS, *, thumbnail: str | None = None) -> Card:
    return Card(
        id=CanvasId(text),
        title=text,
        owner_handle=text,
        description=text,
        theme=text,
        published_at=1_790_000_000.0,
        thumbnail_url=thumbnail,
    )


@pytest.fixture(scope="session")
def make_card() -> MakeCard:
    return card_of


@pytest.fixture(scope="session")
def every_page() -> dict[str, Page]:
    """One page of each kind, filled as it would be on a good day."""
    return {
        "index": render_index_page([card_of()], "next", "featured"),
        "index without canvases": render_index_page([], "", "newest"),
        "index while closed": render_index_page([], "", "featured", notice="Closed for now."),
        "canvas": render_canvas_page(canvas_of(), now=1_790_000_100.0),
        "studio": render_studio_page(),
        "pair": render_pair_page(),
        "dashboard": render_dashboard_page(),
        "settings": render_settings_page(),
        "docs": render_docs_page("# Title\n\nLead.\n\n## One\n\nText.\n", "docs/x.md"),
        "error": render_error_page(404, "There is no such canvas."),
    }
