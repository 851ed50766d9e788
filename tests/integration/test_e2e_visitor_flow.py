"""What somebody without a token may see and do, and what never reaches a page."""

from __future__ import annotations

import html
import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from tests.integration.given import (
    CANVAS_IS_READABLE,
    FRONT_PAGE_IS_SERVED,
    GRID_ANSWERS,
    LEGAL_PAGES_ARE_SERVED,
    OPERATOR_IS_LET_IN,
)
from tests.integration.html_page import parse_page
from tests.integration.server_process import DASHBOARD_TOKEN

if TYPE_CHECKING:
    from tests.integration.client import Client, Reply
    from tests.integration.conftest import Owner
    from tests.integration.html_page import Element

MAX_BODY_BYTES = 256 * 1024
NO_SUCH_CANVAS = "/ensemble/canvas/cnv_000000000000"
PUBLIC_KEYS = {
    *("id", "owner_id", "owner_handle", "room_state", "theme", "title", "description"),
    *("slot_index", "published_at", "visibility", "is_showcase", "schema_version"),
}
VISITOR_KEYS = {"active_count", "at", "project_count", "projects", "smoke_alert"}
OWNER_KEYS = {"mode", "lock_holder", "autopilots_paused", "rapid_fire_enabled", "hourly_activity"}
HOSTILE = "</script><!--<script>\u2028<img src=x onerror=alert(1)>&lt;b&gt;"
GOOD_URLS = (
    "https://example.org/portfolio",
    "http://127.0.0.1/here",
    "mailto:somebody@example.org",
    "/legal/dmca.html#part",
)
BAD_URLS = (
    "javascript:alert(1)",
    " JaVaScRiPt:alert(1)",
    "java\tscript:alert(1)",
    "\x01javascript:x",
    "data:text/html,x",
    "//other.example/",
)
SAFE_ADDRESS = re.compile(r"/(?!/)|#|https?://[a-z0-9.]+/|mailto:")


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
    owner.has_published(private, 0, "private")
    owner.has_published(unlisted, 1, "unlisted")
    addresses = [
        address
        for canvas in (draft, private)
        for address in (f"/ensemble/canvas/{canvas.id}", f"/canvas/{canvas.id}.html")
    ]

    replies = [visitor.get(address) for address in addresses]

    for reply in replies:
        assert 200 != reply.status
        assert "nobody else reads this" not in reply.text
        assert not any(canvas.title in reply.text for canvas in (draft, private))
    with CANVAS_IS_READABLE:
        assert 200 == visitor.get(f"/ensemble/canvas/{unlisted.id}").status
        own = [owner.client.get(f"/ensemble/canvas/{canvas.id}") for canvas in (draft, private)]
        assert all("nobody else reads this" in reply.text for reply in own)
    # Not even whether there is such a canvas is told.
    assert [404] * 4 == [reply.status for reply in replies]
    unknown = visitor.get(NO_SUCH_CANVAS).json
    assert [unknown, unknown] == [reply.json for reply in replies[::2]]
    with GRID_ANSWERS:
        grid = visitor.get("/ensemble/canvases?filter=newest&limit=50")
        assert 200 == grid.status
    assert [False] * 3 == [canvas.id in grid.text for canvas in (draft, private, unlisted)]


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
    owner.has_published(canvas, 0)
    before = visitor.server.roots.snapshot()

    reply = visitor.get(f"/ensemble/canvas/{canvas.id}")

    assert 200 == reply.status
    assert PUBLIC_KEYS == reply.json.keys()
    assert (canvas.id, "On view", owner.handle, 0, "public") == tuple(
        reply.json[key] for key in ("id", "title", "owner_handle", "slot_index", "visibility")
    )
    component = reply.json["room_state"]["components"][0]
    assert ("text", 10, 20) == (component["type"], component["x"], component["y"])
    assert {"text": "hello, visitor"} == component["props"]
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
    path = f"/studio/canvas/{canvas.id}/publish"

    for token in ("", "not-a-token", DASHBOARD_TOKEN, owner.client.token[:-1]):
        reply = visitor.using(token).post(path, wish)

        assert 401 == reply.status
        assert "unauthorised" == reply.json["error"]
    assert before == visitor.server.roots.snapshot()
    assert 200 == visitor.using(owner.client.token).get("/studio/canvas/mine").status


@pytest.mark.runbook(
    severity="normal",
    cause="_resolve_paired_user no longer refuses an empty or unknown token.",
    suspects=[
        "bin/dashgen/auth.py::_resolve_paired_user",
        "bin/dashgen/canvas_handlers.py::handle_update_canvas",
    ],
)
def test_visitor_cannot_modify(owner: Owner, stranger: Owner, visitor: Client) -> None:
    draft, public = owner.seed("Draft"), owner.seed("Public")
    owner.has_published(public, 0)
    before = visitor.server.roots.snapshot()

    for canvas in (draft, public):
        path = f"/studio/canvas/{canvas.id}"
        assert [401] * 4 == [attempt.status for attempt in attempts(visitor, path)]
    assert 401 == visitor.post("/studio/canvas", {"title": "mine now", "owner_id": owner.id}).status
    # Somebody who is let in is not let at what others made, or told of what they hide.
    for canvas, status in ((draft, 404), (public, 403)):
        path = f"/studio/canvas/{canvas.id}"
        assert [status] * 4 == [attempt.status for attempt in attempts(stranger.client, path)]
    assert before == visitor.server.roots.snapshot()


def attempts(client: Client, path: str) -> list[Reply]:
    """Try every way to change a canvas."""
    return [
        client.put(path, {"title": "defaced"}),
        client.post(f"{path}/unpublish", {}),
        client.put(f"{path}/showcase", {"is_showcase": True}),
        client.request("DELETE", path),
    ]


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
    benign, attacked = (
        hang(owner, visitor, slot, text) for slot, text in enumerate(("benign", HOSTILE))
    )

    assert benign.shape == attacked.shape
    for name in ("part-text", "part-sprite", "part-link", "part-note"):
        (part,) = attacked.all(having=("class", name))
        assert HOSTILE == part.text.strip()
    assert HOSTILE == attacked.by_id("canvas-title").text
    note = attacked.by_id("note-2")
    assert HOSTILE == note.by_id("note-title-2").text
    (prose,) = note.all(having=("class", "prose"))
    assert html.unescape(HOSTILE) == prose.text.strip()  # Markdown reads entities
    (lead,) = attacked.all("p", having=("class", "lead"))
    assert HOSTILE == lead.text
    (block,) = (str(part) for part in attacked.by_id("canvas-boot").parts)
    boot = json.loads(block)
    assert [HOSTILE] * 2 == [boot["title"], boot["room_state"]["components"][0]["props"]["text"]]
    assert set() == set(block) & set("<>&\u2028\u2029")


def hang(owner: Owner, visitor: Client, slot: int, text: str) -> Element:
    """Publish a canvas that says ``text`` wherever it can; return its page as it is served."""
    canvas = owner.seed_unchecked(text, *saying(text), description=text)
    owner.has_published(canvas, slot)
    with CANVAS_IS_READABLE:
        reply = visitor.get(f"/canvas/{canvas.id}.html")
        assert 200 == reply.status
    policy = reply.headers["Content-Security-Policy"].split("; ")
    assert {"default-src 'none'", "script-src 'self'", "base-uri 'none'"} <= set(policy)
    assert ("text/html; charset=utf-8", "nosniff") == (
        reply.headers["Content-Type"],
        reply.headers["X-Content-Type-Options"],
    )
    return parse_page(reply.text)


def saying(text: str) -> list[dict[str, Any]]:
    """Components that say ``text``, one of each kind, from the left to the right."""
    props: dict[str, dict[str, Any]] = {
        "text": {"text": text},
        "sprite": {"label": text},
        "click-to-read": {"label": text, "content": text},
        "click-to-link": {"label": text, "url": "https://example.org/"},
    }
    return [
        {"id": f"part-{place}", "type": kind, "x": 100.0 * place, "props": each}
        for place, (kind, each) in enumerate(props.items())
    ]


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
    for url in BAD_URLS:
        link = {"type": "click-to-link", "x": 1, "y": 2, "label": "a link", "url": url}
        refused = owner.client.post(
            "/studio/canvas", {"title": "hostile", "room_state": {"components": [link]}}
        )
        assert 400 == refused.status
        assert "url" in refused.json["field"]

    urls = [*GOOD_URLS, *BAD_URLS]
    links = [
        {"id": f"link{n}", "type": "click-to-link", "props": {"label": f"Link {n}", "url": url}}
        for n, url in enumerate(urls)
    ]
    launch = {"id": "launch", "type": "prop", "interaction": {"link": {"url": BAD_URLS[0]}}}
    note = "\n\n".join(f"[in a note]({url})" for url in urls)
    read = {"id": "read", "type": "click-to-read", "props": {"label": "Read", "content": note}}
    canvas = owner.seed_unchecked("Links", *links, launch, read)
    owner.has_published(canvas, 0)
    with CANVAS_IS_READABLE:
        reply = visitor.get(f"/canvas/{canvas.id}.html")
        assert 200 == reply.status
    page = parse_page(reply.text)

    shown = [each.text.strip() for each in page.all("a", having=("class", "part-link"))]
    assert [f"Link {n}" for n in range(len(urls))] == shown
    assert [2] * len(GOOD_URLS) == [page.by_id("main").links.count(url) for url in GOOD_URLS]
    assert [] == [address for address in page.addresses if not SAFE_ADDRESS.match(address)]


@pytest.mark.runbook(
    severity="normal",
    cause="The cap on the size of a body is gone or raised, or does not count while it reads.",
    suspects=["bin/dashgen/middleware.py", "bin/dashgen/settings.py"],
)
def test_payload_too_large_returns_413(owner: Owner, visitor: Client) -> None:
    canvas = owner.seed("Small")
    before = visitor.server.roots.snapshot()
    fits = json.dumps({"title": "fits"}).encode().ljust(MAX_BODY_BYTES)
    path = f"/studio/canvas/{canvas.id}"
    too_large = [
        owner.client.request("POST", "/studio/canvas", fits + b" "),
        owner.client.request("PUT", path, fits + b" "),
        owner.client.request("POST", "/studio/canvas", iter([fits, b" "])),  # of unknown length
    ]

    assert [413] * 3 == [refused.status for refused in too_large]
    assert ["payload_too_large"] * 3 == [refused.json["error"] for refused in too_large]
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
    owner: Owner, operator: Client, visitor: Client
) -> None:
    projects = visitor.server.roots.orch / "projects"
    projects.mkdir(exist_ok=True)
    project = {"slug": "smoke", "name": "Smoke", "current_task": "a secret task", "active": True}
    (projects / "smoke.json").write_text(json.dumps(project), encoding="utf-8")

    with OPERATOR_IS_LET_IN:
        full = operator.get("/state")
        assert 200 == full.status
        assert OWNER_KEYS <= full.json.keys()
        assert "a secret task" in full.text
    for token in ("", "wrong", owner.client.token):
        reply = visitor.using(token).get("/state")

        assert 200 == reply.status
        assert set() == OWNER_KEYS & reply.json.keys()
        assert VISITOR_KEYS == reply.json.keys()
        assert [{"slug": "smoke", "name": "Smoke", "state": "Building"}] == reply.json["projects"]
        assert (1, 1, False) == tuple(
            reply.json[key] for key in ("active_count", "project_count", "smoke_alert")
        )
        assert "a secret task" not in reply.text
        result = {"slug": "smoke", "result": "fail"}
        assert 401 == visitor.using(token).post("/smoke-test-result", result).status


@pytest.mark.runbook(
    severity="normal",
    cause="The index page lost the cookie banner or its link to the policy.",
    suspects=["bin/dashgen/pages/cookie_banner.py", "bin/dashgen/pages/grid.py::render_index_page"],
)
def test_index_html_contains_cookie_banner(visitor: Client) -> None:
    with FRONT_PAGE_IS_SERVED:
        reply = visitor.get("/index.html")

    assert (200, None) == (reply.status, reply.headers["Set-Cookie"])
    banner = parse_page(reply.text).by_id("cookie-banner")
    assert ("section", "region") == (banner.tag, banner.attributes.get("role"))
    assert "hidden" in banner.attributes  # until a script knows that it was not answered before
    assert "no tracking" in banner.text
    dismiss = banner.by_id("cookie-banner-dismiss")
    assert ("button", "button", "Got it") == (
        dismiss.tag,
        dismiss.attributes.get("type"),
        dismiss.text,
    )
    assert ["/legal/cookies.html"] == banner.links
    with LEGAL_PAGES_ARE_SERVED:
        assert 200 == visitor.get("/legal/cookies.html").status


@pytest.mark.runbook(
    severity="normal",
    cause="The first-run dialog lost its terms checkbox or the link to the terms.",
    suspects=["bin/dashgen/pages/first_run.py", "bin/dashgen/pages/grid.py::render_index_page"],
)
def test_index_html_contains_first_run_tos_checkbox(visitor: Client) -> None:
    with FRONT_PAGE_IS_SERVED:
        reply = visitor.get("/index.html")
        assert 200 == reply.status

    dialog = parse_page(reply.text).by_id("first-run")
    assert "dialog" == dialog.tag
    terms = dialog.by_id("first-run-tos-check")
    assert ("input", "checkbox", "tos_accepted") == (
        terms.tag,
        terms.attributes.get("type"),
        terms.attributes.get("name"),
    )
    assert (True, False) == ("required" in terms.attributes, "checked" in terms.attributes)
    (label,) = dialog.all("label", having=("for", "first-run-tos-check"))
    assert ["/legal/terms.html", "/legal/privacy.html"] == label.links
    assert ["terms of service", "privacy policy"] == [link.text for link in label.all("a")]
    submit = dialog.by_id("first-run-submit")
    assert ("submit", True) == (submit.attributes.get("type"), "disabled" in submit.attributes)


@pytest.mark.runbook(
    severity="normal",
    cause="render_legal_pages leaves the page out, or the Markdown library is missing.",
    suspects=["bin/dashgen/legal_pages.py::render_legal_pages", "docs/legal/TERMS_OF_SERVICE.md"],
)
def test_legal_terms_page_renders(visitor: Client) -> None:
    reply = visitor.get("/legal/terms.html")

    assert 200 == reply.status
    main = parse_page(reply.text).by_id("main")
    (title,) = main.all("h1")
    assert "Terms of service" == title.text
    sections = [each.text for each in main.all("h2") if each.attributes.get("id") != "contents"]
    assert len([each for each in sections if each.strip()]) >= 5
    assert len(main.text.split()) > 400
    assert "**" not in main.text
    assert "## " not in main.text
    assert {"/legal/privacy.html", "/legal/cookies.html"} <= set(main.links)
