"""Signing up, the first run, and leaving."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.dashgen.conftest import ControlPanel, Creator


def new_handle() -> str:
    return f"new-{secrets.token_hex(6)}"


def test_signing_up_pairs_the_browser(panel: ControlPanel) -> None:
    handle = new_handle()
    body = {"handle": handle, "tos_accepted": True, "answers": {"building": "short stories"}}
    answer = panel.post("/studio/signup", body)
    assert 201 == answer.status
    made = answer.json()
    assert handle == made["handle"]
    assert handle == made["signup_context"]["handle"]
    assert "short stories" == made["signup_context"]["building"]
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith(f"pairing_token={made['pairing_token']};")
    for attribute in ("HttpOnly", "SameSite=strict", "Path=/", "Max-Age=7776000"):
        assert attribute in cookie
    assert 200 == panel.get("/studio/canvas/mine", token=made["pairing_token"]).status
    kept = "".join(file.read_text() for file in (panel.orch / "pairings").glob("*.json"))
    assert made["user_id"] in kept
    assert made["pairing_token"] not in kept


@pytest.mark.parametrize("accepted", [{}, {"tos_accepted": False}])
def test_the_terms_must_be_accepted(panel: ControlPanel, accepted: dict[str, bool]) -> None:
    handle = new_handle()
    answer = panel.post("/studio/signup", {"handle": handle, **accepted})
    assert 400 == answer.status
    assert "tos_required" == answer.json()["error"]
    assert "set-cookie" not in answer.headers
    again = panel.post("/studio/signup", {"handle": handle, "tos_accepted": True})
    assert 201 == again.status


@pytest.mark.parametrize(
    "body",
    [
        {"tos_accepted": True},
        {"handle": "", "tos_accepted": True},
        {"handle": "a" * 33, "tos_accepted": True},
        {"handle": "-a", "tos_accepted": True},
        {"handle": "a\n", "tos_accepted": True},
        {"handle": "a/b", "tos_accepted": True},
        {"handle": "ada", "tos_accepted": "yes"},
        {"handle": "ada", "tos_accepted": 1},
        {"handle": 7, "tos_accepted": True},
        {"handle": "ada", "tos_accepted": True, "answers": []},
        {"handle": "ada", "tos_accepted": True, "answers": {"building": "b" * 501}},
    ],
)
def test_a_signup_that_makes_no_sense_is_refused(panel: ControlPanel, body: object) -> None:
    answer = panel.post("/studio/signup", body)
    assert 400 == answer.status
    assert "invalid_field" == answer.json()["error"]


def test_a_handle_belongs_to_one(panel: ControlPanel, creator: Creator) -> None:
    body = {"handle": creator.handle.upper(), "tos_accepted": True}
    answer = panel.post("/studio/signup", body)
    assert 409 == answer.status
    assert "handle_taken" == answer.json()["error"]


def test_signups_are_limited(start_panel: Callable[..., ControlPanel]) -> None:
    panel = start_panel(ENSEMBLE_SIGNUPS_PER_MINUTE="2")
    panel.signup()
    panel.signup()
    answer = panel.post("/studio/signup", {"handle": new_handle(), "tos_accepted": True})
    assert 429 == answer.status
    assert 1 <= int(answer.headers["retry-after"]) <= 60
    assert 200 == panel.get("/health").status


def test_a_first_canvas_from_answers(panel: ControlPanel, creator: Creator) -> None:
    answers = {"building": "a model railway", "vibe": "cozy", "color_scheme": "warm"}
    made = panel.post("/studio/generate-from-answers", answers, token=creator.token)
    assert 201 == made.status
    studio = made.json()["studio"]
    assert "procedural_fill" == studio["source"]
    assert creator.user_id == studio["owner_id"]
    assert 4 <= len(studio["room_state"]["components"]) <= 8
    assert "a model railway" in str(studio)
    mine = panel.get("/studio/canvas/mine", token=creator.token).json()["canvases"]
    assert [studio["id"]] == [canvas["id"] for canvas in mine]


def test_the_first_run_goes_step_by_step(panel: ControlPanel, creator: Creator) -> None:
    def state() -> object:
        return panel.get("/first-run/state", token=creator.token).json()

    def advance(step: str) -> int:
        return panel.post("/first-run/advance", {"step": step}, token=creator.token).status

    assert {"is_complete": False, "resume_url": "/index.html#first-run"} == state()
    assert 409 == advance("canvas-generated")
    assert 200 == advance("questions-answered")
    assert {"is_complete": False, "resume_url": "/studio.html"} == state()
    assert 200 == advance("questions-answered")
    assert 200 == advance("canvas-generated")
    assert {"is_complete": True, "resume_url": "/studio.html"} == state()
    assert 400 == advance("dance")
    assert 400 == advance("")


def test_the_first_run_is_the_creator_s_own(
    panel: ControlPanel, creator: Creator, other: Creator
) -> None:
    panel.post("/first-run/advance", {"step": "questions-answered"}, token=creator.token)
    assert panel.get("/first-run/state", token=other.token).json()["resume_url"] != "/studio.html"
    assert 401 == panel.get("/first-run/state").status
    assert 401 == panel.post("/first-run/advance", {"step": "questions-answered"}).status


def test_a_token_is_renewed(panel: ControlPanel, creator: Creator) -> None:
    def ends_at(token: str) -> float:
        return float(panel.get("/studio/canvas/mine", token=token).json()["token_ends_at"])

    first_end = ends_at(creator.token)
    answer = panel.post("/studio/renew", {}, token=creator.token)
    assert 201 == answer.status
    renewed = answer.json()
    assert f"pairing_token={renewed['pairing_token']};" in answer.headers["set-cookie"]
    assert first_end == ends_at(creator.token)  # the answer might have been lost
    assert renewed["expires_at"] == ends_at(renewed["pairing_token"])
    assert renewed["expires_at"] > first_end
    assert 401 == panel.get("/studio/canvas/mine", token=creator.token).status


def test_a_renewed_token_brings_its_creator_back(panel: ControlPanel, creator: Creator) -> None:
    draft = panel.draft(creator)
    renewed = panel.post("/studio/renew", {}, token=creator.token).json()["pairing_token"]
    mine = panel.get("/studio/canvas/mine", token=renewed).json()
    assert [draft] == [canvas["id"] for canvas in mine["canvases"]]
    assert {creator.handle} == {canvas["owner_handle"] for canvas in mine["canvases"]}


def test_renewals_are_limited(start_panel: Callable[..., ControlPanel]) -> None:
    panel = start_panel(ENSEMBLE_SIGNUPS_PER_MINUTE="2")
    token = panel.signup().token
    assert 201 == panel.post("/studio/renew", {}, token=token).status
    assert 429 == panel.post("/studio/renew", {}, token=token).status


def test_a_browser_alone_can_be_unpaired(panel: ControlPanel, creator: Creator) -> None:
    answer = panel.post("/studio/unpair", {"ends_token": False}, token=creator.token)
    assert 204 == answer.status
    assert "Max-Age=0" in answer.headers["set-cookie"]
    assert 200 == panel.get("/studio/canvas/mine", token=creator.token).status


def test_unpairing_ends_the_token_for_good(panel: ControlPanel, creator: Creator) -> None:
    answer = panel.post("/studio/unpair", {}, token=creator.token)
    assert 204 == answer.status
    assert 'pairing_token=""' in answer.headers["set-cookie"]
    assert "Max-Age=0" in answer.headers["set-cookie"]
    assert 401 == panel.get("/studio/canvas/mine", token=creator.token).status
    assert 401 == panel.post("/studio/unpair", {}, token=creator.token).status
