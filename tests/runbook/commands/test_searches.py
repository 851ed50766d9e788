"""What a search is told."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from runbook import commands
from tests.runbook.support import ends_with

if TYPE_CHECKING:
    import pytest

    from tests.runbook.support import TinyProject


def test_a_search_is_told_of_a_nought_and_of_nothing_that_was_not_said(
    procedures: TinyProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[list[str]] = []

    def search_for(words: list[str]) -> int:
        told.append(words)
        return 0

    monkeypatch.setattr("runbook.culprit.__main__.main", search_for)
    monkeypatch.setattr("runbook.upgrades.__main__.main", search_for)
    options = {"flake-rate": "0", "jobs": 0, "good": ""}
    said: dict[str, Any] = {"command": "true", "options": options}
    search = said | {"test": "", "file": "", "repo": "", "flags": {"dry-run": False}}
    upgrades = said | {"baseline": "pins.txt", "lists": {}, "flags": {}}
    assert 0 == ends_with(partial(commands.find_offending_commit, procedures.root, **search))
    assert 0 == ends_with(partial(commands.find_offending_upgrade, **upgrades))

    commit, upgrade = told
    assert ["--command", "true", "--flake-rate", "0", "--jobs", "0"] == commit[2:]
    assert ["--flake-rate=0", "--jobs=0"] == upgrade[2:]
