"""What of this project floats."""

from __future__ import annotations

import pytest

from runbook.errors import UsageError
from runbook.project import find_project
from runbook.upgrades.weekly.floated import all_floated
from tests.runbook.support import ROOT


def test_every_tier_and_every_group_of_this_project_is_looked_at_once() -> None:
    project = find_project(ROOT)
    found = all_floated(project, [], [])
    assert set(project.tiers) == {each.name for each in found if each.is_tested}
    groups = [each.group for each in found if not each.is_tested]
    assert len(groups) == len(set(groups))
    assert {"tools", "engine", "lint", "types"} <= set(groups)
    assert all(each.lock.is_file() for each in found)


def test_a_tier_that_cannot_be_run_here_is_installed_all_the_same() -> None:
    found = {each.name: each for each in all_floated(find_project(ROOT), [], {"browser"})}
    assert not found["browser"].is_tested
    assert found["fast"].is_tested


def test_a_name_chooses_a_tier_or_a_group_and_a_wrong_one_is_refused() -> None:
    project = find_project(ROOT)
    chosen = all_floated(project, ["lint", "fast"], [])
    assert [("lint", False), ("fast", True)] == [(each.name, each.is_tested) for each in chosen]
    with pytest.raises(UsageError, match="nearest: browser"):
        all_floated(project, ["brwser"], [])
