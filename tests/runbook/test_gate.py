"""What a run may say of the gate: open only without any doubt."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from runbook.gate import gate_word
from runbook.project import Project
from runbook.source_state import SourceState

if TYPE_CHECKING:
    from pathlib import Path

COMMIT, TREE = "1a2b3c4" + "0" * 33, "9f8e7d6" + "0" * 33
OPEN = {"version": 1, "state": "open", "commit": COMMIT, "tree": TREE}
CLEAN = SourceState(COMMIT[:7], TREE[:7], is_dirty=False)


@pytest.fixture
def gated(tmp_path: Path) -> Project:
    """A project whose gate is open for `CLEAN`."""
    (tmp_path / "gate.json").write_text(json.dumps(OPEN), encoding="utf-8")
    return Project(tmp_path, {}, gate="gate.json")


def test_it_is_open_for_the_very_commit_and_tree_it_was_opened_for(gated: Project) -> None:
    assert "open" == gate_word(gated, CLEAN)


@pytest.mark.parametrize(
    "source",
    [
        SourceState("fffffff", TREE[:7], is_dirty=False),
        SourceState(COMMIT[:7], "fffffff", is_dirty=False),
        SourceState(COMMIT[:7], TREE[:7], is_dirty=True),
        SourceState(COMMIT[:7], TREE[:7], is_dirty=None),
        SourceState(),
    ],
    ids=["commit", "tree", "dirty", "unknown", "no repository"],
)
def test_it_is_closed_for_any_other_source(gated: Project, source: SourceState) -> None:
    assert "closed" == gate_word(gated, source)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xfe",
        b"open",
        b"[]",
        b'"open"',
        b"[" * 100_000,
        json.dumps(OPEN | {"state": "closed"}).encode(),
        json.dumps(OPEN | {"state": ["open"]}).encode(),
        json.dumps({"state": "open"}).encode(),
        json.dumps(OPEN).encode()[:-1],
    ],
)
def test_it_is_closed_on_any_doubt_about_the_file(gated: Project, content: bytes) -> None:
    (gated.root / "gate.json").write_bytes(content)

    assert "closed" == gate_word(gated, CLEAN)


@pytest.mark.parametrize("gate", ["", "gone.json", ".", "$RUNBOOK_TEST_UNSET/gate.json"])
def test_it_is_closed_where_there_is_no_file(tmp_path: Path, gate: str) -> None:
    assert "closed" == gate_word(Project(tmp_path, {}, gate=gate), CLEAN)


def test_its_folder_can_be_a_variable(
    gated: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = Project(tmp_path / "elsewhere", {}, gate="$ORCH_DATA/gate.json")
    monkeypatch.setenv("ORCH_DATA", str(gated.root))

    assert "open" == gate_word(elsewhere, CLEAN)
