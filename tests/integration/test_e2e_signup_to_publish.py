"""From sign-up to the public grid and back: what a creator does on the first evening."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.integration.given import (
    CAN_PUBLISH,
    CANVAS_IS_READABLE,
    FRONT_PAGE_IS_SERVED,
    GRID_ANSWERS,
)
from tests.integration.html_page import parse_page

if TYPE_CHECKING:
    from tests.integration.client import Client, Reply
    from tests.integration.conftest import Owner

FEATURED = "/ensemble/canvases?filter=featured&limit=50"
MINE = "/studio/canvas/mine"
FIRST_WORDS = ["Making: a chess club archive", "smoke-newcomer's arcade", "On my mind: lost games"]
PARTS = ["click-to-read", "sprite", "sprite", "sprite", "text", "text", "text"]


def listed(client: Client) -> list[str]:
    """The ids in the featured grid, in order."""
    return [card["id"] for card in client.get(FEATURED).json["canvases"]]


def presence(client: Client, canvas_id: str) -> str:
    """Whether the featured grid shows a canvas."""
    with GRID_ANSWERS:
        shown = listed(client)
    return "present" if canvas_id in shown else "absent"


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
    answers = {
        "building": "a chess club archive",
        "vibe": "cozy",
        "color_scheme": "forest",
        "problem": "lost games",
    }
    newcomer = {"handle": "smoke-newcomer", "answers": answers}
    owner.client.get(MINE)  # somebody who is paired is let in

    refused = visitor.post("/studio/signup", newcomer | {"tos_accepted": False})

    assert 400 == refused.status
    assert "tos_required" == refused.json["error"]

    signed_up = visitor.post("/studio/signup", newcomer | {"tos_accepted": True})

    assert 201 == signed_up.status
    paired = visitor.using(signed_up.json["pairing_token"])
    mine = paired.get(MINE)
    assert (200, []) == (mine.status, mine.json.get("canvases"))

    context = {"handle": "smoke-newcomer", **answers}
    created = paired.post("/studio/canvas", {"signup_context": context})

    assert 201 == created.status
    canvas = created.json
    assert "procedural_fill" == canvas["source"]
    assert (signed_up.json["user_id"], "smoke-newcomer") == (
        canvas["owner_id"],
        canvas["owner_handle"],
    )
    assert ("smoke-newcomer's arcade", "forest") == (canvas["title"], canvas["theme"])
    components = canvas["room_state"]["components"]
    assert PARTS == sorted(component["type"] for component in components)
    assert len(components) == len({component["id"] for component in components})
    said = [component["props"].get("text") for component in components]
    assert FIRST_WORDS == [text for text in said if text]
    (welcome,) = (each["props"] for each in components if each["type"] == "click-to-read")
    assert "chess club archive" in welcome["content"]
    assert "lost games" in welcome["content"]
    assert "chess club archive" in canvas["description"]
    assert (None, None, "private") == (
        canvas["slot_index"],
        canvas["published_at"],
        canvas["visibility"],
    )
    assert [canvas] == paired.get(MINE).json["canvases"]
    assert "absent" == presence(visitor, canvas["id"])
    assert 204 == paired.post("/studio/unpair", {}).status
    assert 401 == paired.get(MINE).status


@pytest.mark.runbook(
    severity="normal",
    cause="The store's _index.json lacks the published entry, or the featured query of /ensemble/canvases regressed.",
    suspects=[
        "bin/dashgen/canvas_store.py::JsonFileCanvasStore._add_to_index",
        "bin/dashgen/canvas_store.py::JsonFileCanvasStore.list_published",
        "bin/dashgen/canvas_handlers.py::handle_list_canvases",
    ],
)
def test_publish_to_slot_zero_appears_in_grid(owner: Owner, visitor: Client) -> None:
    canvas = owner.seed("Slot zero")
    path = f"/studio/canvas/{canvas.id}"
    words = {"title": "Slot zero, edited", "theme": "forest", "description": "An edited one"}
    assert 200 == owner.client.put(path, words).status
    others = listed(visitor)

    published = owner.publish(canvas.id, 0)

    assert 200 == published.status
    assert (0, "public") == (published.json["slot_index"], published.json["visibility"])
    assert published.json["published_at"] > 0
    grid = visitor.get(FEATURED).json
    assert [canvas.id, *others] == [card["id"] for card in grid["canvases"]]
    card = grid["canvases"][0]
    assert words | {"owner_handle": owner.handle} == {
        key: card[key] for key in (*words, "owner_handle")
    }
    assert [canvas.id] == [card["id"] for card in first_card(visitor, "newest").json["canvases"]]
    assert 1 == len(first_card(visitor, "random").json["canvases"])
    assert 409 == owner.client.put(path, {"title": "too late"}).status
    with FRONT_PAGE_IS_SERVED:
        front = visitor.get("/index.html")
        assert 200 == front.status
    assert f"/canvas/{canvas.id}.html" in parse_page(front.text).links


def first_card(client: Client, order: str) -> Reply:
    """The grid in some order, cut to one canvas."""
    return client.get(f"/ensemble/canvases?filter={order}&limit=1")


@pytest.mark.runbook(
    severity="normal",
    cause="_remove_from_index no longer clears the entry in published.",
    suspects=[
        "bin/dashgen/canvas_store.py::JsonFileCanvasStore._remove_from_index",
        "bin/dashgen/canvas_store.py::JsonFileCanvasStore.unpublish",
        "bin/dashgen/canvas_handlers.py::handle_unpublish_canvas",
    ],
)
def test_unpublish_removes_canvas_from_grid(owner: Owner, visitor: Client) -> None:
    canvas, neighbour = owner.seed("Comes and goes"), owner.seed("Stays")
    owner.has_published(canvas, 0)
    owner.has_published(neighbour, 1)
    with GRID_ANSWERS:
        assert "present" == presence(visitor, canvas.id)
    with CANVAS_IS_READABLE:
        assert 200 == visitor.get(f"/ensemble/canvas/{canvas.id}").status

    unpublished = owner.client.post(f"/studio/canvas/{canvas.id}/unpublish", {})

    assert 200 == unpublished.status
    assert "absent" == presence(visitor, canvas.id)
    assert "present" == presence(visitor, neighbour.id)
    for path in (f"/ensemble/canvas/{canvas.id}", f"/canvas/{canvas.id}.html"):
        assert 404 == visitor.get(path).status
    assert {"Comes and goes": None, "Stays": 1} == slots_of(owner)
    draft = owner.client.get(f"/studio/canvas/{canvas.id}").json
    assert ("Comes and goes", None, None) == (
        draft["title"],
        draft["slot_index"],
        draft["published_at"],
    )
    assert 200 == owner.publish(canvas.id, 0).status
    assert [canvas.id] == [each for each in listed(visitor) if each == canvas.id]


@pytest.mark.runbook(
    severity="normal",
    cause="The swap in publish is no longer one step: the old occupant must become a draft and never be deleted.",
    suspects=[
        "bin/dashgen/canvas_store.py::JsonFileCanvasStore.publish",
        "bin/dashgen/slots.py::decide_publish",
        "bin/dashgen/canvas_handlers.py::handle_publish_canvas",
    ],
)
def test_swap_slot_zero_demotes_old_canvas_to_draft(owner: Owner, visitor: Client) -> None:
    words = {"type": "text", "x": 1, "y": 2, "props": {"text": "kept"}}
    old, new, neighbour = owner.seed("Old", words), owner.seed("New"), owner.seed("Neighbour")
    owner.has_published(old, 0)
    owner.has_published(neighbour, 1)
    with GRID_ANSWERS:
        assert "present" == presence(visitor, old.id)

    swapped = owner.publish(new.id, 0)

    assert 200 == swapped.status
    assert 0 == swapped.json["slot_index"]
    assert {"Old": None, "New": 0, "Neighbour": 1} == slots_of(owner)
    draft = owner.client.get(f"/studio/canvas/{old.id}").json
    assert (None, "private") == (draft["published_at"], draft["visibility"])
    assert "kept" == draft["room_state"]["components"][0]["props"]["text"]
    assert "absent" == presence(visitor, old.id)
    assert "present" == presence(visitor, new.id)
    assert "present" == presence(visitor, neighbour.id)


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
    owner: Owner, visitor: Client
) -> None:
    published = [owner.seed(f"Slot {slot}") for slot in range(3)]
    fourth = owner.seed("One too many")
    for slot, canvas in enumerate(published):
        reply = owner.publish(canvas.id, slot)
        with CAN_PUBLISH:
            assert reply.status in {200, 402}
        assert 200 == reply.status
    before = owner.client.get(MINE).json
    assert ("free", 3, 3) == tuple(
        before[key] for key in ("tier", "current_published", "free_limit")
    )

    refused = owner.publish(fourth.id, 3)

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
    replaced = owner.publish(fourth.id, 2)
    assert 200 == replaced.status  # it adds nothing
