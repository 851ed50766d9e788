"""What somebody without a token may see and do, and what never reaches a page."""

from __future__ import annotations

import json
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.integration.client import Client
    from tests.integration.conftest import Owner

MAX_BODY_BYTES = 256 * 1024
NO_SUCH_CANVAS = "/ensemble/canvas/cnv_000000000000"
VISITOR_KEYS = {"active_count", "at", "project_count", "projects", "smoke_alert"}
PROJECT_KEYS = {"slug", "name", "state"}
OWNER_KEYS = {"mode", "lock_holder", "autopilots_paused", "rapid_fire_enabled", "hourly_activity"}


VOID_ELEMENTS = {
    "area",
    "base",
    "br",
    "col",
    "embed",
    "hr",
    "img",
    "input",
    "link",
    "meta",
    "source",
    "wbr",
}
Element = tuple[str, dict[str, str]]


class Page(HTMLParser):
    """The elements of a page, its text, and the text of its data blocks, as a parser sees them."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[Element] = []
        self._open: list[Element] = []
        self._ancestors: list[list[Element]] = []
        self.data_blocks: list[str] = []
        self.text = ""
        self._within = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        self.elements.append((tag, attributes))
        self._ancestors.append([*self._open])
        if tag not in VOID_ELEMENTS:
            self._open.append((tag, attributes))
        self._within = tag
        if tag == "script" and attributes.get("type") == "application/json":
            self.data_blocks.append("")
            self._within = "data"

    def handle_endtag(self, tag: str) -> None:
        self._within = ""
        while self._open and self._open.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        if self._within == "data":
            self.data_blocks[-1] += data
        elif self._within not in {"script", "style"}:
            self.text += data

    @property
    def shape(self) -> list[tuple[str, list[str]]]:
        """Every element with the names of its attributes: what user data must never change."""
        return [(tag, sorted(attributes)) for tag, attributes in self.elements]

    def by_id(self, element_id: str) -> tuple[str, dict[str, str]]:
        """The element with this id; no element where there is none."""
        found = [each for each in self.elements if each[1].get("id") == element_id]
        return found[0] if found else ("", {})

    @property
    def links(self) -> list[str]:
        """Every href."""
        return [attributes["href"] for _, attributes in self.elements if "href" in attributes]

    def links_within(self, attribute: str, value: str) -> list[str]:
        """Every href inside an element that has this attribute."""
        placed = zip(self.elements, self._ancestors, strict=True)
        return [
            attributes["href"]
            for (_, attributes), ancestors in placed
            if "href" in attributes and any(outer.get(attribute) == value for _, outer in ancestors)
        ]


@pytest.mark.runbook(
    severity="normal",
    cause="The route of /ensemble/canvas/<id> no longer matches, or its handler refuses a public canvas.",
    suspects=[
        "bin/dashgen/route_table.py",
        "bin/dashgen/canvas_handlers.py::handle_get_canvas",
        "bin/dashgen/canvas_store.py::JsonFileCanvasStore.find",
    ],
)
def test_canvas_detail_endpoint_serves_public_canvas(owner: Owner, visitor: Client) -> None:
    canvas = owner.seed(
        "On view", {"type": "text", "x": 10, "y": 20, "props": {"text": "hello, visitor"}}
    )
    owner.publish(canvas.id, 0)
    before = visitor.server.roots.snapshot()

    reply = visitor.get(f"/ensemble/canvas/{canvas.id}")

    assert 200 == reply.status
    assert (canvas.id, "On view", owner.handle) == tuple(
        reply.json[key] for key in ("id", "title", "owner_handle")
    )
    assert "hello, visitor" == reply.json["room_state"]["components"][0]["props"]["text"]
    assert "source_metadata" not in reply.json
    assert 404 == visitor.get(NO_SUCH_CANVAS).status
    assert before == visitor.server.roots.snapshot()


@pytest.mark.runbook(
    severity="normal",
    cause="_resolve_paired_user no longer refuses an empty or unknown token.",
    suspects=[
        "bin/dashgen/auth.py::_resolve_paired_user",
        "bin/dashgen/canvas_handlers.py::handle_publish_canvas",
    ],
)
def test_visitor_cannot_publish(owner: Owner, visitor: Client) -> None:
    canvas = owner.seed("Not yours to publish")
    before = visitor.server.roots.snapshot()
    wish = {"slot_index": 0, "visibility": "public"}

    for token in ("", "not-a-token", "e2e-test-dashboard-token"):
        reply = visitor.using(token).post(f"/studio/canvas/{canvas.id}/publish", wish)

        assert 401 == reply.status
        assert "unauthorised" == reply.json["error"]
    assert before == visitor.server.roots.snapshot()


@pytest.mark.runbook(
    severity="normal",
    cause="_resolve_paired_user no longer refuses an empty or unknown token.",
    suspects=[
        "bin/dashgen/auth.py::_resolve_paired_user",
        "bin/dashgen/canvas_handlers.py::handle_update_canvas",
    ],
)
def test_visitor_cannot_modify(owner: Owner, visitor: Client) -> None:
    draft, public = owner.seed("Draft"), owner.seed("Public")
    owner.publish(public.id, 0)
    before = visitor.server.roots.snapshot()

    for canvas in (draft, public):
        path = f"/studio/canvas/{canvas.id}"
        attempts = [
            visitor.put(path, {"title": "defaced"}),
            visitor.post(f"{path}/unpublish", {}),
            visitor.request("DELETE", path),
        ]

        assert [401, 401, 401] == [attempt.status for attempt in attempts]
    assert 401 == visitor.post("/studio/canvas", {"title": "mine now", "owner_id": owner.id}).status
    assert before == visitor.server.roots.snapshot()


@pytest.mark.runbook(
    severity="normal",
    cause="The check of private visibility in handle_get_canvas is gone or inverted.",
    suspects=["bin/dashgen/canvas_handlers.py::handle_get_canvas", "bin/dashgen/page_handlers.py"],
)
def test_visitor_cannot_see_private_canvas(owner: Owner, visitor: Client) -> None:
    secret = {"type": "text", "x": 0, "y": 0, "props": {"text": "nobody else reads this"}}
    draft, private, unlisted = (
        owner.seed("Draft", secret),
        owner.seed("Private", secret),
        owner.seed("Unlisted"),
    )
    owner.publish(private.id, 0, "private")
    owner.publish(unlisted.id, 1, "unlisted")
    unknown = visitor.get(NO_SUCH_CANVAS)

    for canvas in (draft, private):
        for path in (f"/ensemble/canvas/{canvas.id}", f"/canvas/{canvas.id}.html"):
            reply = visitor.get(path)

            assert 404 == reply.status
            assert "nobody else reads this" not in reply.text
            assert canvas.title not in reply.text
        assert unknown.json == visitor.get(f"/ensemble/canvas/{canvas.id}").json
        assert "nobody else reads this" in owner.client.get(f"/ensemble/canvas/{canvas.id}").text
    assert 200 == visitor.get(f"/ensemble/canvas/{unlisted.id}").status
    grid = visitor.get("/ensemble/canvases?filter=newest&limit=50").text
    assert [False, False, False] == [canvas.id in grid for canvas in (draft, private, unlisted)]


@pytest.mark.runbook(
    severity="high",
    cause="The canvas page no longer escapes user text, in the boot block or in its markup: XSS.",
    suspects=[
        "bin/dashgen/pages/canvas_view.py::render_canvas_page",
        "bin/dashgen/pages/inline_json.py::inline_json",
        "bin/dashgen/pages/layout.py",
    ],
)
def test_text_component_with_script_tag_is_escaped_in_static_render(
    owner: Owner, visitor: Client
) -> None:
    hostile = "</script><!--<script>\u2028<img src=x onerror=alert(1)>&lt;b&gt;"
    pages = []
    for slot, text in enumerate(("benign", hostile)):
        canvas = owner.seed(text, {"type": "text", "x": 10, "y": 20, "props": {"text": text}})
        owner.publish(canvas.id, slot)
        reply = visitor.get(f"/canvas/{canvas.id}.html")
        assert 200 == reply.status
        assert "script-src" in reply.headers["Content-Security-Policy"]
        pages.append(Page(reply.text))

    benign, attacked = pages
    assert benign.shape == attacked.shape
    assert hostile in attacked.text
    boot = [json.loads(block) for block in attacked.data_blocks]
    assert [hostile] == [
        component["props"]["text"] for component in boot[0]["room_state"]["components"]
    ]
    assert not any("<" in block or "\u2028" in block for block in attacked.data_blocks)


@pytest.mark.runbook(
    severity="high",
    cause="A link with a scheme that is not allowed reaches an href of the canvas page: XSS.",
    suspects=[
        "bin/dashgen/links.py::safe_href",
        "bin/dashgen/pages/canvas_view.py::render_canvas_page",
        "bin/dashgen/room_schema.py::normalise_room",
    ],
)
def test_javascript_url_in_click_to_link_is_filtered_in_static_render(
    owner: Owner, visitor: Client
) -> None:
    schemes = [
        "javascript:alert(1)",
        " JaVaScRiPt:alert(1)",
        "java\tscript:alert(1)",
        "\x01javascript:x",
        "data:text/html,x",
    ]
    good = "https://example.org/portfolio"

    for url in schemes:
        link = {
            "id": "comp_0badc0de",
            "type": "click-to-link",
            "x": 1,
            "y": 2,
            "label": "a link",
            "url": url,
        }
        refused = owner.client.post(
            "/studio/canvas", {"title": "hostile", "room_state": {"components": [link]}}
        )
        assert 400 == refused.status
        assert "url" in refused.json["field"]

    links = [
        {"id": f"link{n}", "type": "click-to-link", "props": {"label": "a link", "url": url}}
        for n, url in enumerate([good, *schemes])
    ]
    canvas = owner.seed_unchecked("Links", *links)
    owner.publish(canvas.id, 0)
    page = Page(visitor.get(f"/canvas/{canvas.id}.html").text)

    assert page.text.count("a link") >= len(schemes) + 1
    assert good in page.links
    allowed = ("/", "#", "https://", "http://", "mailto:")
    assert [] == [href for href in page.links if not href.startswith(allowed)]


@pytest.mark.runbook(
    severity="normal",
    cause="The cap on the size of a body is gone or raised, or does not count while it reads.",
    suspects=["bin/dashgen/middleware.py", "bin/dashgen/settings.py"],
)
def test_payload_too_large_returns_413(owner: Owner, visitor: Client) -> None:
    before = visitor.server.roots.snapshot()
    fits = json.dumps({"title": "fits"}).encode().ljust(MAX_BODY_BYTES)

    refused = owner.client.request("POST", "/studio/canvas", fits + b" ")

    assert 413 == refused.status
    assert "payload_too_large" == refused.json["error"]
    assert before == visitor.server.roots.snapshot()
    assert 201 == owner.client.request("POST", "/studio/canvas", fits).status


@pytest.mark.runbook(
    severity="high",
    cause="The state for visitors holds keys that are the owner's: production state leaks.",
    suspects=[
        "bin/dashgen/projects.py::ProjectStore.visitor_state",
        "bin/dashgen/auth.py::check_auth",
    ],
)
def test_state_endpoint_without_auth_returns_visitor_safe(
    operator: Client, visitor: Client
) -> None:
    full = operator.get("/state")

    assert 200 == full.status
    assert OWNER_KEYS <= full.json.keys()
    for token in ("", "wrong"):
        reply = visitor.using(token).get("/state")

        assert 200 == reply.status
        assert set() == OWNER_KEYS & reply.json.keys()
        assert VISITOR_KEYS == reply.json.keys()
        assert [] == [
            key for project in reply.json["projects"] for key in project if key not in PROJECT_KEYS
        ]


@pytest.mark.runbook(
    severity="normal",
    cause="The index page lost the cookie banner or its link to the policy.",
    suspects=["bin/dashgen/pages/cookie_banner.py", "bin/dashgen/pages/grid.py::render_index_page"],
)
def test_index_html_contains_cookie_banner(visitor: Client) -> None:
    reply = visitor.get("/index.html")

    page = Page(reply.text)
    assert (200, None) == (reply.status, reply.headers["Set-Cookie"])
    _, banner = page.by_id("cookie-banner")
    assert ("region", True) == (banner.get("role", "region"), "hidden" in banner)
    assert "button" == page.by_id("cookie-banner-dismiss")[0]
    assert ["/legal/cookies.html"] == page.links_within("id", "cookie-banner")
    assert 200 == visitor.get("/legal/cookies.html").status


@pytest.mark.runbook(
    severity="normal",
    cause="The first-run dialog lost its terms checkbox or the link to the terms.",
    suspects=["bin/dashgen/pages/first_run.py", "bin/dashgen/pages/grid.py::render_index_page"],
)
def test_index_html_contains_first_run_tos_checkbox(visitor: Client) -> None:
    page = Page(visitor.get("/index.html").text)

    tag, checkbox = page.by_id("first-run-tos-check")
    assert ("input", "checkbox") == (tag, checkbox.get("type"))
    assert ("required", False) == (
        "required" if "required" in checkbox else "",
        "checked" in checkbox,
    )
    label = page.links_within("for", "first-run-tos-check")
    assert ["/legal/terms.html", "/legal/privacy.html"] == label


@pytest.mark.runbook(
    severity="normal",
    cause="render_legal_pages leaves the page out, or the Markdown library is missing.",
    suspects=["bin/dashgen/legal_pages.py::render_legal_pages", "docs/legal/TERMS_OF_SERVICE.md"],
)
def test_legal_terms_page_renders(visitor: Client) -> None:
    reply = visitor.get("/legal/terms.html")

    assert 200 == reply.status
    page = Page(reply.text)
    headings = [tag for tag, _ in page.elements if tag in {"h1", "h2"}]
    assert "h1" == headings[0]
    assert headings.count("h2") >= 5
    assert "**" not in page.text
    assert "## " not in page.text
    assert {"/legal/privacy.html", "/legal/cookies.html"} <= set(page.links)
