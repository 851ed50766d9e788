"""From sign-up to the public grid and back: what a creator does on the first evening."""

from __future__ import annotations

from datetime import UTC, datetime
from http.cookies import SimpleCookie
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from dashgen.pages.scenes import SCENES
from dashgen.slots import Tier
from tests.integration.given import (
    CAN_PUBLISH,
    CANVAS_IS_READABLE,
    FRONT_PAGE_IS_SERVED,
    GRID_ANSWERS,
    NEIGHBOURS_STAY,
    PAIRING_ENDS,
    SLOTS_ARE_LIMITED,
    UNSEEN_IS_MISSING,
    VISITOR_IS_NOBODY,
)
from tests.integration.html_page import parse_page

if TYPE_CHECKING:
    from tests.integration.client import Client
    from tests.integration.conftest import Owner
    from tests.integration.wire import Reply

FEATURED = "/ensemble/canvases?filter=featured&limit=100"
MINE = "/studio/canvas/mine"
# Taken together these words speak for an arcade; those of one answer alone do for a library.
ANSWERS = {
    "building": "a book of chess games",
    "vibe": "cozy",
    "color_scheme": "forest",
    "problem": "the book lost a pixel",
}
WELCOME = """Welcome to this cozy arcade.

It was furnished for “a book of chess games”.

Something to think about here: the book lost a pixel

Move things, change them, or clear the canvas and start afresh in the studio."""
# What the first canvas holds, without ids: what it is, where it stands, and what it says.
FIRST_ROOM = [
    ("text", 160, 112, {"text": "Making: a book of chess games", "variant": "eyebrow"}),
    ("text", 160, 176, {"text": "smoke-newcomer's arcade", "variant": "hero"}),
    ("text", 160, 336, {"text": "On my mind: the book lost a pixel", "variant": "body"}),
    ("click-to-read", 160, 496, {"label": "Welcome", "content": WELCOME}),
    ("sprite", 768, 656, {"sprite": "arcade"}),
    ("sprite", 1120, 656, {"sprite": "rug"}),
    ("sprite", 1472, 656, {"sprite": "sign"}),
]
LONG = "a very long tale " * 20  # none of its words speaks for a preset


def listed(client: Client, order: str = "featured") -> list[str]:
    """The ids in the grid, in order."""
    grid = client.get(f"/ensemble/canvases?filter={order}&limit=100").json
    return [card["id"] for card in grid["canvases"]]


def presence(client: Client, canvas_id: str) -> str:
    """Whether the featured grid shows a canvas."""
    with GRID_ANSWERS:
        shown = listed(client)
    return "present" if canvas_id in shown else "absent"


def presence_in_front(client: Client, canvas_id: str) -> str:
    """Whether the front page shows a canvas."""
    with FRONT_PAGE_IS_SERVED:
        front = client.get("/index.html")
        assert 200 == front.status
    return "present" if canvas_id in front.text else "absent"


def slots_of(owner: Owner) -> dict[str, int | None]:
    """Which slot each canvas of a creator is in, by its title; None for a draft."""
    mine = owner.client.get(MINE).json["canvases"]
    return {each["title"]: each["slot_index"] for each in mine}


@pytest.mark.runbook(
    severity="normal",
    cause="The templates of procedural fill are broken, or a create with signup_context misses them.",
    suspects=[
        "bin/dashgen/procedural_fill.py::fill",
        "bin/dashgen/canvas_handlers.py::handle_create_canvas",
        "bin/dashgen/signup_handlers.py",
    ],
)
def test_signup_seeds_procedural_canvas(owner: Owner, visitor: Client) -> None:
    newcomer = {"handle": "smoke-newcomer", "answers": ANSWERS}
    owner.client.get(MINE)  # somebody who is paired is let in

    for answer in ({"tos_accepted": False}, {}):
        refused = visitor.post("/studio/signup", newcomer | answer)

        assert 400 == refused.status
        assert "tos_required" == refused.json["error"]

    signed_up = visitor.post("/studio/signup", newcomer | {"tos_accepted": True})

    assert 201 == signed_up.status
    told = signed_up.json
    context = {"handle": "smoke-newcomer", **ANSWERS, "github_handle": ""}
    assert {"user_id", "handle", "pairing_token", "expires_at", "signup_context"} == told.keys()
    assert ("smoke-newcomer", context) == (told["handle"], told["signup_context"])
    assert (told["pairing_token"], *KEPT_FROM_SCRIPTS) == cookie_of(signed_up)
    paired = visitor.using(told["pairing_token"])
    mine = paired.get(MINE)
    assert (200, []) == (mine.status, mine.json.get("canvases"))

    created = paired.post("/studio/canvas", {"signup_context": context})

    assert 201 == created.status
    canvas = created.json
    components = canvas["room_state"].pop("components")
    made = (canvas.pop("id"), canvas.pop("created_at"), canvas.pop("updated_at"))
    assert {
        "owner_id": told["user_id"],
        "owner_handle": "smoke-newcomer",
        "room_state": {"preset": "arcade", "ambient": "arcade", "stage": STAGE},
        "theme": "forest",
        "title": "smoke-newcomer's arcade",
        "description": "a book of chess games. An arcade where everything can be changed.",
        "source": "procedural_fill",
        "source_metadata": {"fill_version": 2, "preset": "arcade", "answers": context},
        "featured_score": 0.0,
        "featured_locked": False,
        "pack_id": None,
        "schema_version": 1,
        "slot_index": None,
        "published_at": None,
        "visibility": "private",
        "is_showcase": False,
        "etag": created.headers["ETag"],
    } == canvas
    assert FIRST_ROOM == [room_part(each) for each in components]
    assert [*range(len(components))] == [int(each["id"][-2:], 16) for each in components]
    # Nobody guesses the token, and it lasts for ninety days.
    assert (43, 90) == (
        len(told["pairing_token"]),
        round((told["expires_at"] - made[1]) / DAY_SECONDS),
    )
    assert [created.json] == paired.get(MINE).json["canvases"]
    assert ("absent", made[1]) == (presence(visitor, made[0]), made[2])
    take_first_run(paired)
    generate_another(paired)
    taken = visitor.post("/studio/signup", newcomer | {"tos_accepted": True})
    assert (409, "handle_taken") == (taken.status, taken.json["error"])
    left = paired.post("/studio/unpair", {})
    assert (204, b"", "") == (left.status, left.body, cookie_of(left)[0])
    with PAIRING_ENDS:
        assert 401 == paired.get(MINE).status


STAGE = {"width": 1920, "height": 1080, "background_layer": "", "ambient_sound": ""}
DAY_SECONDS = 24 * 3600
# And without TLS not kept to it; for as long as the token lasts.
KEPT_FROM_SCRIPTS = ("/", True, "strict", "", str(90 * DAY_SECONDS))


def cookie_of(reply: Reply) -> tuple[object, ...]:
    """The pairing token that an answer gives to a browser, and what else it says of it."""
    kept = SimpleCookie(reply.headers["Set-Cookie"])["pairing_token"]
    said = ("path", "httponly", "samesite", "secure", "max-age")
    return kept.value, *(kept[name] for name in said)


def room_part(component: dict[str, Any]) -> tuple[Any, ...]:
    """What a component of a first canvas is, where it stands and what it says."""
    return component["type"], component["x"], component["y"], component["props"]


def take_first_run(newcomer: Client) -> None:
    """Take the steps of the first run; none can be skipped."""
    begun = {"is_complete": False, "resume_url": "/index.html#first-run"}
    assert begun == newcomer.get("/first-run/state").json
    skipped = newcomer.post("/first-run/advance", {"step": "canvas-generated"})
    assert (409, "step_skipped", "questions-answered") == (
        skipped.status,
        skipped.json["error"],
        skipped.json["next_step"],
    )
    for step, is_complete in (("questions-answered", False), ("canvas-generated", True)):
        taken = newcomer.post("/first-run/advance", {"step": step})
        assert {"is_complete": is_complete, "resume_url": "/studio.html"} == taken.json
    assert taken.json == newcomer.get("/first-run/state").json


def generate_another(newcomer: Client) -> None:
    """Have a canvas made of other answers: a longer tale, a mood alone, a name elsewhere."""
    answers = {"building": LONG, "vibe": "Lounge", "color_scheme": "cool", "github_handle": "ada"}

    made = newcomer.post("/studio/generate-from-answers", answers)

    assert 201 == made.status
    canvas = made.json["studio"]
    assert ("music_lab", "ocean", LONG[:239] + "…") == (
        canvas["room_state"]["preset"],
        canvas["theme"],
        canvas["description"],
    )
    components = canvas["room_state"]["components"]
    assert [f"Making: {LONG}"[:43] + "…", "smoke-newcomer's music lab"] == [
        each["props"]["text"] for each in components if each["type"] == "text"
    ]
    (note,) = [each for each in components if "content" in each["props"]]
    assert f"It was furnished for “{LONG}”." in note["props"]["content"]
    (link,) = [each for each in components if "url" in each["props"]]
    assert {"label": "ada on GitHub", "url": "https://github.com/ada"} == link["props"]


@pytest.mark.runbook(
    severity="normal",
    cause="The store's _index.json lacks the published entry, or the featured query of /ensemble/canvases regressed.",
    suspects=[
        "bin/dashgen/storage/canvas_store.py::JsonFileCanvasStore._add_to_index",
        "bin/dashgen/storage/canvas_store.py::JsonFileCanvasStore.list_published",
        "bin/dashgen/canvas_handlers.py::handle_list_canvases",
    ],
)
def test_publish_to_slot_zero_appears_in_grid(owner: Owner, visitor: Client) -> None:
    text = {"type": "text", "x": 1, "y": 2, "props": {"text": "stays"}}
    canvas, neighbour = owner.seed("Slot zero", text), owner.seed("")
    path = f"/studio/canvas/{canvas.id}"
    words = {"title": "Slot zero, edited", "theme": "forest", "description": "An edited one"}
    edited = owner.client.put(path, words)
    assert 200 == edited.status
    assert words == {key: edited.json[key] for key in words}
    assert msgspec.to_builtins(canvas.room_state) == edited.json["room_state"]
    judge_late(owner.client, path, edited)
    others = listed(visitor)
    count = visitor.get("/metrics").json["canvas_count"]
    for slot in (-1, 10_000):
        nowhere = owner.publish(canvas.id, slot)
        assert (400, "slot_index") == (nowhere.status, nowhere.json["field"].rpartition(".")[2])

    published = owner.client.post(f"{path}/publish", {"slot_index": 0})  # public, unless it is said

    assert 200 == published.status
    when = published.json["published_at"]
    assert canvas.updated_at < edited.json["updated_at"] < when
    place = {"slot_index": 0, "visibility": "public", "published_at": when}
    assert edited.json | place | {"etag": published.headers["ETag"]} == published.json
    grid = visitor.get(FEATURED).json
    assert [canvas.id, *others] == [card["id"] for card in grid["canvases"]]
    card = {"id": canvas.id, "owner_handle": owner.handle, "published_at": when}
    assert words | card | {"thumbnail_url": None} == grid["canvases"][0]
    assert [canvas.id, *others] == listed(visitor, "newest")
    assert count + 1 == visitor.get("/metrics").json["canvas_count"]
    words["title"] = "Slot zero, again"
    owner.rewrite_elsewhere(canvas.id, words["title"])
    owner.publish_elsewhere(neighbour.id, 1)
    featured, newest = [canvas.id, neighbour.id, *others], [neighbour.id, canvas.id, *others]
    assert newest == listed(visitor)  # where nobody puts one forward
    owner.store.set_showcase(canvas.id, owner.id, on=True)
    assert featured == listed(visitor)
    unasked = visitor.get("/ensemble/canvases").json["canvases"]
    assert featured[:20] == [card["id"] for card in unasked]
    published_again = unasked[0]["published_at"]
    assert [words["title"], f"{owner.handle}'s canvas"] == [card["title"] for card in unasked[:2]]
    judge_orders(visitor, featured, newest)
    fixed = owner.client.put(path, {"title": "too late"})
    assert (409, "canvas_published") == (fixed.status, fixed.json["error"])
    with FRONT_PAGE_IS_SERVED:
        front = visitor.get("/index.html")
        assert 200 == front.status
    (shown,) = parse_page(front.text).all("li", having=("data-canvas-id", canvas.id))
    assert [f"/canvas/{canvas.id}.html"] == shown.links
    assert shown.has("class", "theme-forest")
    (picture,) = shown.all("use")
    assert picture.attributes["href"].partition("#")[2] in SCENES
    date = f"{datetime.fromtimestamp(published_again, UTC):%-d %B %Y}"
    assert [words["title"], f"@{owner.handle} · {date}", words["description"]] == [
        line.strip() for line in shown.text.splitlines() if line.strip()
    ]


def judge_late(client: Client, path: str, edited: Reply) -> None:
    """Who did not see an edit does not write over it."""
    unaware = client.sending(**{"If-Match": '"another"'})
    late = [unaware.put(path, {"title": "late"}), unaware.request("DELETE", path)]
    assert [(412, edited.headers["ETag"])] * 2 == [
        (each.status, each.json["etag"]) for each in late
    ]


def judge_orders(visitor: Client, featured: list[str], newest: list[str]) -> None:
    """Read the whole grid in each of its orders, and ask for some that there are not."""
    assert featured == paged(visitor, "featured", len(featured))
    assert newest == paged(visitor, "newest", len(newest))
    assert {*newest} == {*paged(visitor, "random", len(newest))}
    shuffled = (visitor.get("/ensemble/canvases?filter=random&limit=1").json for _ in range(2))
    assert 2 == len({each["next_cursor"] for each in shuffled})  # each visitor has another order
    for query in ("filter=none", "limit=0", "limit=101", "cursor=none"):
        refused = visitor.get(f"/ensemble/canvases?{query}")
        assert (400, query.partition("=")[0]) == (refused.status, refused.json["field"])


def paged(client: Client, order: str, count: int) -> list[str]:
    """The ids in the grid, read in two parts: all but the last, then that."""
    address = f"/ensemble/canvases?filter={order}"
    first = client.get(f"{address}&limit={count - 1}").json
    second = client.get(f"{address}&limit=1&cursor={first['next_cursor']}").json
    assert (count - 1, 1, "") == (
        len(first["canvases"]),
        len(second["canvases"]),
        second["next_cursor"],
    )
    return [card["id"] for part in (first, second) for card in part["canvases"]]


@pytest.mark.runbook(
    severity="normal",
    cause="_remove_from_index no longer clears the entry in published.",
    suspects=[
        "bin/dashgen/storage/canvas_store.py::JsonFileCanvasStore._remove_from_index",
        "bin/dashgen/storage/canvas_store.py::JsonFileCanvasStore.unpublish",
        "bin/dashgen/canvas_handlers.py::handle_unpublish_canvas",
    ],
)
def test_unpublish_removes_canvas_from_grid(owner: Owner, visitor: Client) -> None:
    canvas, neighbour = owner.seed("Comes and goes"), owner.seed("Stays")
    own = {canvas.id, neighbour.id}
    owner.has_published(canvas, 0)
    owner.has_published(neighbour, 1)
    with GRID_ANSWERS:
        assert "present" == presence(visitor, canvas.id)
        assert "present" == presence_in_front(visitor, canvas.id)
    addresses = (f"/ensemble/canvas/{canvas.id}", f"/canvas/{canvas.id}.html")
    with CANVAS_IS_READABLE:
        assert [200, 200] == [visitor.get(address).status for address in addresses]

    with VISITOR_IS_NOBODY:
        assert 401 == visitor.get(MINE).status
    count = visitor.get("/metrics").json["canvas_count"]

    unpublished = owner.client.post(f"/studio/canvas/{canvas.id}/unpublish", {})

    assert 200 == unpublished.status
    for seen in (presence, presence_in_front):
        assert ("absent", "present") == (seen(visitor, canvas.id), seen(visitor, neighbour.id))
    for address in addresses:
        gone = visitor.get(address)
        assert 200 != gone.status
        with UNSEEN_IS_MISSING:
            assert 404 == gone.status
    assert {"Comes and goes": None, "Stays": 1} == slots_of(owner)
    assert count - 1 == visitor.get("/metrics").json["canvas_count"]  # it is not only hidden
    path = f"/studio/canvas/{canvas.id}"
    draft = owner.client.get(path).json
    assert draft == unpublished.json
    assert ("Comes and goes", None, None, "private") == tuple(
        draft[key] for key in ("title", "slot_index", "published_at", "visibility")
    )
    again = owner.client.post(f"{path}/unpublish", {})
    assert (200, draft) == (again.status, again.json)  # a draft stays one
    refused = owner.client.put(f"{path}/showcase", {"is_showcase": True})
    assert (409, "canvas_not_published") == (refused.status, refused.json["error"])
    assert 200 == owner.publish(canvas.id, 0).status
    with NEIGHBOURS_STAY:
        assert {"Comes and goes": 0, "Stays": 1} == slots_of(owner)
    for is_forward, order in (
        (True, [neighbour.id, canvas.id]),
        (False, [canvas.id, neighbour.id]),
    ):
        wish = {"is_showcase": is_forward}
        put = owner.client.put(f"/studio/canvas/{neighbour.id}/showcase", wish)
        assert (200, is_forward) == (put.status, put.json["is_showcase"])
        assert order == [each for each in listed(visitor) if each in own]
    deleted = owner.client.request("DELETE", path)
    assert (204, b"") == (deleted.status, deleted.body)
    assert [neighbour.id] == [each for each in listed(visitor) if each in own]
    assert ({"Stays": 1}, 404) == (slots_of(owner), owner.client.get(path).status)


@pytest.mark.runbook(
    severity="normal",
    cause="The swap in publish is no longer one step: the old occupant must become a draft and never be deleted.",
    suspects=[
        "bin/dashgen/storage/canvas_store.py::JsonFileCanvasStore.publish",
        "bin/dashgen/slots.py::decide_publish",
        "bin/dashgen/canvas_handlers.py::handle_publish_canvas",
    ],
)
def test_swap_slot_zero_demotes_old_canvas_to_draft(
    owner: Owner, stranger: Owner, visitor: Client
) -> None:
    words = {"type": "text", "x": 1, "y": 2, "props": {"text": "kept"}}
    old, new, neighbour = owner.seed("Old", words), owner.seed("New"), owner.seed("Neighbour")
    first, last = owner.seed("First"), owner.seed("Last")
    owner.has_published(first, 0)
    assert 200 == owner.publish(old.id, 0).status  # where nothing else is published
    owner.has_published(neighbour, 1)
    owner.publish_elsewhere(last.id, 2)  # no slot is left, and none is needed
    with GRID_ANSWERS:
        assert "present" == presence(visitor, old.id)
        owner.store.set_showcase(neighbour.id, owner.id, on=True)
    theirs = stranger.seed("Somebody else's")
    stranger.publish_elsewhere(theirs.id, 9_998, "pro")
    intruding = owner.publish(old.id, 9_998)
    assert "present" == presence(visitor, theirs.id)  # nobody takes another's place
    with SLOTS_ARE_LIMITED:
        assert 402 == intruding.status

    swapped = owner.publish(new.id, 0)

    assert 200 == swapped.status
    assert (0, False) == tuple(swapped.json[key] for key in ("slot_index", "is_showcase"))
    assert swapped.json == owner.client.get(f"/studio/canvas/{new.id}").json
    drafts = {"First": None, "Old": None}
    assert drafts | {"New": 0, "Neighbour": 1, "Last": 2} == slots_of(owner)
    draft = owner.client.get(f"/studio/canvas/{old.id}").json
    assert (None, "private") == (draft["published_at"], draft["visibility"])
    assert "kept" == draft["room_state"]["components"][0]["props"]["text"]
    assert "absent" == presence(visitor, old.id)
    assert "present" == presence(visitor, new.id)
    assert "present" == presence(visitor, neighbour.id)
    assert 200 == owner.publish(neighbour.id, 0).status  # it moves
    assert drafts | {"New": None, "Neighbour": 0, "Last": 2} == slots_of(owner)


@pytest.mark.runbook(
    severity="normal",
    cause="The slot limit is not enforced, or the 402 body drifted from CHUNK_2_API_CONTRACT.md.",
    suspects=[
        "bin/dashgen/slots.py::decide_publish",
        "bin/dashgen/slots.py::upsell_body",
        "bin/dashgen/canvas_handlers.py::handle_publish_canvas",
        "docs/architecture/api-contracts/CHUNK_2_API_CONTRACT.md",
    ],
)
def test_free_tier_fourth_slot_returns_402_with_contract_shape(
    owner: Owner, stranger: Owner, visitor: Client
) -> None:
    visitor.server.roots.stores.subscriptions.set_tier(stranger.id, Tier.pro)
    limitless = stranger.publish(stranger.seed("Somebody pays").id, 9_999)
    assert (200, "pro") == (limitless.status, stranger.client.get(MINE).json["tier"])
    published = [owner.seed(f"Slot {slot}") for slot in range(3)]
    fourth = owner.seed("One too many")
    for slot, canvas in enumerate(published[:2]):
        reply = owner.publish(canvas.id, slot)
        with CAN_PUBLISH:
            assert reply.status in {200, 402}
        assert 200 == reply.status
    beyond = owner.publish(fourth.id, 3)  # where there is room, but not there
    assert (402, 2) == (beyond.status, beyond.json["current_published"])
    owner.publish_elsewhere(published[2].id, 7, "pro")  # which was paid for, once
    visitor.server.roots.break_subscription(owner.id)
    before = owner.client.get(MINE).json
    assert ("free", 3, 3) == tuple(
        before[key] for key in ("tier", "current_published", "free_limit")
    )

    refused = owner.publish(fourth.id, 2)  # which is free, and would be one more

    assert 402 == refused.status
    body: dict[str, Any] = refused.json
    assert body.pop("message")
    assert {
        "error": "slot_limit",
        "tier": "free",
        "limit": 3,
        "current_published": 3,
        "upsell": {"plan": "pro", "price_usd_month": 12, "url": "/settings.html#billing"},
    } == body
    assert before == owner.client.get(MINE).json
    assert "absent" == presence(visitor, fourth.id)
    assert 402 == owner.publish(published[0].id, 3).status  # there are three, whoever is in them
    replaced = owner.publish(fourth.id, 7)
    assert 200 == replaced.status  # it adds nothing
