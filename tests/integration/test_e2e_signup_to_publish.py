"""From sign-up to the public grid and back: what a creator does on the first evening."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.integration.client import Client
    from tests.integration.conftest import Owner

FEATURED = "/ensemble/canvases?filter=featured&limit=50"


def listed(client: Client) -> list[str]:
    """The ids in the featured grid, in order."""
    return [card["id"] for card in client.get(FEATURED).json["canvases"]]


def presence(client: Client, canvas_id: str) -> str:
    """Whether the featured grid shows a canvas."""
    return "present" if canvas_id in listed(client) else "absent"


@pytest.mark.runbook(
    severity="normal",
    cause="The templates of procedural fill are broken, or a create with signup_context misses them.",
    suspects=[
        "bin/dashgen/procedural_fill.py::fill",
        "bin/dashgen/canvas_handlers.py::handle_create_canvas",
        "bin/dashgen/signup_handlers.py",
    ],
)
def test_signup_seeds_procedural_canvas(visitor: Client) -> None:
    answers = {
        "building": "a chess club archive",
        "vibe": "cozy",
        "color_scheme": "forest",
        "problem": "lost games",
    }
    newcomer = {"handle": "smoke-newcomer", "answers": answers}

    refused = visitor.post("/studio/signup", newcomer | {"tos_accepted": False})

    assert 400 == refused.status
    assert "tos_required" == refused.json["error"]

    signed_up = visitor.post("/studio/signup", newcomer | {"tos_accepted": True})

    assert 201 == signed_up.status
    paired = visitor.using(signed_up.json["pairing_token"])
    assert [] == paired.get("/studio/canvas/mine").json["canvases"]

    context = {"handle": "smoke-newcomer", **answers}
    created = paired.post("/studio/canvas", {"signup_context": context})

    assert 201 == created.status
    canvas = created.json
    assert "procedural_fill" == canvas["source"]
    assert signed_up.json["user_id"] == canvas["owner_id"]
    components = canvas["room_state"]["components"]
    assert len(components) in range(4, 9)
    assert {"sprite", "click-to-read"} <= {component["type"] for component in components}
    assert "chess club archive" in created.text
    assert "lost games" in created.text
    assert (None, None, "private") == (
        canvas["slot_index"],
        canvas["published_at"],
        canvas["visibility"],
    )
    assert [canvas["id"]] == [
        each["id"] for each in paired.get("/studio/canvas/mine").json["canvases"]
    ]
    assert "absent" == presence(visitor, canvas["id"])


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
    edited = owner.client.put(
        f"/studio/canvas/{canvas.id}", {"title": "Slot zero, edited", "theme": "forest"}
    )
    assert 200 == edited.status
    others = listed(visitor)

    published = owner.publish(canvas.id, 0)

    assert 200 == published.status
    assert (0, "public") == (published.json["slot_index"], published.json["visibility"])
    assert published.json["published_at"] > 0
    cards = {card["id"]: card for card in visitor.get(FEATURED).json["canvases"]}
    assert {*others, canvas.id} == set(cards)
    card = cards[canvas.id]
    assert ("Slot zero, edited", owner.handle, "forest") == (
        card["title"],
        card["owner_handle"],
        card["theme"],
    )
    assert 409 == owner.client.put(f"/studio/canvas/{canvas.id}", {"title": "too late"}).status


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
    owner.publish(canvas.id, 0)
    owner.publish(neighbour.id, 1)

    unpublished = owner.client.post(f"/studio/canvas/{canvas.id}/unpublish", {})

    assert 200 == unpublished.status
    assert "absent" == presence(visitor, canvas.id)
    assert "present" == presence(visitor, neighbour.id)
    assert 404 == visitor.get(f"/ensemble/canvas/{canvas.id}").status
    draft = owner.client.get(f"/studio/canvas/{canvas.id}").json
    assert ("Comes and goes", None, None) == (
        draft["title"],
        draft["slot_index"],
        draft["published_at"],
    )
    assert 200 == owner.publish(canvas.id, 0).status
    assert "present" == presence(visitor, canvas.id)


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
    old, new, neighbour = owner.seed("Old"), owner.seed("New"), owner.seed("Neighbour")
    owner.publish(old.id, 0)
    owner.publish(neighbour.id, 1)

    swapped = owner.publish(new.id, 0)

    assert 200 == swapped.status
    mine = {each["id"]: each for each in owner.client.get("/studio/canvas/mine").json["canvases"]}
    assert {old.id: None, new.id: 0, neighbour.id: 1} == {
        key: each["slot_index"] for key, each in mine.items()
    }
    assert ("Old", None) == (mine[old.id]["title"], mine[old.id]["published_at"])
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
    published = [owner.seed(f"Slot {slot}").id for slot in range(3)]
    for slot, canvas_id in enumerate(published):
        assert 200 == owner.publish(canvas_id, slot).status
    fourth = owner.seed("One too many")
    before = owner.client.get("/studio/canvas/mine").json

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
    assert before == owner.client.get("/studio/canvas/mine").json
    assert "absent" == presence(visitor, fourth.id)
