"""What is kept of each drift run, and what the runs tell together."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from runbook.errors import EnvironmentNotReady
from runbook.upgrades.weekly import evidence
from tests.runbook.published import hold

if TYPE_CHECKING:
    from pathlib import Path

    from runbook.upgrades.drift import Drift


def test_the_history_tells_week_by_week_what_moved_and_what_was_red(drift: Drift) -> None:
    state = drift.project.state
    first = drift.record() | {"changed": [{"name": "dog", "from": "1.0", "to": "2.0"}]}
    folder = evidence.make_folder(state, "2026-01-01")
    evidence.write(folder, first, {"fast": "what it printed"}, drift.issues())
    second = first | {
        "verdict": "clean",
        "culprits": [],
        "pins": [],
        "changed": [{"name": "dog", "from": "1.0", "to": "2.1"}],
    }
    evidence.write(evidence.make_folder(state, "2026-01-01"), second, {}, [])
    evidence.make_folder(state, "2026-01-08")  # of a run that did not end
    told = evidence.history(evidence.read_all(state))
    assert ["2026-01-01", "2026-01-01.2"] == [each["date"] for each in told]
    assert [["dog"]] == told[0]["culprits"]
    assert ["dog"] == told[1]["since_last"]
    (issue,) = (folder / "issues").glob("*.json")
    said = json.loads(issue.read_text(encoding="utf-8"))
    hold(said)
    assert "open" == said["state"]
    assert "what it printed" == (folder / "fast.log").read_text(encoding="utf-8")


def test_evidence_that_cannot_be_kept_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(EnvironmentNotReady, match="no evidence can be kept"):
        evidence.make_folder(tmp_path / "file", "2026-01-01")
