"""Health, numbers, the two shapes of the state, and what the dashboard token opens."""

from __future__ import annotations

import json
import secrets
from typing import TYPE_CHECKING
from unittest.mock import patch

import pytest

from dashgen.app import build_app
from dashgen.settings import Settings
from runbook.incidents import Incidents
from tests.dashgen.in_process import ask
from tests.dashgen.store_steps import draft, publish

if TYPE_CHECKING:
    from pathlib import Path

    from tests.dashgen.conftest import ControlPanel, Creator


@pytest.fixture
def project(panel: ControlPanel) -> str:
    slug = f"p-{secrets.token_hex(4)}"
    folder = panel.orch / "projects"
    folder.mkdir(exist_ok=True)
    record = {
        "slug": slug,
        "name": "A project",
        "state": "Building",
        "current_task": "secret task",
        "pending_smoke_test": True,
        "pending_smoke_test_target": "Launch Prep",
    }
    (folder / f"{slug}.json").write_text(json.dumps(record))
    return slug


def fire(
    panel: ControlPanel, slug: str, changes: dict[str, object] | None = None
) -> tuple[int, dict[str, object]]:
    sent = {"slug": slug, "minutes": 30, "prompt": "go on", **(changes or {})}
    answer = panel.post("/fire", sent, token=panel.operator_token)
    return answer.status, answer.json()


def smoke(panel: ControlPanel, slug: str, result: str) -> tuple[int, dict[str, object]]:
    sent = {"slug": slug, "result": result, "notes": "seen"}
    answer = panel.post("/smoke-test-result", sent, token=panel.operator_token)
    return answer.status, answer.json()


def test_health_says_what_is_served(panel: ControlPanel) -> None:
    answer = panel.get("/health")
    assert 200 == answer.status
    body = answer.json()
    known = {"status", "uptime_s", "version", "auth_required", "build", "storage"}
    assert known == body.keys()
    assert "ok" == body["storage"]
    assert "ok" == body["status"]
    assert body["auth_required"] is True


def test_metrics_count(panel: ControlPanel, creator: Creator) -> None:
    before = panel.get("/metrics").json()
    panel.published(creator)
    panel.signup()
    after = panel.get("/metrics").json()
    assert after["canvas_count"] == before["canvas_count"] + 1
    assert after["paired_user_count"] == before["paired_user_count"] + 1
    assert after["request_count"] >= before["request_count"] + 4
    assert after["error_count"] == before["error_count"]


@pytest.mark.parametrize("token", [None, "wrong", ""])
def test_a_visitor_s_state_holds_no_owner_key(
    panel: ControlPanel, project: str, token: str | None
) -> None:
    answer = panel.get("/state", token=token)
    assert 200 == answer.status
    state = answer.json()
    assert {"active_count", "project_count", "smoke_alert", "projects", "at"} == state.keys()
    shown = next(one for one in state["projects"] if one["slug"] == project)
    assert {"slug": project, "name": "A project", "state": "Building"} == shown
    assert b"secret task" not in answer.body


def test_a_creator_is_a_visitor_to_the_state(panel: ControlPanel, creator: Creator) -> None:
    assert "mode" not in panel.get("/state", token=creator.token).json()


def test_the_operator_s_state_holds_everything(panel: ControlPanel, project: str) -> None:
    state = panel.get("/state", token=panel.operator_token).json()
    for key in ("mode", "lock_holder", "hourly_activity", "autopilots_paused", "gate"):
        assert key in state
    assert state["gate"]["is_open"] is True
    shown = next(one for one in state["projects"] if one["slug"] == project)
    assert "secret task" == shown["current_task"]


def test_the_operator_sees_incidents_and_the_last_smoke_and_nobody_else_does(
    panel: ControlPanel, project: str
) -> None:
    records = Incidents(panel.orch)
    row = {"test": "test_one", "severity": "high", "cause": "it broke"}
    incident = records.open("c" * 40, (row,), "high")
    smoke(panel, project, "fail")

    state = panel.get("/state", token=panel.operator_token).json()
    assert [incident.id] == [one["id"] for one in state["incidents"]]
    shown = next(one for one in state["projects"] if one["slug"] == project)
    assert ("fail", "seen") == (shown["smoke"]["result"], shown["smoke"]["notes"])
    assert incident.id.encode() not in panel.get("/state").body

    records.resolve("d" * 40)
    assert [] == panel.get("/state", token=panel.operator_token).json()["incidents"]


def test_fire_waits_for_the_smoke(panel: ControlPanel, project: str) -> None:
    status, body = fire(panel, project)
    assert 409 == status
    assert "smoke_test_required" == body["error"]
    assert ("Building", "Launch Prep") == (body["current_state"], body["target_state"])
    assert 200 == smoke(panel, project, "fail")[0]
    assert 409 == fire(panel, project)[0]
    status, body = smoke(panel, project, "pass")
    assert (200, "Launch Prep") == (status, body["state"])
    status, body = fire(panel, project)
    assert (200, 0) == (status, body["exit"])
    state = panel.get("/state", token=panel.operator_token).json()
    shown = next(one for one in state["projects"] if one["slug"] == project)
    assert 1 == shown["queued_count"]


@pytest.mark.parametrize(
    "body",
    [{"minutes": 0}, {"minutes": 241}, {"minutes": "30"}, {"prompt": "p" * 20_001}, {"slug": 1}],
)
def test_a_fire_that_makes_no_sense(
    panel: ControlPanel, project: str, body: dict[str, object]
) -> None:
    smoke(panel, project, "pass")
    assert 400 == fire(panel, project, body)[0]


def test_an_unknown_project_is_not_found(panel: ControlPanel) -> None:
    for slug in ("no-such-project", "../gate", ""):
        assert 404 == fire(panel, slug)[0]
        assert 404 == smoke(panel, slug, "pass")[0]


def test_operator_routes_refuse_everybody_else(
    panel: ControlPanel, project: str, creator: Creator
) -> None:
    for token in (None, "wrong", creator.token):
        for path, body in (
            ("/fire", {"slug": project, "minutes": 1}),
            ("/smoke-test-result", {"slug": project, "result": "pass"}),
        ):
            assert 401 == panel.post(path, body, token=token).status
    assert 409 == fire(panel, project)[0]


def test_verifying_tokens(panel: ControlPanel, creator: Creator) -> None:
    operator = panel.post("/verify-token", {"token": panel.operator_token})
    assert (200, {"kind": "operator"}) == (operator.status, operator.json())
    assert "set-cookie" not in operator.headers
    maker = panel.post("/verify-token", {"token": creator.token}, token=creator.token)
    assert 200 == maker.status
    assert "creator" == maker.json()["kind"]
    assert creator.user_id == maker.json()["user_id"]
    assert maker.headers["set-cookie"].startswith(f"pairing_token={creator.token};")
    for token, header in (("wrong", None), (creator.token, "other"), ("wrong", creator.token)):
        refused = panel.post("/verify-token", {"token": token}, token=header)
        assert 401 == refused.status
        assert "set-cookie" not in refused.headers


def test_canvases_are_counted_once_for_each_state(tmp_path: Path) -> None:
    app = build_app(Settings(orch_data=tmp_path, plugin_data=tmp_path, data_root=tmp_path))
    store = app.state.services.canvases
    with patch.object(type(store), "count", autospec=True, side_effect=type(store).count) as count:
        publish(store, draft(store))
        assert [1, 1, 1] == [ask(app, "/metrics").json()["canvas_count"] for _ in range(3)]
        publish(store, draft(store), slot_index=1)
        assert [2, 2, 2] == [ask(app, "/metrics").json()["canvas_count"] for _ in range(3)]
    assert 2 == count.call_count
