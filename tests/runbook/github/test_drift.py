"""One way of floating on a runner."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import pytest

from runbook.errors import EnvironmentNotReady, UsageError
from runbook.exit_codes import ExitCode
from runbook.github.drift import BUNDLE, float_dependencies, judged
from tests.runbook.github.weekly import KEY, record

if TYPE_CHECKING:
    from pathlib import Path

    from tests.runbook.support import Repository


def test_a_way_is_run_and_summed_up_and_its_branches_are_bundled(
    checkout: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RECORD", json.dumps(record(branches=[f"drift/{KEY} 1a2b3c4d5e"])))

    found = float_dependencies(checkout.root, "lowest", output=sys.stdout)

    assert ExitCode.RED == judged(found)

    folder = checkout.root / ".runbook" / "drift" / "2026-01-02"
    assert ["--resolution", "lowest-direct"] == json.loads((folder / "result.json").read_text())[
        "arguments"
    ]
    assert f"refs/heads/drift/{KEY}" in checkout.git("bundle", "list-heads", str(folder / BUNDLE))
    shown = (tmp_path / "home" / "summary").read_text()
    assert "### found: drift, lowest" in shown
    assert "**culprit**" in shown


def test_a_clean_week_is_green(checkout: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RECORD", json.dumps(record("clean")))

    assert ExitCode.GREEN == judged(float_dependencies(checkout.root, "now", output=sys.stdout))


def test_a_way_that_left_no_record_is_said(
    checkout: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BREAKS", "yes")

    with pytest.raises(EnvironmentNotReady, match="drift left no record"):
        float_dependencies(checkout.root, "now", output=sys.stdout)
    with pytest.raises(UsageError, match="no way is called 'nwo'; the nearest: now") as refused:
        float_dependencies(checkout.root, "nwo", output=sys.stdout)
    assert "bin/invoke ci.drift --way now" == refused.value.next_step
