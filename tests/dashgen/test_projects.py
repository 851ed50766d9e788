"""Projects: what the operator sees, what a visitor may know, and when a run may start."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashgen.errors import NotFound, SchemaError, SmokeTestRequired
from dashgen.projects import MAX_NOTES, MAX_PROMPT, MAX_QUEUE, ProjectStore, SmokeResult

if TYPE_CHECKING:
    from pathlib import Path

NOW = 1_800_000_000.0
PRIVATE = "private-7f3a"
OWNER_KEYS = {
    "mode",
    "active_count",
    "max_concurrent_autopilots",
    "weekly_token_reset_at",
    "lock_held",
    "lock_holder",
    "autopilots_paused",
    "rapid_fire_enabled",
    "hourly_activity",
    "projects",
}
PROJECT_KEYS = {
    "slug",
    "name",
    "tier",
    "state",
    "active",
    "completion_percent",
    "last_heartbeat",
    "needs_attention",
    "current_task",
    "autopilot_eligible",
    "rapid_fire_enabled",
    "has_queued_messages",
    "queued_count",
    "pending_smoke_test",
    "pending_smoke_test_target",
}
FULL_PROJECT = {
    "slug": "tower",
    "name": "Tower",
    "tier": f"{PRIVATE}-tier",
    "state": "Updates",
    "active": True,
    "completion_percent": 61.25,
    "last_heartbeat": 1234567.5,
    "needs_attention": True,
    "current_task": f"{PRIVATE}-task",
    "autopilot_eligible": True,
    "rapid_fire_enabled": True,
    "smoke": {"result": "pass", "notes": f"{PRIVATE}-notes", "at": NOW},
    "queue": [{"minutes": 5, "prompt": f"{PRIVATE}-prompt", "requested_at": NOW}],
    "unknown": f"{PRIVATE}-unknown",
}
FULL_STATE = {
    "mode": f"{PRIVATE}-mode",
    "max_concurrent_autopilots": 4321,
    "weekly_token_reset_at": 7654321.5,
    "lock_held": True,
    "lock_holder": f"{PRIVATE}-holder",
    "autopilots_paused": True,
    "rapid_fire_enabled": True,
    "hourly_activity": {"buckets": [f"{PRIVATE}-bucket"], "total_cost_usd": 98.75},
    "token": f"{PRIVATE}-token",
}


@pytest.fixture
def store(tmp_path: Path) -> ProjectStore:
    return ProjectStore(tmp_path / "orch", tmp_path / "plugin")


def put_project(root: Path, **fields: object) -> None:
    project = {"slug": "tower", "name": "Tower", **fields}
    folder = root / "orch" / "projects"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{project['slug']}.json").write_text(json.dumps(project))


def put_state(root: Path, state: object) -> None:
    (root / "plugin").mkdir(exist_ok=True)
    (root / "plugin" / "state.json").write_text(json.dumps(state))


def only_project(state: dict[str, object]) -> dict[str, Any]:
    (project,) = msgspec.to_builtins(state)["projects"]
    return dict(project)


def test_with_no_files_both_views_are_whole(store: ProjectStore) -> None:
    owner = store.owner_state(NOW)
    assert set(owner) >= OWNER_KEYS
    assert [] == owner["projects"]
    assert {"buckets": [], "total_cost_usd": 0} == owner["hourly_activity"]
    visitor = store.visitor_state(NOW)
    assert [] == visitor["projects"]
    assert (0, False) == (visitor["active_count"], visitor["smoke_alert"])


def test_the_operator_sees_everything(store: ProjectStore, tmp_path: Path) -> None:
    put_project(tmp_path, **FULL_PROJECT)
    put_state(tmp_path, FULL_STATE)
    owner = store.owner_state(NOW)
    assert f"{PRIVATE}-holder" == owner["lock_holder"]
    assert 1 == owner["active_count"]
    project = only_project(owner)
    assert set(project) >= PROJECT_KEYS
    assert f"{PRIVATE}-task" == project["current_task"]
    assert (True, 1) == (project["has_queued_messages"], project["queued_count"])


def test_a_visitor_sees_counts_names_and_states(store: ProjectStore, tmp_path: Path) -> None:
    put_project(tmp_path, **FULL_PROJECT)
    put_state(tmp_path, FULL_STATE)
    assert {
        "active_count": 1,
        "project_count": 1,
        "smoke_alert": False,
        "projects": [{"slug": "tower", "name": "Tower", "state": "Updates"}],
        "at": NOW,
    } == msgspec.to_builtins(store.visitor_state(NOW))


SECRETS = st.text(st.characters(categories=["Lu"], max_codepoint=90), min_size=8, max_size=12)


@given(secret=SECRETS, number=st.integers(10**6, 10**9), is_on=st.booleans())
def test_nothing_private_ever_reaches_a_visitor(
    tmp_path_factory: pytest.TempPathFactory, secret: str, number: int, *, is_on: bool
) -> None:
    """Every private field holds a secret; no secret, and no private key, is in what visitors get."""
    root = tmp_path_factory.mktemp("projects")
    secrets = {key: f"{secret}{value}" for key, value in (("tier", "T"), ("current_task", "C"))}
    numbers = {"completion_percent": number, "last_heartbeat": number + 0.5}
    flags = dict.fromkeys(
        ["needs_attention", "autopilot_eligible", "rapid_fire_enabled", "pending_smoke_test"], is_on
    )
    smoke = {"smoke": {"result": "issues", "notes": secret, "at": number}}
    put_project(root, **secrets, **numbers, **flags, **smoke)
    put_state(
        root,
        {
            "mode": secret,
            "lock_holder": secret,
            "max_concurrent_autopilots": number,
            "hourly_activity": {secret: [secret]},
            "autopilots_paused": is_on,
        },
    )
    store = ProjectStore(root / "orch", root / "plugin")
    shown = msgspec.json.encode(store.visitor_state(NOW)).decode()
    everything = msgspec.json.encode(store.owner_state(NOW)).decode()
    assert secret in everything
    assert secret not in shown
    assert str(number) not in shown
    keys = (OWNER_KEYS - {"active_count", "projects"}) | (PROJECT_KEYS - {"slug", "name", "state"})
    assert not [key for key in keys if f'"{key}"' in shown]


def test_a_red_smoke_alerts_visitors_without_a_word_more(
    store: ProjectStore, tmp_path: Path
) -> None:
    put_project(tmp_path)
    store.record_smoke("tower", SmokeResult.failed, PRIVATE, NOW)
    visitor = store.visitor_state(NOW)
    assert visitor["smoke_alert"] is True
    assert PRIVATE not in str(visitor)


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("tower.json", b"{"),
        ("tower.json", b"\xff"),
        ("tower.json", b'{"slug": "other"}'),
        ("tower.json", b'{"slug": "tower", "state": "Secret"}'),
        ("tower.json", b'{"slug": "tower", "active": false, "active": true}'),
        ("Odd Name.json", b'{"slug": "Odd Name"}'),
    ],
)
def test_a_project_in_doubt_is_left_out(
    store: ProjectStore, tmp_path: Path, name: str, data: bytes
) -> None:
    put_project(tmp_path, slug="good")
    (tmp_path / "orch" / "projects" / name).write_bytes(data)
    assert "good" == only_project(store.owner_state(NOW))["slug"]
    assert "good" == only_project(store.visitor_state(NOW))["slug"]


def test_a_state_in_doubt_is_the_plain_one(store: ProjectStore, tmp_path: Path) -> None:
    before = store.owner_state(NOW)
    put_state(tmp_path, {"mode": 1})
    assert before == store.owner_state(NOW)


def test_a_pass_takes_a_project_past_its_checkpoint(store: ProjectStore, tmp_path: Path) -> None:
    put_project(
        tmp_path, state="Building", pending_smoke_test=True, pending_smoke_test_target="Launch Prep"
    )
    with pytest.raises(SmokeTestRequired) as refused:
        store.request_fire("tower", 30, "go", NOW)
    assert {
        "error": "smoke_test_required",
        "message": refused.value.message,
        "checkpoint": "smoke",
        "current_state": "Building",
        "target_state": "Launch Prep",
    } == refused.value.body()
    for result in (SmokeResult.issues, SmokeResult.failed):
        view = store.record_smoke("tower", result, "", NOW)
        assert ("Building", True) == (view["state"], view["pending_smoke_test"])
    view = store.record_smoke("tower", SmokeResult.passed, "fine", NOW)
    assert ("Launch Prep", False) == (view["state"], view["pending_smoke_test"])
    assert view["pending_smoke_test_target"] is None
    assert 1 == store.request_fire("tower", 30, "go", NOW)["queued_count"]


@pytest.mark.parametrize("result", [SmokeResult.failed, SmokeResult.issues])
def test_a_red_smoke_stops_a_run_until_a_pass(
    store: ProjectStore, tmp_path: Path, result: SmokeResult
) -> None:
    put_project(tmp_path, state="Updates")
    store.record_smoke("tower", result, "", NOW)
    with pytest.raises(SmokeTestRequired) as refused:
        store.request_fire("tower", 30, "go", NOW)
    assert "Updates" == refused.value.body()["target_state"]
    assert 0 == only_project(store.owner_state(NOW))["queued_count"]
    store.record_smoke("tower", SmokeResult.passed, "", NOW)
    store.request_fire("tower", 30, "go", NOW)


def test_a_run_is_queued_with_its_facts(store: ProjectStore, tmp_path: Path) -> None:
    put_project(tmp_path)
    store.request_fire("tower", 240, "go", NOW)
    stored = json.loads((tmp_path / "orch" / "projects" / "tower.json").read_text())
    assert [{"minutes": 240, "prompt": "go", "requested_at": NOW}] == stored["queue"]


def test_the_queue_is_bounded(store: ProjectStore, tmp_path: Path) -> None:
    run = {"minutes": 1, "prompt": "", "requested_at": NOW}
    put_project(tmp_path, queue=[run] * MAX_QUEUE)
    with pytest.raises(SchemaError, match="waiting"):
        store.request_fire("tower", 1, "", NOW)


@pytest.mark.parametrize(
    ("minutes", "prompt", "field"),
    [(0, "", "minutes"), (241, "", "minutes"), (1, "x" * (MAX_PROMPT + 1), "prompt")],
)
def test_a_run_out_of_bounds_is_refused(
    store: ProjectStore, tmp_path: Path, minutes: int, prompt: str, field: str
) -> None:
    put_project(tmp_path)
    with pytest.raises(SchemaError) as refused:
        store.request_fire("tower", minutes, prompt, NOW)
    assert field == refused.value.field


def test_notes_are_bounded(store: ProjectStore, tmp_path: Path) -> None:
    put_project(tmp_path)
    with pytest.raises(SchemaError, match="notes"):
        store.record_smoke("tower", SmokeResult.passed, "x" * (MAX_NOTES + 1), NOW)


@pytest.mark.parametrize("slug", ["", "none", "../tower", "TOWER", "tower\n", "a" * 65])
def test_an_unknown_project_is_not_found(store: ProjectStore, tmp_path: Path, slug: str) -> None:
    put_project(tmp_path)
    with pytest.raises(NotFound):
        store.record_smoke(slug, SmokeResult.passed, "", NOW)
    with pytest.raises(NotFound):
        store.request_fire(slug, 1, "", NOW)


def test_whoever_names_no_project_is_told_how_to_make_one(
    store: ProjectStore, tmp_path: Path
) -> None:
    with pytest.raises(NotFound) as refused:
        store.record_smoke("tower", SmokeResult.passed, "", NOW)
    told = re.search(r"; (\{.*\}) in \$ORCH_DATA/(\S+\.json) makes one", refused.value.message)
    assert told
    (tmp_path / "orch" / told[2]).write_text(told[1], encoding="utf-8")

    assert "tower" == store.record_smoke("tower", SmokeResult.passed, "", NOW)["slug"]
