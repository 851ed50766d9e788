"""Canvases over HTTP: drafts, slots, visibility, the gate, and other people's canvases."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from starlette.datastructures import QueryParams

from dashgen.canvas_handlers import GridQuery, parse_grid_query
from dashgen.errors import SchemaError
from dashgen.grid_cursor import GridOrder
from dashgen.slots import Tier
from dashgen.subscriptions import FileSubscriptionStore

if TYPE_CHECKING:
    from tests.dashgen.conftest import Answer, ControlPanel, Creator

ROOM = {"components": [{"type": "text", "x": 1, "y": 2, "text": "hidden words"}]}


def publish(
    panel: ControlPanel, creator: Creator, canvas_id: str, slot: int, visibility: str = "public"
) -> Answer:
    body = {"slot_index": slot, "visibility": visibility}
    return panel.post(f"/studio/canvas/{canvas_id}/publish", body, token=creator.token)


def own(panel: ControlPanel, creator: Creator, canvas_id: str) -> dict[str, object]:
    record = panel.get(f"/studio/canvas/{canvas_id}", token=creator.token).json()
    assert isinstance(record, dict)
    return record


def test_the_owner_comes_from_the_token(panel: ControlPanel, creator: Creator) -> None:
    body = {"owner_id": "usr_ffffffffffff", "title": "Mine", "id": "cnv_000000000000"}
    made = panel.post("/studio/canvas", body, token=creator.token)
    assert 201 == made.status
    assert creator.user_id == made.json()["owner_id"]
    assert creator.handle == made.json()["owner_handle"]
    assert made.json()["id"] != "cnv_000000000000"
    assert made.json()["published_at"] is None


def test_answers_make_a_filled_canvas(panel: ControlPanel, creator: Creator) -> None:
    context = {"handle": creator.handle, "building": "wooden boats", "github_handle": "ada"}
    made = panel.post("/studio/canvas", {"signup_context": context}, token=creator.token).json()
    assert "procedural_fill" == made["source"]
    assert "wooden boats" in str(made["room_state"])


def test_a_draft_can_be_changed(panel: ControlPanel, creator: Creator) -> None:
    canvas_id = panel.draft(creator, description="kept")
    changes = {"title": "New", "room_state": ROOM}
    changed = panel.request("PUT", f"/studio/canvas/{canvas_id}", changes, token=creator.token)
    assert 200 == changed.status
    assert "New" == changed.json()["title"]
    assert "kept" == changed.json()["description"]
    assert {"text": "hidden words"} == changed.json()["room_state"]["components"][0]["props"]
    assert own(panel, creator, canvas_id) == changed.json()


def test_a_change_on_a_state_that_is_no_more_is_refused(
    panel: ControlPanel, creator: Creator
) -> None:
    path = f"/studio/canvas/{panel.draft(creator)}"

    def put(title: str, etag: str) -> Answer:
        headers = {"If-Match": etag}
        return panel.request("PUT", path, {"title": title}, token=creator.token, headers=headers)

    first = panel.get(path, token=creator.token)
    here = put("here", first.headers["etag"])
    there = put("there", first.headers["etag"])
    assert (200, 412) == (here.status, there.status)
    assert here.headers["etag"] == here.json()["etag"] == there.json()["etag"]
    assert 200 == put("here", first.headers["etag"]).status
    assert here.json() == own(panel, creator, path.rpartition("/")[2])
    assert 200 == put("there", here.headers["etag"]).status
    assert (200, 400) == (put("any", "*").status, put("bad", "bad").status)
    mine = panel.get("/studio/canvas/mine", token=creator.token).json()["canvases"]
    headers = {"If-Match": here.headers["etag"]}
    assert 412 == panel.request("DELETE", path, token=creator.token, headers=headers).status
    headers = {"If-Match": mine[0]["etag"]}
    assert 204 == panel.request("DELETE", path, token=creator.token, headers=headers).status


def test_a_state_is_named_to_its_owner_wherever_the_whole_record_is(
    panel: ControlPanel, creator: Creator
) -> None:
    canvas_id = panel.published(creator)
    for place in ("studio", "ensemble"):
        whole = panel.get(f"/{place}/canvas/{canvas_id}", token=creator.token)
        assert whole.json()["etag"] == whole.headers["etag"]

    public = panel.get(f"/ensemble/canvas/{canvas_id}")
    assert "etag" not in {*public.headers, *public.json()}


def test_publish_show_unpublish_publish(panel: ControlPanel, creator: Creator) -> None:
    canvas_id = panel.published(creator, title="To be seen")
    assert canvas_id in panel.grid_ids()
    public = panel.get(f"/ensemble/canvas/{canvas_id}")
    assert 200 == public.status
    assert "To be seen" == public.json()["title"]
    back = panel.post(f"/studio/canvas/{canvas_id}/unpublish", {}, token=creator.token)
    assert 200 == back.status
    assert (None, None) == (back.json()["slot_index"], back.json()["published_at"])
    assert canvas_id not in panel.grid_ids()
    assert 404 == panel.get(f"/ensemble/canvas/{canvas_id}").status
    assert 200 == publish(panel, creator, canvas_id, 1).status
    assert canvas_id in panel.grid_ids()


def test_a_published_canvas_is_fixed(panel: ControlPanel, creator: Creator) -> None:
    canvas_id = panel.published(creator)
    changed = panel.request(
        "PUT", f"/studio/canvas/{canvas_id}", {"title": "x"}, token=creator.token
    )
    assert 409 == changed.status
    assert "canvas_published" == changed.json()["error"]
    assert "A room" == own(panel, creator, canvas_id)["title"]


def test_a_fourth_slot_costs(panel: ControlPanel, creator: Creator) -> None:
    for slot in range(3):
        panel.published(creator, slot=slot)
    fourth = panel.draft(creator)
    refused = publish(panel, creator, fourth, 3)
    assert 402 == refused.status
    assert {
        "error": "slot_limit",
        "message": refused.json()["message"],
        "tier": "free",
        "limit": 3,
        "current_published": 3,
        "upsell": {"plan": "pro", "price_usd_month": 12, "url": "/settings.html#billing"},
    } == refused.json()
    assert own(panel, creator, fourth)["published_at"] is None
    FileSubscriptionStore(panel.data).set_tier(creator.user_id, Tier.pro)
    assert 200 == publish(panel, creator, fourth, 3).status
    mine = panel.get("/studio/canvas/mine", token=creator.token).json()
    assert ("pro", 4, 3) == (mine["tier"], mine["current_published"], mine["free_limit"])


def test_a_swap_demotes_the_occupant(panel: ControlPanel, creator: Creator) -> None:
    first = panel.published(creator, slot=0)
    second = panel.published(creator, slot=0)
    old, new = own(panel, creator, first), own(panel, creator, second)
    assert (None, None) == (old["slot_index"], old["published_at"])
    assert 0 == new["slot_index"]
    grid = panel.grid_ids()
    assert second in grid
    assert first not in grid


def test_eight_at_once_into_one_slot(panel: ControlPanel, creator: Creator) -> None:
    drafts = [panel.draft(creator) for _ in range(8)]
    with ThreadPoolExecutor(len(drafts)) as threads:
        done = list(threads.map(lambda draft: publish(panel, creator, draft, 0).status, drafts))
    assert done == [200] * len(drafts)
    mine = panel.get("/studio/canvas/mine", token=creator.token).json()
    assert len(mine["canvases"]) == len(drafts)
    assert 1 == mine["current_published"]
    in_grid = set(panel.grid_ids()) & set(drafts)
    assert in_grid == {one["id"] for one in mine["canvases"] if one["slot_index"] == 0}


def test_eight_at_once_stay_within_the_tier(panel: ControlPanel, creator: Creator) -> None:
    drafts = [panel.draft(creator) for _ in range(8)]
    with ThreadPoolExecutor(len(drafts)) as threads:
        done = threads.map(
            lambda slot: publish(panel, creator, drafts[slot], slot).status, range(len(drafts))
        )
        assert [200, 200, 200, 402, 402, 402, 402, 402] == sorted(done)
    mine = panel.get("/studio/canvas/mine", token=creator.token).json()
    assert 3 == mine["current_published"]


def test_who_may_read_what(panel: ControlPanel, creator: Creator, other: Creator) -> None:
    public = panel.published(creator, slot=0, room_state=ROOM)
    unlisted = panel.published(creator, slot=1, visibility="unlisted", room_state=ROOM)
    private = panel.published(creator, slot=2, visibility="private", room_state=ROOM)
    draft = panel.draft(creator, room_state=ROOM)
    expected = {public: (200, 403), unlisted: (200, 404), private: (404, 404), draft: (404, 404)}
    for canvas_id, (by_anybody, in_studio) in expected.items():
        for token in (None, other.token, "wrong"):
            answer = panel.get(f"/ensemble/canvas/{canvas_id}", token=token)
            assert by_anybody == answer.status
            assert ("hidden words" in str(answer.body)) == (by_anybody == 200)
        assert in_studio == panel.get(f"/studio/canvas/{canvas_id}", token=other.token).status
        whole = panel.get(f"/ensemble/canvas/{canvas_id}", token=creator.token)
        assert 200 == whole.status
        assert whole.json() == own(panel, creator, canvas_id)
    grid = panel.grid_ids()
    assert [public] == [canvas_id for canvas_id in expected if canvas_id in grid]


def test_a_visitor_is_told_nothing_of_the_answers(panel: ControlPanel, creator: Creator) -> None:
    context = {"handle": creator.handle, "problem": "a secret worry"}
    canvas_id = panel.published(creator, signup_context=context)
    assert "source_metadata" in own(panel, creator, canvas_id)
    seen = panel.get(f"/ensemble/canvas/{canvas_id}").json()
    assert "source_metadata" not in seen
    assert "featured_score" not in seen


@pytest.mark.parametrize(
    ("visibility", "status"), [("public", 403), ("unlisted", 404), ("private", 404), (None, 404)]
)
def test_nobody_changes_what_belongs_to_another(
    panel: ControlPanel, creator: Creator, other: Creator, visibility: str | None, status: int
) -> None:
    canvas_id = panel.draft(creator)
    if visibility is not None:
        assert 200 == publish(panel, creator, canvas_id, 0, visibility).status
    before = own(panel, creator, canvas_id)
    path = f"/studio/canvas/{canvas_id}"
    writes = [
        ("PUT", path, {"title": "taken"}),
        ("POST", f"{path}/publish", {"slot_index": 0, "visibility": "public"}),
        ("POST", f"{path}/unpublish", {}),
        ("PUT", f"{path}/showcase", {"is_showcase": True}),
        ("DELETE", path, None),
    ]
    for method, address, body in writes:
        assert status == panel.request(method, address, body, token=other.token).status
        assert 401 == panel.request(method, address, body).status
    assert before == own(panel, creator, canvas_id)


def test_delete_takes_it_out_of_the_grid(panel: ControlPanel, creator: Creator) -> None:
    canvas_id = panel.published(creator)
    gone = panel.request("DELETE", f"/studio/canvas/{canvas_id}", token=creator.token)
    assert (204, b"") == (gone.status, gone.body)
    assert canvas_id not in panel.grid_ids()
    assert 404 == panel.get(f"/studio/canvas/{canvas_id}", token=creator.token).status
    again = panel.request("DELETE", f"/studio/canvas/{canvas_id}", token=creator.token)
    assert 404 == again.status


def test_one_showcase_a_creator(panel: ControlPanel, creator: Creator) -> None:
    first, second = panel.published(creator, slot=0), panel.published(creator, slot=1)
    for canvas_id in (first, second):
        put = panel.request(
            "PUT",
            f"/studio/canvas/{canvas_id}/showcase",
            {"is_showcase": True},
            token=creator.token,
        )
        assert 200 == put.status
        assert put.json()["is_showcase"] is True
    assert own(panel, creator, first)["is_showcase"] is False
    draft = panel.draft(creator)
    refused = panel.request(
        "PUT", f"/studio/canvas/{draft}/showcase", {"is_showcase": True}, token=creator.token
    )
    assert 409 == refused.status


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"slot_index": -1},
        {"slot_index": 10_000},
        {"slot_index": "0"},
        {"slot_index": True},
        {"slot_index": 1.5},
        {"slot_index": None},
        {"slot_index": 0, "visibility": "everybody"},
        {"slot_index": 0, "visibility": None},
        [],
    ],
)
def test_a_publish_that_makes_no_sense_changes_nothing(
    panel: ControlPanel, creator: Creator, body: object
) -> None:
    canvas_id = panel.draft(creator)
    answer = panel.post(f"/studio/canvas/{canvas_id}/publish", body, token=creator.token)
    assert 400 == answer.status
    assert own(panel, creator, canvas_id)["published_at"] is None


@pytest.mark.parametrize("media_type", ["text/plain", "application/x-www-form-urlencoded", ""])
def test_writes_must_say_that_they_are_json(
    panel: ControlPanel, creator: Creator, media_type: str
) -> None:
    answer = panel.request(
        "POST",
        "/studio/canvas",
        b'{"title": "x"}',
        token=creator.token,
        headers={"Content-Type": media_type},
    )
    assert 415 == answer.status
    assert "unsupported_media_type" == answer.json()["error"]


def test_two_content_types_are_none(panel: ControlPanel, creator: Creator) -> None:
    answer = panel.raw(
        b"POST /studio/canvas HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer "
        + creator.token.encode()
        + b"\r\nContent-Type: application/json\r\nContent-Type: text/plain\r\n"
        b"Content-Length: 2\r\nConnection: close\r\n\r\n{}"
    )
    assert answer.startswith(b"HTTP/1.1 415 ")


def test_the_grid_is_paged(panel: ControlPanel, creator: Creator) -> None:
    published = {panel.published(creator, slot=slot) for slot in range(3)}
    everything = panel.grid_ids()
    for order in GridOrder:
        seen: list[str] = []
        cursor = ""
        while True:
            path = f"/ensemble/canvases?filter={order}&limit=2&cursor={cursor}"
            part = panel.get(path).json()
            seen += [card["id"] for card in part["canvases"]]
            cursor = part["next_cursor"]
            if not cursor:
                break
        assert sorted(seen) == sorted(everything)
        assert published <= set(seen)


@pytest.mark.parametrize(
    "query",
    ["filter=best", "limit=0", "limit=101", "limit=-1", "limit=x", "limit=1e1", "limit=",
     "limit=%D9%A3", "cursor=nonsense", "cursor=" + "a" * 300, "filter="],
)  # fmt: skip
def test_a_grid_query_that_makes_no_sense(panel: ControlPanel, query: str) -> None:
    answer = panel.get(f"/ensemble/canvases?{query}")
    assert 400 == answer.status
    assert answer.json()["field"] == query.partition("=")[0]


def test_the_grid_s_answer_follows_the_store(panel: ControlPanel, creator: Creator) -> None:
    before = panel.get("/ensemble/canvases?filter=newest&limit=100").body
    assert before == panel.get("/ensemble/canvases?filter=newest&limit=100").body
    canvas_id = panel.published(creator)
    assert canvas_id.encode() in panel.get("/ensemble/canvases?filter=newest&limit=100").body


@pytest.mark.usefixtures("closed_gate")
def test_a_closed_gate_keeps_visitors_out(
    panel: ControlPanel, creator: Creator, other: Creator
) -> None:
    canvas_id = panel.published(creator, room_state=ROOM)
    assert "grid_closed" == panel.get("/ensemble/canvases").json()["error"]
    for token in (None, other.token):
        for known in (canvas_id, "cnv_000000000000"):
            answer = panel.get(f"/ensemble/canvas/{known}", token=token)
            assert 403 == answer.status
            assert "grid_closed" == answer.json()["error"]
    assert 200 == panel.get(f"/ensemble/canvas/{canvas_id}", token=creator.token).status
    assert canvas_id == own(panel, creator, canvas_id)["id"]


def test_a_broken_gate_is_a_closed_one(panel: ControlPanel) -> None:
    (panel.orch / "gate.json").write_text("{")
    try:
        assert 403 == panel.get("/ensemble/canvases").status
    finally:
        panel.open_gate()
    assert 200 == panel.get("/ensemble/canvases").status


def test_a_query_is_read_with_its_defaults() -> None:
    assert GridQuery(GridOrder.featured, 20, "") == parse_grid_query(QueryParams(""))
    assert GridQuery(GridOrder.random, 7, "x") == parse_grid_query(
        QueryParams("filter=random&limit=7&cursor=x")
    )
    with pytest.raises(SchemaError):
        parse_grid_query(QueryParams("limit=1000"))
