"""What somebody without a token may see and do, and what never reaches a page."""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import html
import json
import re
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from runbook.gate.file import GateFile
from tests.integration.gates import open_gate
from tests.integration.given import (
    CANVAS_IS_READABLE,
    CANVAS_PAGE_IS_MADE,
    DRAFT_IS_MADE,
    FRONT_PAGE_IS_SERVED,
    GRID_ANSWERS,
    LEGAL_PAGES_ARE_SERVED,
    OPERATOR_IS_LET_IN,
    OWNER_IS_ASKED_FOR,
    UNSEEN_IS_MISSING,
    VISITOR_IS_NOBODY,
    WITHOUT_TOKEN_IS_401,
)
from tests.integration.html_page import parse_page
from tests.integration.sent import INCIDENT, ODD_PARTS
from tests.integration.server_process import DASHBOARD_TOKEN

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.integration.client import Client
    from tests.integration.conftest import Owner
    from tests.integration.html_page import Element
    from tests.integration.wire import Reply

MAX_BODY_BYTES = 256 * 1024
NO_SUCH_CANVAS = "/ensemble/canvas/cnv_000000000000"
PUBLIC_KEYS = {
    *("id", "owner_id", "owner_handle", "room_state", "theme", "title", "description"),
    *("slot_index", "published_at", "visibility", "is_showcase", "schema_version"),
}
VISITOR_KEYS = {"active_count", "at", "project_count", "projects", "smoke_alert"}
OWNER_KEYS = {"mode", "lock_holder", "autopilots_paused", "rapid_fire_enabled", "hourly_activity"}
HOSTILE = "\">'></title></script><!--<script>\u2028<img src=x onerror=alert(1)>&lt;b&gt;"
GOOD_URLS = (
    "https://example.org/portfolio",
    "http://127.0.0.1/here",
    "mailto:somebody@example.org",
    "/legal/dmca.html#part",
)
BAD_URLS = (
    "javascript:alert(1)",
    "javascript://example.org/%0aalert(1)",
    "JavaScript://example.org/%0aalert(1)",
    " JaVaScRiPt:alert(1)",
    "java\tscript:alert(1)",
    "\x01javascript:x",
    "data:text/html,x",
    "data://example.org/x",
    "ftp://example.org/x",
    "//other.example/",
    "mailto:somebody@example.org?subject=a%0d%0abcc:other@example.org",
)
SAFE_ADDRESS = re.compile(r"/(?!/)|#|https?://[a-z0-9.]+/|mailto:(?!.*%0)")


@pytest.mark.runbook(
    severity="normal",
    cause="The check of private visibility in handle_get_canvas is gone or inverted.",
    suspects=["bin/dashgen/canvas_handlers.py::handle_get_canvas", "bin/dashgen/page_handlers.py"],
)
def test_visitor_cannot_see_private_canvas(owner: Owner, stranger: Owner, visitor: Client) -> None:
    secret = {"type": "text", "x": 0, "y": 0, "props": {"text": "nobody else reads this"}}
    draft, private, unlisted = (
        owner.seed("Draft", secret),
        owner.seed("Private", secret),
        owner.seed("Unlisted"),
    )
    owner.has_published(private, 0, "private")
    owner.has_published(unlisted, 1, "unlisted")
    with VISITOR_IS_NOBODY:
        assert 401 == visitor.get("/studio/canvas/mine").status
    addresses = [
        address
        for canvas in (draft, private)
        for address in (f"/ensemble/canvas/{canvas.id}", f"/canvas/{canvas.id}.html")
    ]

    replies = [visitor.get(address) for address in addresses]
    of_a_creator = [stranger.client.get(address) for address in addresses]

    for reply in (*replies, *of_a_creator):
        assert 200 != reply.status
        assert "nobody else reads this" not in reply.text
        assert not any(canvas.title in reply.text for canvas in (draft, private))
    with CANVAS_IS_READABLE:
        shown = visitor.get(f"/ensemble/canvas/{unlisted.id}")
        assert (200, "unlisted") == (shown.status, shown.json["visibility"])
        own = [owner.client.get(f"/ensemble/canvas/{canvas.id}") for canvas in (draft, private)]
        assert all("nobody else reads this" in reply.text for reply in own)
    # Not even whether there is such a canvas is told.
    assert [404] * 8 == [reply.status for reply in (*replies, *of_a_creator)]
    unknown = visitor.get(NO_SUCH_CANVAS).json
    assert [unknown, unknown] == [reply.json for reply in replies[::2]]
    assert [404] * 2 == [
        stranger.client.get(f"/studio/canvas/{canvas.id}").status for canvas in (draft, private)
    ]
    with OWNER_IS_ASKED_FOR:
        attempt = stranger.publish(private.id, 0)
        assert 200 != attempt.status
    assert 404 == attempt.status
    newest = "/ensemble/canvases?filter=newest&limit=50"
    with GRID_ANSWERS:
        grids = [visitor.get(newest) for _ in range(3)]  # made, kept, and known to the connection
        assert [200] * 3 == [grid.status for grid in grids]
    assert [False] * 3 == [canvas.id in grids[0].text for canvas in (draft, private, unlisted)]
    assert 1 == len({grid.body for grid in grids})
    with forged_gate(visitor):
        assert 403 == visitor.get("/ensemble/canvases").status
    with closed_gate(visitor):
        closed = [visitor.get(f"/ensemble/canvas/{canvas.id}") for canvas in (draft, unlisted)]
        closed += [visitor.get(address) for address in ("/ensemble/canvases", newest, newest)]
        assert [(403, GRID_CLOSED)] * 5 == [(reply.status, reply.json) for reply in closed]
        with FRONT_PAGE_IS_SERVED:
            front = parse_page(visitor.get("/index.html").text)
        assert [1, 0] == [len(front.all(having=("id", name))) for name in ("grid-notice", "grid")]
        with CANVAS_PAGE_IS_MADE:
            shown = owner.client.get(f"/canvas/{private.id}.html")
        assert (200, "no-store") == (shown.status, shown.headers["Cache-Control"])


GRID_CLOSED = {"error": "grid_closed", "message": "The public grid is closed at the moment."}


@contextmanager
def closed_gate(client: Client) -> Iterator[None]:
    """Close the public grid for a while."""
    gate = client.server.roots.orch / "gate.json"
    build = json.loads(gate.read_bytes())["build"]
    GateFile(gate).close("for the smoke", by="smoke", now=time.time())
    try:
        yield
    finally:
        open_gate(gate, build, now=time.time())


@contextmanager
def forged_gate(client: Client) -> Iterator[None]:
    """Open the public grid for another commit than it was opened for, without the key."""
    gate = client.server.roots.orch / "gate.json"
    is_open = gate.read_bytes()
    gate.write_bytes(json.dumps(json.loads(is_open) | {"commit": "forged"}).encode())
    try:
        yield
    finally:
        gate.write_bytes(is_open)


@pytest.mark.runbook(
    severity="normal",
    cause="The route of /ensemble/canvas/<id> no longer matches, or its handler refuses a public canvas.",
    suspects=[
        "bin/dashgen/route_table.py",
        "bin/dashgen/canvas_handlers.py::handle_get_canvas",
        "bin/dashgen/storage/canvas_store.py::JsonFileCanvasStore.find",
    ],
)
def test_canvas_detail_endpoint_serves_public_canvas(
    owner: Owner, stranger: Owner, visitor: Client
) -> None:
    canvas = owner.seed(
        "On view",
        {"type": "text", "x": 10, "y": 20, "props": {"text": "hello, visitor"}},
        {"type": "text", "hidden": True, "props": {"text": "not yet"}},
    )
    owner.has_published(canvas, 0)
    published = owner.store.find(canvas.id, reader=None)
    before = visitor.server.roots.snapshot()

    reply = visitor.get(f"/ensemble/canvas/{canvas.id}")

    assert 200 == reply.status
    assert published is not None
    record = reply.json
    component = record["room_state"]["components"][0]
    assert ("text", 10, 20) == (component["type"], component["x"], component["y"])
    assert {"text": "hello, visitor"} == component["props"]
    assert PUBLIC_KEYS == record.keys()
    assert {
        "id": canvas.id,
        "owner_id": owner.id,
        "owner_handle": owner.handle,
        "room_state": msgspec.to_builtins(canvas.room_state),
        "theme": "warm",
        "title": "On view",
        "description": "",
        "slot_index": 0,
        "published_at": published.published_at,
        "visibility": "public",
        "is_showcase": False,
        "schema_version": 1,
    } == record
    # Whoever else is signed in is a visitor here: what the owner answered is the owner's to read.
    whole = owner.client.get(f"/ensemble/canvas/{canvas.id}").json
    assert record | {"source": "manual", "source_metadata": {}, "pack_id": None} == {
        key: whole[key] for key in (*record, "source", "source_metadata", "pack_id")
    }
    for reader in (stranger.client, visitor.using("not-a-token")):
        assert record == reader.get(f"/ensemble/canvas/{canvas.id}").json
    assert {"content-type": "application/json", "cache-control": "no-store"} | COMMON == {
        name: reply.headers[name] for name in ("content-type", "cache-control", *COMMON)
    }
    with CANVAS_PAGE_IS_MADE:
        page = parse_page(visitor.get(f"/canvas/{canvas.id}.html").text)
    (said,) = page.all("time")
    assert ("just now", "warm") == (
        said.text,
        json.loads(page.by_id("canvas-boot").source)["theme"],
    )
    assert ["hello, visitor"] == [part.text.strip() for part in page.all(having=("class", "part"))]
    refuse_odd_requests(visitor, f"/ensemble/canvas/{canvas.id}")
    with UNSEEN_IS_MISSING:
        assert 404 == visitor.get(NO_SUCH_CANVAS).status
    assert before == visitor.server.roots.snapshot()
    owner.rewrite_elsewhere(canvas.id, "On view again")
    with CANVAS_PAGE_IS_MADE:
        page = parse_page(visitor.get(f"/canvas/{canvas.id}.html").text)
    assert "On view again" == page.by_id("canvas-title").text


COMMON = {
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "permissions-policy": "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()",
}


def refuse_odd_requests(visitor: Client, address: str) -> None:
    """Ask for what no route answers: each is refused as JSON that says why."""
    odd = visitor.request("PATCH", address, b"{}")
    assert ("method_not_allowed", "GET, HEAD") == (odd.json["error"], odd.headers["Allow"])
    odd = visitor.get("/nothing/here")
    assert (404, "There is nothing at this address.") == (odd.status, odd.json["message"])
    odd = visitor.get(f"{address}%2f")
    assert (400, "bad_path") == (odd.status, odd.json["error"])
    odd = visitor.sending(Host="two hosts").get(address)
    assert (400, "bad_host") == (odd.status, odd.json["error"])


@pytest.mark.runbook(
    severity="normal",
    cause="_resolve_paired_user no longer refuses an empty or unknown token.",
    suspects=[
        "bin/dashgen/auth.py::_resolve_paired_user",
        "bin/dashgen/canvas_handlers.py::handle_publish_canvas",
    ],
)
def test_visitor_cannot_publish(owner: Owner, stranger: Owner, visitor: Client) -> None:
    canvas = owner.seed("Not yours to publish")
    expired = owner.issue_token(days_ago=91)
    revoked = owner.issue_token(days_ago=1, is_revoked=True)
    forged = owner.forge_token(days_ago=91)
    for over in (expired, forged):
        assert 401 == visitor.using(over).get("/studio/canvas/mine").status
    right = owner.issue_token(days_ago=1)  # the last file that was written is of one that is good
    before = visitor.server.roots.snapshot()
    wish = {"slot_index": 0, "visibility": "public"}
    path = f"/studio/canvas/{canvas.id}/publish"

    wrong = ("not-a-token", right[:-1], f"{right}x", right.swapcase())
    for token in ("", *wrong, DASHBOARD_TOKEN, expired, forged, revoked):
        reply = visitor.using(token).post(path, wish)

        assert 401 == reply.status
        assert "unauthorised" == reply.json["error"]
        assert "Bearer" == reply.headers["WWW-Authenticate"]
    # By another scheme it is no token, and whoever sends a wrong one is not let in by the browser's cookie.
    for client in (
        visitor.sending(Authorization=f"Basic {right}"),
        visitor.using("not-a-token").sending(Cookie=f"pairing_token={right}"),
    ):
        assert 401 == client.get("/studio/canvas/mine").status
    # Of two, whoever stands before the server may have looked at the other one.
    for header in ("Authorization: Bearer ", "Cookie: pairing_token="):
        for tokens in ((right, "not-a-token"), ("not-a-token", right)):
            said = "".join(f"{header}{token}\r\n" for token in tokens)
            head = f"GET /studio/canvas/mine HTTP/1.1\r\nHost: smoke\r\n{said}\r\n"
            assert 401 == visitor.say(head.encode()).status
    assert 401 == visitor.post(path, {"slot_index": "first"}).status
    assert 404 == stranger.publish(canvas.id, 0).status
    assert before == visitor.server.roots.snapshot()
    assert 200 == visitor.using(owner.client.token).get("/studio/canvas/mine").status
    creator = {"kind": "creator", "user_id": owner.id, "handle": owner.handle}
    assert (200, creator) == verified(visitor, owner.client.token)
    with OPERATOR_IS_LET_IN:
        assert (200, {"kind": "operator"}) == verified(visitor, DASHBOARD_TOKEN)
    assert 401 == verified(visitor, "not-a-token")[0]
    assert 401 == verified(visitor.using("another"), owner.client.token)[0]


def verified(client: Client, token: str) -> tuple[int, Any]:
    """What the server says that a token is good for."""
    reply = client.post("/verify-token", {"token": token})
    return reply.status, reply.json


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
        assert [401] * 5 == [attempt.status for attempt in attempts(visitor, path)]
    assert 401 == visitor.post("/studio/canvas", {"title": "mine now", "owner_id": owner.id}).status
    # Somebody who is let in is not let at what others made, or told of what they hide.
    for canvas, status in ((draft, 404), (public, 403)):
        path = f"/studio/canvas/{canvas.id}"
        assert [status] * 5 == [attempt.status for attempt in attempts(stranger.client, path)]
    # The owner's browser is let in by its cookie, and no other site may use it.
    browser = visitor.sending(Cookie=f"pairing_token={owner.client.token}")
    here = browser.sending(Origin=visitor.server.url)
    for elsewhere in (
        browser,
        browser.sending(Origin="https://other.example"),
        here.sending(**{"Sec-Fetch-Site": "cross-site"}),
    ):
        refused = elsewhere.put(f"/studio/canvas/{draft.id}", {"title": "defaced"})
        assert (403, "cross_origin") == (refused.status, refused.json["error"])
    assert before == visitor.server.roots.snapshot()
    assert 200 == here.put(f"/studio/canvas/{draft.id}", {"title": "by hand"}).status
    made = stranger.client.post("/studio/canvas", {"owner_id": owner.id})
    assert (201, stranger.id) == (made.status, made.json["owner_id"])


def attempts(client: Client, path: str) -> list[Reply]:
    """Try every way to change a canvas, and to read it as its owner does."""
    return [
        client.get(path),
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
    assert [1, 1] == [len(attacked.all(having=("class", name))) for name in ("text", "text-body")]
    assert HOSTILE == attacked.by_id("canvas-title").text
    note = attacked.by_id("note-2")
    assert HOSTILE == note.by_id("note-title-2").text
    (prose,) = note.all(having=("class", "prose"))
    assert html.unescape(HOSTILE) == prose.text.strip()  # Markdown reads entities
    (lead,) = attacked.all("p", having=("class", "lead"))
    assert HOSTILE == lead.text
    (byline,) = attacked.all("span", having=("class", "handle"))
    assert f"@{HOSTILE}" == byline.text
    assert attacked.by_id("canvas-boot").has("type", "application/json")  # which no browser runs
    block = attacked.by_id("canvas-boot").source
    boot = json.loads(block)
    assert [HOSTILE] * 2 == [boot["title"], boot["room_state"]["components"][0]["props"]["text"]]
    assert set() == set(block) & set("<>&\u2028\u2029")
    brackets = hang(owner, visitor, 2, "[" * 50 + "<b>").by_id("note-2").all("pre")
    assert ["[" * 50 + "<b>"] == [each.text for each in brackets]  # as it was typed
    (stage,) = attacked.all("section", having=("class", "stage"))
    with FRONT_PAGE_IS_SERVED, GRID_ANSWERS:
        front = parse_page(visitor.get("/index.html").text)
        (card,) = front.all("li", having=("data-canvas-id", stage.attributes["data-canvas-id"]))
    for name in ("card-title", "card-handle", "card-description"):
        (words,) = card.all(having=("class", name))
        assert HOSTILE in words.text


def hang(owner: Owner, visitor: Client, slot: int, text: str) -> Element:
    """Publish a canvas that says ``text`` wherever it can; return its page as it is served."""
    maker = dataclasses.replace(owner, handle=text)
    canvas = maker.seed_unchecked(text, *saying(text), description=text)
    owner.has_published(canvas, slot)
    reply = visitor.get(f"/canvas/{canvas.id}.html")  # that the page is made is judged here
    with CANVAS_IS_READABLE:
        assert 200 == reply.status
    policy = reply.headers["Content-Security-Policy"].split("; ")
    assert {"default-src 'none'", "script-src 'self'", "base-uri 'none'"} <= set(policy)
    assert ("text/html; charset=utf-8", "nosniff") == (
        reply.headers["Content-Type"],
        reply.headers["X-Content-Type-Options"],
    )
    page = parse_page(reply.text)
    (style,) = (each.source for each in page.all("style"))
    assert PLACES == style  # which holds numbers and no word of a stranger's
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"style-src 'self' 'sha256-{digest}'" in policy
    return page


SIZES: tuple[dict[str, Any], ...] = (
    {},
    {"w": 480.0, "z": 3, "rotation": 380.0},
    {"h": 540.0},
    {"z": -5_000},
)
PLACES = (
    "@media (min-width:45rem){.stage{aspect-ratio:1920/1080}"
    ".at-0{left:0%;top:0%;z-index:0}"
    ".at-1{left:5.208%;top:0%;width:25%;rotate:20deg;z-index:3}"
    ".at-2{left:10.417%;top:0%;height:50%;z-index:0}"
    ".at-3{left:15.625%;top:0%;z-index:-999}}"
)


def saying(text: str) -> list[dict[str, Any]]:
    """Components that say ``text``, one of each kind, from the left to the right."""
    props: dict[str, dict[str, Any]] = {
        "text": {"text": text, "variant": text},
        "sprite": {"label": text, "sprite": text},
        "click-to-read": {"label": text, "content": text},
        "click-to-link": {"label": text, "url": "https://example.org/"},
    }
    return [
        {"id": f"part-{place}", "type": kind, "x": 100.0 * place, "props": each, **size}
        for place, ((kind, each), size) in enumerate(zip(props.items(), SIZES, strict=True))
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

    refuse_odd_parts(owner)
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
    with CANVAS_PAGE_IS_MADE:
        reply = visitor.get(f"/canvas/{canvas.id}.html")
    with CANVAS_IS_READABLE:
        assert 200 == reply.status
    page = parse_page(reply.text)

    shown = [each.text.strip() for each in page.all("a", having=("class", "part-link"))]
    assert [f"Link {n}" for n in range(len(urls))] == shown
    assert [2] * len(GOOD_URLS) == [page.by_id("main").links.count(url) for url in GOOD_URLS]
    assert [] == [address for address in page.addresses if not SAFE_ADDRESS.match(address)]


def refuse_odd_parts(owner: Owner) -> None:
    """Send rooms that no room can be, each of which is refused by the name of its field; and a good one."""
    for parts, field in ODD_PARTS:
        refused = owner.client.post("/studio/canvas", {"room_state": {"components": parts}})
        assert (400, f"room_state.components{field}") == (refused.status, refused.json["field"])
    for room, field in (({"stage": {"width": 0}}, "stage.width"), ({"preset": 1}, "preset")):
        refused = owner.client.post("/studio/canvas", {"room_state": room})
        assert (400, f"room_state.{field}") == (refused.status, refused.json["field"])
    unknown = owner.client.post("/studio/canvas", {"theme": "forrest"})
    assert (400, "theme") == (unknown.status, unknown.json["field"])
    assert "did you mean forest?" in unknown.json["message"]
    part = {"type": "click_to_link", "url": "HTTPS://EXAMPLE.org/a", "hidden": True, "z": 1.6}
    stage = {"width": 800, "height": 600, "background_layer": "sky", "ambient_sound": "rain"}
    whole: dict[str, Any] = {
        "preset": "blank",
        "ambient": "calm",
        "stage": stage,
        "components": [part],
    }
    made = owner.client.post("/studio/canvas", {"room_state": whole})
    with DRAFT_IS_MADE:
        assert 201 == made.status
    (stored,) = made.json["room_state"]["components"]
    assert whole | {"components": [stored]} == made.json["room_state"]
    assert (
        dict.fromkeys("xyw", 0.0)
        | {"h": 0.0, "rotation": 0.0}
        | {
            "id": stored["id"],
            "type": "click-to-link",
            "z": 2,
            "hidden": True,
            "props": {"url": "https://example.org/a"},
        }
        == stored
    )


@pytest.mark.runbook(
    severity="normal",
    cause="The cap on the size of a body is gone or raised, or does not count while it reads.",
    suspects=["bin/dashgen/serving/middleware.py", "bin/dashgen/settings.py"],
)
def test_payload_too_large_returns_413(owner: Owner, visitor: Client) -> None:
    canvas = owner.seed("Small")
    before = visitor.server.roots.snapshot()
    fits = json.dumps({"title": "fits"}).encode().ljust(MAX_BODY_BYTES)
    path = f"/studio/canvas/{canvas.id}"
    too_large = [
        owner.client.request("POST", "/studio/canvas", fits * 8),
        owner.client.request("PUT", path, fits + b" "),
        owner.client.request("POST", "/studio/canvas", iter([fits, b" "])),  # of unknown length
    ]

    assert [413] * 3 == [refused.status for refused in too_large]
    assert ["payload_too_large"] * 3 == [refused.json["error"] for refused in too_large]
    assert [MAX_BODY_BYTES] * 3 == [refused.json["limit_bytes"] for refused in too_large]
    assert [None] * 3 == [refused.headers["Connection"] for refused in too_large]  # it goes on
    for unfinished in (ANNOUNCED, endless(fits)):
        assert 413 == visitor.say(unfinished).status  # before the end, which never comes
    for body in UNREADABLE:
        unread = owner.client.request("PUT", path, body)
        assert (400, "body") == (unread.status, unread.json["field"])
    for form in ("text/plain", "multipart/form-data"):  # which another site may send unasked
        unsaid = owner.client.sending(**{"Content-Type": form}).put(path, {"title": "words"})
        assert (415, "unsupported_media_type") == (unsaid.status, unsaid.json["error"])
    assert "close" == visitor.say(OTHER_PROTOCOL).headers["Connection"]
    for said, status, error in NO_REQUESTS:
        refused = visitor.say(said)
        assert (status, error) == (refused.status, refused.json["error"])
        assert COMMON == {name: refused.headers[name] for name in COMMON}
    assert before == visitor.server.roots.snapshot()
    assert 201 == owner.client.request("POST", "/studio/canvas", fits).status


SENDING = b"POST /%b HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
ANNOUNCED = SENDING % b"fire" + b"Content-Length: %d\r\n\r\n" % (MAX_BODY_BYTES + 1)


def endless(fits: bytes) -> bytes:
    """The beginning of a request in chunks, of which more than may come has come."""
    chunk = b"%x\r\n%b \r\n" % (len(fits) + 1, fits)
    return SENDING % b"studio/signup" + b"Transfer-Encoding: chunked\r\n\r\n" + chunk


# What two readers could read differently, or one not at all.
UNREADABLE = (
    b"",
    b"{",
    b'{"title": "one", "title": "two"}',
    b'{"title": NaN}',
    b'{"title": 1e999}',
    b"[" * 5_000,
    b'{"title": "\\ud800"}',
)
OTHER_PROTOCOL = (
    b"GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: other\r\n\r\n"
)
NO_REQUESTS = (
    (b"not a request\r\n\r\n", 400, "bad_request"),
    (b"GET / HTTP/1.1\r\nX: " + b"x" * 200_000 + b"\r\n", 431, "request_head_too_large"),
)


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
    visitor.server.roots.incidents.mkdir(exist_ok=True)
    (visitor.server.roots.incidents / "one.json").write_text(json.dumps(INCIDENT), encoding="utf-8")

    with OPERATOR_IS_LET_IN:
        full = operator.get("/state")
        assert 200 == full.status
        assert OWNER_KEYS <= full.json.keys()
        assert "a secret task" in full.text
    assert [INCIDENT_SHOWN] == full.json["incidents"]
    assert (True, "opened for commit smoke") == tuple(
        full.json["gate"][key] for key in ("is_open", "reason")
    )
    for token in ("", "wrong", DASHBOARD_TOKEN[:-1], DASHBOARD_TOKEN.upper(), owner.client.token):
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
        for path, body in (("/smoke-test-result", result), ("/fire", FIRE)):
            refused = visitor.using(token).post(path, body)
            assert refused.status not in {200, 409}
            with WITHOUT_TOKEN_IS_401:
                assert 401 == refused.status
    with no_dashboard_token(visitor):  # then nobody is the operator, not even by an empty one
        nobody = visitor.sending(Authorization="Bearer").get("/state")
        assert VISITOR_KEYS == nobody.json.keys()
    assert full.json["projects"] == operator.get("/state").json["projects"]
    hold_back_until_smoked(operator)
    health = visitor.get("/health").json
    assert {"status", "uptime_s", "version", "auth_required", "build", "storage"} == health.keys()
    assert ("ok", True, "ok") == tuple(
        health[key] for key in ("status", "auth_required", "storage")
    )
    metrics = visitor.get("/metrics").json
    assert COUNTS == metrics.keys()
    assert metrics["error_count"] == metrics["recent_error_count"]
    assert metrics["request_count"] < visitor.get("/metrics").json["request_count"]
    stored = [path.name for path in visitor.server.roots.orch.glob("pairings/*.json")]
    assert len(stored) == metrics["paired_user_count"]
    assert metrics["uptime_s"] > 0
    log_tells_no_secret(visitor, owner.client.token)


COUNTS = {
    *("request_count", "error_count", "recent_error_count", "uptime_s", "version"),
    *("canvas_count", "paired_user_count"),
}
FIRE = {"slug": "smoke", "minutes": 5, "prompt": "go on"}
INCIDENT_SHOWN = {
    "id": "one",
    "state": "found",
    "opened_at": 1.0,
    "severity": "high",
    "rows": ["test_one"],
    "culprit": "0123456789 a change",
    "next": "bin/invoke rollback",
}


@contextmanager
def no_dashboard_token(client: Client) -> Iterator[None]:
    """Configure none for a while."""
    configured = client.server.roots.orch / ".env.local"
    kept = configured.rename(configured.with_suffix(".kept"))
    try:
        yield
    finally:
        kept.rename(configured)


def hold_back_until_smoked(operator: Client) -> None:
    """While the smoke of a project is red nothing is run in it; a pass lets it go on."""
    told = operator.post("/smoke-test-result", {"slug": "smoke", "result": "fail", "notes": "red"})
    assert (200, "Building") == (told.status, told.json["state"])
    assert ("fail", "red") == tuple(
        told.json["project"]["smoke"][key] for key in ("result", "notes")
    )
    refused = operator.post("/fire", FIRE)
    assert {
        "error": "smoke_test_required",
        "checkpoint": "smoke",
        "current_state": "Building",
        "target_state": "Building",
    } == {key: value for key, value in refused.json.items() if key != "message"}
    assert 409 == refused.status
    assert 200 == operator.post("/smoke-test-result", {"slug": "smoke", "result": "pass"}).status
    fired = operator.post("/fire", FIRE)
    assert (200, 0, 1) == (fired.status, fired.json["exit"], fired.json["project"]["queued_count"])
    unknown = operator.post("/fire", FIRE | {"slug": "none"})
    assert 404 == unknown.status
    assert "$ORCH_DATA/projects/none.json makes one" in unknown.json["message"]


def log_tells_no_secret(visitor: Client, token: str) -> None:
    """The server's log has a line a request, with neither queries nor tokens."""
    visitor.get("/health?token=a-secret")
    visitor.get("/health")  # the line of the request before it is written now
    lines = visitor.server.logged()
    asked = {
        "level": "info",
        "msg": "request",
        "http_method": "GET",
        "http_path": "/health",
        "http_status": 200,
    }
    assert [line for line in lines if asked.items() <= line.items() and line["duration_ms"] > 0]
    assert not [text for line in lines for text in ("a-secret", token) if text in str(line)]
    # What a library says is JSON, too.
    assert "uvicorn.error" in {line["logger"] for line in lines}


@pytest.mark.runbook(
    severity="normal",
    cause="The index page lost the cookie banner or its link to the policy.",
    suspects=["bin/dashgen/pages/cookie_banner.py", "bin/dashgen/pages/grid.py::render_index_page"],
)
def test_index_html_contains_cookie_banner(visitor: Client) -> None:
    with FRONT_PAGE_IS_SERVED:
        reply = visitor.get("/index.html")

    assert (200, None) == (reply.status, reply.headers["Set-Cookie"])
    front = parse_page(reply.text)
    (banner,) = front.all(having=("id", "cookie-banner"))
    assert [] == front.all("noscript")  # where no script would find it
    assert any(each.startswith("/assets/site.js?v=") for each in front.addresses)  # which shows it
    assert ("section", "region") == (banner.tag, banner.attributes.get("role"))
    assert "hidden" in banner.attributes  # until a script knows that it was not answered before
    assert "no tracking" in banner.text
    dismiss = banner.by_id("cookie-banner-dismiss")
    assert ("button", "button", "Got it") == (
        dismiss.tag,
        dismiss.attributes.get("type"),
        dismiss.text,
    )
    (policy,) = banner.all("a")
    assert ["/legal/cookies.html"] == banner.links
    assert "cookie policy" in policy.text
    with LEGAL_PAGES_ARE_SERVED:
        legal = visitor.get("/legal/cookies.html")
        assert 200 == legal.status
    led_to = parse_page(legal.text)
    assert ["Cookie policy"] == [each.text for each in led_to.all("h1")]
    assert "section" == led_to.by_id("cookie-banner").tag
    for name, heading in SHELLS.items():
        shell = visitor.get(f"/{name}.html")
        assert (200, "no-cache") == (shell.status, shell.headers["Cache-Control"])
        page = parse_page(shell.text)
        (title,) = page.all("h1")
        assert (heading, "section") == (title.text, page.by_id("cookie-banner").tag)
        if name == "studio":
            assert {"kinds", "variants", "captions", "names", "fresh", "most"} == json.loads(
                page.by_id("editor").attributes["data-words"]
            ).keys()
    script = next(each for each in page.addresses if each.startswith("/assets/settings.js?v="))
    kept = visitor.get(script)
    assert ("text/javascript; charset=utf-8", "public, max-age=31536000, immutable") == (
        kept.headers["Content-Type"],
        kept.headers["Cache-Control"],
    )
    assert 404 == visitor.get("/assets/none.js").status
    assert "$12" in page.by_id("billing").text


# The pages that hold nobody's data.
SHELLS = {
    "studio": "Your canvases",
    "pair": "Link this browser to your canvases",
    "dashboard": "What is running",
    "settings": "This browser and your plan",
}


@pytest.mark.runbook(
    severity="normal",
    cause="The first-run dialog lost its terms checkbox or the link to the terms.",
    suspects=["bin/dashgen/pages/first_run.py", "bin/dashgen/pages/grid.py::render_index_page"],
)
def test_index_html_contains_first_run_tos_checkbox(visitor: Client) -> None:
    with FRONT_PAGE_IS_SERVED:
        reply = visitor.get("/index.html")
        assert 200 == reply.status

    page = parse_page(reply.text)
    orders = [link for link in page.all("a") if "data-order" in link.attributes]
    assert ["/index.html", "/index.html?filter=newest", "/index.html?filter=random"] == [
        link.attributes["href"] for link in orders
    ]
    judge_first_run(page)
    with closed_gate(visitor):  # where no canvas is shown somebody can begin all the same
        judge_first_run(parse_page(visitor.get("/index.html").text))


def judge_first_run(page: Element) -> None:
    """Look for the dialog, its terms and the script that opens it."""
    assert any(each.startswith("/assets/first-run.js?v=") for each in page.addresses)
    dialog = page.by_id("first-run")
    assert "dialog" == dialog.tag
    form = dialog.by_id("first-run-form")
    terms = form.by_id("first-run-tos-check")
    assert ("input", "checkbox", "tos_accepted") == (
        terms.tag,
        terms.attributes.get("type"),
        terms.attributes.get("name"),
    )
    assert {"required"} == {"required", "checked", "disabled"} & terms.attributes.keys()
    (label,) = form.all("label", having=("for", "first-run-tos-check"))
    assert ["/legal/terms.html", "/legal/privacy.html"] == label.links
    assert ["terms of service", "privacy policy"] == [link.text for link in label.all("a")]
    submit = form.by_id("first-run-submit")
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
    (prose,) = main.all(having=("class", "prose"))
    assert {"/legal/privacy.html", "/legal/cookies.html"} <= set(main.links)
    assert "/legal/acceptable-use.html" in prose.links
    (contents,) = main.all("nav", having=("class", "contents"))
    assert [(f"#{each.attributes['id']}", each.text) for each in prose.all("h2")] == [
        (link.attributes["href"], link.text) for link in contents.all("a")
    ]
    missing = visitor.get("/legal/none.html")
    (heading,) = parse_page(missing.text).all("h1")
    assert (404, "Nothing here") == (missing.status, heading.text)
    document = visitor.get("/docs/adr/0014-rows-are-proved-by-faults.html")
    decision = parse_page(document.text)
    (title,) = decision.all("h1")
    assert (200, "0014") == (document.status, title.text[:4])
    assert "../architecture/faults.html" in decision.links
    assert 404 == visitor.get("/docs/adr/none.html").status
