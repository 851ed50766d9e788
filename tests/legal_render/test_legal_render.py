"""The five legal pages, in an environment that holds nothing but their renderer."""

from __future__ import annotations

import functools
import json
import os
import re
import subprocess
import sys
from collections import Counter
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from dashgen.legal_pages import render_legal_pages
from dashgen.pages.layout import Page
from dashgen.pages.navigation import LEGAL_PAGES, LegalPage
from runbook.preconditions import precondition

if TYPE_CHECKING:
    from collections.abc import Mapping

ROOT = Path(__file__).resolve().parents[2]
LEGAL = ROOT / "docs" / "legal"
STORE = ROOT / "bin" / "dashgen" / "pages" / "assets" / "store.js"
AUTH = ROOT / "bin" / "dashgen" / "auth.py"
VOID = frozenset("area base br col embed hr img input link meta source track wbr".split())  # noqa: SIM905 - to be read
# What the site answers beside the legal pages; a link to anything else is a mistake.
SITE = re.compile(
    r"/(?:(?:index|studio|pair|settings|dashboard)\.html|docs/[\w/-]+\.html|assets/[\w.-]+)"
)


class Outline(HTMLParser):
    """What of a page is asserted upon: elements, ids, links, and the text of its main part."""

    def __init__(self, page: Page) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.article: list[str] = []
        self.article_links: list[str] = []
        self.text = ""
        self.footer_links: list[tuple[str, str]] = []
        self._open: list[str] = []
        self.feed(page.html)
        self.close()
        assert [] == self._open, f"never closed: {self._open}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element."""
        values = {name: value or "" for name, value in attrs}
        self.elements.append((tag, values))
        if "article" in self._open:
            self.article.append(tag)
            if "href" in values:
                self.article_links.append(values["href"])
        if "footer" in self._open and tag == "a":
            self.footer_links.append((values["href"], ""))
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """Check that elements end in the order in which they began."""
        if tag not in VOID:
            assert tag == self._open.pop()

    def handle_data(self, data: str) -> None:
        """Gather the text of the main part, and that of the footer's links."""
        if "footer" in self._open and self._open[-1] == "a":
            href, text = self.footer_links.pop()
            self.footer_links.append((href, text + data))
        if "main" in self._open:
            # Code shows what was typed, so Markdown's own signs may stand in it.
            self.text += " " if "code" in self._open else data

    @property
    def ids(self) -> list[str]:
        """Every id, in order."""
        return [values["id"] for _, values in self.elements if "id" in values]

    @property
    def links(self) -> list[str]:
        """Where every link leads, in order."""
        return [values["href"] for tag, values in self.elements if tag == "a" and "href" in values]


PAGES_ARE_RENDERED = precondition(
    "every legal page is rendered", row="test_legal_page_has_its_title_and_text"
)
LINKS_ARE_KEPT = precondition("links lead on", row="test_legal_links_and_anchors_resolve")
CODE_IS_KEPT = precondition("code is shown as code", row="test_legal_structure_follows_the_source")
ORDER_IS_KEPT = precondition(
    "links have one order in every process", row="test_legal_pages_are_the_same_bytes_twice"
)


def render() -> Mapping[str, Page]:
    return render_legal_pages(LEGAL)


RENDER_ALL = """
import json, sys
from pathlib import Path
from dashgen.legal_pages import render_legal_pages
pages = render_legal_pages(Path(sys.argv[1]))
print(json.dumps({slug: [page.html, page.content_security_policy] for slug, page in pages.items()}))
"""


@functools.cache
def render_elsewhere() -> tuple[Mapping[str, Page], ...]:
    """Render all pages in two processes, in which a set of words has another order than in the other."""
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", RENDER_ALL, str(LEGAL)],
            env={**os.environ, "PYTHONPATH": str(ROOT / "bin"), "PYTHONHASHSEED": seed},
            stdout=subprocess.PIPE,
        )
        for seed in ("1", "2")
    ]
    said = [process.communicate()[0] for process in processes]
    return tuple({slug: Page(*page) for slug, page in json.loads(each).items()} for each in said)


def check_order_of_links(legal: LegalPage) -> None:
    """Tell a page that is another one in every process as that, and not as links in a wrong order."""
    with ORDER_IS_KEPT:
        first, second = (Outline(pages[legal.slug]).links for pages in render_elsewhere())
        assert first == second


def source_of(page: LegalPage) -> str:
    return (LEGAL / page.source).read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def outlines() -> dict[str, Outline]:
    with PAGES_ARE_RENDERED:
        return {slug: Outline(page) for slug, page in render().items()}


@pytest.fixture
def outline(legal: LegalPage, outlines: dict[str, Outline]) -> Outline:
    with PAGES_ARE_RENDERED:
        return outlines[legal.slug]


@pytest.fixture(params=LEGAL_PAGES, ids=lambda page: page.slug)
def legal(request: pytest.FixtureRequest) -> LegalPage:
    assert isinstance(request.param, LegalPage)
    return request.param


@pytest.mark.runbook(
    severity="normal",
    cause="A legal document is missing, empty or has lost its title.",
    suspects=[
        "bin/dashgen/legal_pages.py::render_legal_pages",
        "bin/dashgen/pages/navigation.py",
        "docs/legal/TERMS_OF_SERVICE.md",
    ],
)
def test_legal_page_has_its_title_and_text(legal: LegalPage) -> None:
    title = source_of(legal).splitlines()[0].removeprefix("# ")
    assert title == legal.title

    page = render()[legal.slug]

    outline = Outline(page)
    assert f"<h1>{title}</h1>" in page.html
    assert f"<title>{title} · Ensemble</title>" in page.html
    assert 1 == [tag for tag, _ in outline.elements].count("h1")
    version = re.compile(r"Version \d+, in force from \d{1,2} [A-Z][a-z]+ \d{4}\.")
    assert 1 == len(version.findall(outline.text))
    assert len(outline.text.split()) > 200


@pytest.mark.runbook(
    severity="normal",
    cause="Headings lost their anchors: the toc extension, or what the sanitiser lets through.",
    suspects=[
        "bin/dashgen/pages/rich_text.py::heading_anchor",
        "bin/dashgen/pages/rich_text.py::render_document",
        "bin/dashgen/pages/templates/partials/contents.html",
    ],
)
def test_legal_headings_have_anchors(legal: LegalPage, outline: Outline, tmp_path: Path) -> None:
    check_order_of_links(legal)
    headings = re.findall(r"^## (.+)$", source_of(legal), re.MULTILINE)
    anchors = [re.sub(r"[^\w -]", "", one.lower()).replace(" ", "-") for one in headings]

    assert headings
    in_article = [values.get("id") for tag, values in outline.elements if tag == "h2"]
    assert anchors == [one for one in in_article if one in anchors]
    assert [link for link in outline.links if link[1:] in anchors] == [f"#{one}" for one in anchors]
    named = Outline(made_of("# Title\n\nText.\n\n## Yours & ours\n", legal, tmp_path))
    assert "yours--ours" in named.ids  # as code hosts name it


@pytest.mark.runbook(
    severity="normal",
    cause="Tables are not read or the sanitiser drops them, or a key is stored that the policy does not list.",
    suspects=[
        "bin/dashgen/pages/rich_text.py::render_document",
        "docs/legal/COOKIE_POLICY.md",
        "bin/dashgen/pages/assets/store.js",
    ],
)
def test_cookie_policy_lists_every_stored_key() -> None:
    with PAGES_ARE_RENDERED:
        html = render()["cookies"].html
    with CODE_IS_KEPT:
        assert "<code>" in html
    keys = re.findall(
        r"<td><code>([^<]+)</code></td>\s*<td>[^<]{20,}</td>\s*<td>[^<]{5,}</td>", html
    )

    assert sorted(keys) == sorted(
        [
            "DASHBOARD_TOKEN",
            "cookie-consent",
            "ensemble.pairing_token",
            "ensemble.token_kept",
            "ensemble:first-run-seen",
            "pairing_token",
            "ensemble.visibility",
            "ensemble.unsaved",
            "theme",
        ]
    )
    stored = re.findall(r'^  \w+: "(.+)",$', STORE.read_text(encoding="utf-8"), re.MULTILINE)
    cookies = re.findall(
        r'^\w+_COOKIE: Final = "(.+)"$', AUTH.read_text(encoding="utf-8"), re.MULTILINE
    )
    assert sorted(keys) == sorted([*stored, *cookies])  # which no script keeps


@pytest.mark.runbook(
    severity="normal",
    cause="Markdown reads the documents differently, or an extension is no longer loaded.",
    suspects=["bin/dashgen/pages/rich_text.py::render_document", "docs/legal/COOKIE_POLICY.md"],
)
def test_legal_structure_follows_the_source(
    legal: LegalPage, outline: Outline, tmp_path: Path
) -> None:
    title, _, lead, *lines = source_of(legal).splitlines()
    assert title.startswith("# ")
    assert lead
    heads = [line for line, after in pairwise(lines) if after.startswith("|--")]
    rows = sum(line.startswith("|") for line in lines)
    text = "\n".join(lines)
    expected = {
        "h2": len(re.findall(r"^## ", text, re.MULTILINE)),
        "table": len(heads),
        "tr": rows - len(heads),
        "th": sum(line.count("|") - 1 for line in heads),
        "li": len(re.findall(r"^(?:- |\d+\. )", text, re.MULTILINE)),
        "a": len(re.findall(r"\]\([^)]+\)|<[\w.]+@[\w.]+>", text)),
        "code": text.count("`") // 2,
    }

    found = Counter(outline.article)

    assert expected == {tag: found[tag] for tag in expected}
    lists = Outline(made_of("# Title\n\nText.\n\n1. *one*\n\n- **other**\n", legal, tmp_path))
    kinds = [tag for tag in lists.article if tag != "p"]
    assert ["ol", "li", "em", "ul", "li", "strong"] == kinds


@pytest.mark.runbook(
    severity="normal",
    cause="Markdown is shown raw: a document uses syntax that no loaded extension reads.",
    suspects=[
        "bin/dashgen/pages/rich_text.py::render_document",
        "bin/dashgen/pages/templates/legal.html",
    ],
)
def test_legal_text_has_no_stray_markdown(outline: Outline) -> None:
    assert not re.search(
        r"[*`|~\\]|\]\(|(?:^|\s)#+\s|__|==|!!!|:::|<!--|&\w+;|[][{}]", outline.text
    )


@pytest.mark.runbook(
    severity="normal",
    cause="The footer of the pages no longer links every legal page.",
    suspects=[
        "bin/dashgen/pages/templates/partials/footer.html",
        "bin/dashgen/pages/navigation.py",
    ],
)
def test_legal_footer_links_all_five(legal: LegalPage, outline: Outline) -> None:
    check_order_of_links(legal)
    links = outline.footer_links

    assert [
        ("/legal/terms.html", "Terms of service"),
        ("/legal/privacy.html", "Privacy policy"),
        ("/legal/acceptable-use.html", "Acceptable use"),
        ("/legal/dmca.html", "Copyright and DMCA"),
        ("/legal/cookies.html", "Cookie policy"),
    ] == [link for link in links if link[0].startswith("/legal/")]


@pytest.mark.runbook(
    severity="normal",
    cause="A link between the legal documents, or to one of their sections, leads nowhere.",
    suspects=[
        "bin/dashgen/legal_pages.py",
        "bin/dashgen/links.py::safe_href",
        "docs/legal/TERMS_OF_SERVICE.md",
    ],
)
def test_legal_links_and_anchors_resolve(
    legal: LegalPage, outline: Outline, outlines: dict[str, Outline], tmp_path: Path
) -> None:
    with PAGES_ARE_RENDERED:
        by_url = {page.url: outlines[page.slug] for page in LEGAL_PAGES}

    assert len(set(outline.ids)) == len(outline.ids)
    for link in outline.links:
        parts = urlsplit(link)
        if parts.scheme == "mailto":
            assert 1 == parts.path.count("@")
            continue
        assert ("", "") == (parts.scheme, parts.netloc), link
        target = by_url.get(parts.path) if parts.path else outline
        if target is not None:
            assert not parts.fragment or parts.fragment in target.ids, link
        else:
            assert SITE.fullmatch(parts.path), link
    assert [f"{legal.url}#part", "#part"] == Outline(
        made_of(LINKING, legal, tmp_path)
    ).article_links


LINKING = "# Title\n\nText.\n\n[there]({source}#part) and [here](#part)\n"


def made_of(text: str, legal: LegalPage, folder: Path) -> Page:
    """Render a page of another text, in which `{source}` is the name of its document."""
    for page in LEGAL_PAGES:
        (folder / page.source).write_text(text.format(source=page.source), encoding="utf-8")
    return render_legal_pages(folder)[legal.slug]


INJECTED = """# Title <img src="x" onerror="steal()"> &lt;img src=x onerror=shown()&gt;

A lead with <b onclick="steal()">markup</b>.

<script>steal()</script>

<iframe src="https://evil.example/frame"></iframe>

<img src="x" onerror="steal()"> <svg onload="steal()"></svg>

[one](javascript:steal()) [two](JaVaScRiPt:steal()) [three](data:text/html,steal)
[four](//evil.example) <a href="javascript:steal()" onmouseover="steal()" onclick="steal()" style="steal()">five</a>
[six](https://good.example/) [seven](PRIVACY_POLICY.md#top)

<style>body { display: none }</style>

<form action="https://evil.example"><input name="x"></form>

| a | b |
|---|---|
| <script>steal()</script> | <object data="x"></object> |

## <img src=x onerror=steal()> heading

```
<script>code()</script>
```
"""


@pytest.mark.runbook(
    severity="high",
    cause="Raw HTML in a legal document reaches the page unsanitised.",
    suspects=[
        "bin/dashgen/pages/rich_text.py::render_document",
        "bin/dashgen/links.py::safe_href",
        "bin/dashgen/pages/templates/legal.html",
    ],
)
def test_legal_html_is_sanitised(tmp_path: Path) -> None:
    for page in LEGAL_PAGES:
        (tmp_path / page.source).write_text(
            "# Title\n\nText.\n\n|a|\n|---|\n|b|\n", encoding="utf-8"
        )
    with PAGES_ARE_RENDERED:
        plain = Outline(render_legal_pages(tmp_path)["terms"])
    (tmp_path / "TERMS_OF_SERVICE.md").write_text(INJECTED, encoding="utf-8")

    made = render_legal_pages(tmp_path)["terms"]

    outline = Outline(made)
    ours = Counter(tag for tag, _ in plain.elements)
    found = Counter(tag for tag, _ in outline.elements)
    for tag in ("script", "iframe", "img", "svg", "style", "form", "input", "object"):
        assert found[tag] == ours[tag], tag
    assert "steal" not in made.html
    assert "evil.example" not in made.html
    for _, values in outline.elements:
        assert not [name for name in values if name.startswith("on") or name == "style"]
    schemes = {urlsplit(link).scheme for link in outline.links}
    assert schemes <= {"", "https", "mailto"}
    with PAGES_ARE_RENDERED:
        assert "&lt;script&gt;code()&lt;/script&gt;" in made.html
    with LINKS_ARE_KEPT:
        assert {"https://good.example/", "/legal/privacy.html#top"} <= set(outline.links)


@pytest.mark.runbook(
    severity="normal",
    cause="Rendering depends on more than the documents: a clock, an order, a kept state.",
    suspects=[
        "bin/dashgen/legal_pages.py::render_legal_pages",
        "bin/dashgen/pages/layout.py::render",
        "bin/dashgen/pages/rich_text.py::render_document",
    ],
)
def test_legal_pages_are_the_same_bytes_twice(legal: LegalPage) -> None:
    with PAGES_ARE_RENDERED:
        pages = render()
        first, *others = [pages[legal.slug], pages[legal.slug], render()[legal.slug]]
        others += [elsewhere[legal.slug] for elsewhere in render_elsewhere()]

    for other in others:
        assert first.html.encode() == other.html.encode()
        assert first.content_security_policy == other.content_security_policy
