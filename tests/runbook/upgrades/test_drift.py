"""What comes of a drift run: one record, constraints on branches, issues that open and close."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from runbook.errors import EnvironmentNotReady
from runbook.project import find_project
from runbook.upgrades import constraints, evidence
from runbook.upgrades.branch import commit_file
from runbook.upgrades.drift import Drift
from tests.runbook.upgrades.test_issue import record

if TYPE_CHECKING:
    from pathlib import Path

    from tests.runbook.support import Repository

NUMBERS = {"environments": 4, "runs": 5, "seconds": 1.5, "resolutions": 3, "unresolvable": 0}


def tier(name: str, verdict: str = "found", *, blamed: bool = True) -> dict[str, Any]:
    found = record(verdict=verdict, blamed=blamed)
    if not blamed:
        found |= {"pins": [], "hold": [], "carried": [], "failure": []}
    return found | NUMBERS | {"tier": name, "changed": [], "probes": [], "notes": []}


@pytest.fixture
def drift(repository: Repository) -> Drift:
    """A run that has found one culprit in the tier fast."""
    repository.write("pyproject.toml", '[project]\nname = "shop"\n')
    repository.commit("the project")
    project = find_project(repository.root)
    made = Drift(project, {}, evidence.make_folder(project.state, "2026-01-01"))
    made.tiers["fast"] = tier("fast")
    return made


def test_the_record_of_all_tiers_has_the_most_serious_verdict_and_everything_found(
    drift: Drift,
) -> None:
    drift.tiers["legal-render"] = tier("legal-render", "clean", blamed=False)
    whole = drift.record()
    assert ("drift/1", "found") == (whole["schema"], whole["verdict"])
    assert [["dog"]] == [[each["name"] for each in group] for group in whole["culprits"]]
    assert (8, 3.0) == (whole["environments"], whole["seconds"])
    assert {"fast", "legal-render"} == whole["tiers"].keys()


def test_a_constraint_is_a_commit_on_a_branch_and_touches_nothing_else(
    drift: Drift, repository: Repository
) -> None:
    repository.write("app.py", "unfinished work\n")
    before = repository.git("status", "--porcelain=v2", "--branch")
    (done,) = drift.commit()
    branch = done.split()[0]
    assert before == repository.git("status", "--porcelain=v2", "--branch")
    text = repository.git("show", f"{branch}:pyproject.toml")
    (constraint,) = constraints.standing(text + "\n")
    assert "dog<2.0" == constraint.pin
    assert branch == f"drift/{constraint.key}"
    assert "since 2026-01-01" in constraint.why
    assert repository.git("rev-parse", "HEAD") == repository.git("rev-parse", f"{branch}^")
    assert [done] == drift.commit()  # the same once more is no new commit


def test_a_constraint_is_lifted_and_its_issue_closed_when_the_cause_is_gone(
    drift: Drift, repository: Repository
) -> None:
    (done,) = drift.commit()
    repository.git("merge", "--quiet", done.split()[0])
    (key,) = {each.key for each in drift.issues()}
    assert [] == drift.commit()  # it stands, and is still needed
    drift.tiers["fast"] = tier("fast", "clean", blamed=False)
    assert [(key, "closed")] == [(each.key, each.state) for each in drift.issues()]
    (lifted,) = drift.commit()
    assert lifted.startswith(f"drift/lift-{key} ")
    assert () == constraints.standing(repository.git("show", f"drift/lift-{key}:pyproject.toml"))


def test_a_branch_that_a_person_works_on_is_never_written(repository: Repository) -> None:
    for branch in ("main", "master"):
        with pytest.raises(EnvironmentNotReady, match="not written to"):
            commit_file(repository.root, branch, "pyproject.toml", "", "no")


def test_the_history_tells_week_by_week_what_moved_and_what_was_red(drift: Drift) -> None:
    state = drift.project.state
    first = drift.record() | {"changed": [{"name": "dog", "from": "1.0", "to": "2.0"}]}
    evidence.write(drift.folder, first, {"fast": "what it printed"}, drift.issues())
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
    (issue,) = (drift.folder / "issues").glob("*.json")
    assert "open" == json.loads(issue.read_text(encoding="utf-8"))["state"]
    assert "what it printed" == (drift.folder / "fast.log").read_text(encoding="utf-8")


def test_evidence_that_cannot_be_kept_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(EnvironmentNotReady, match="no evidence can be kept"):
        evidence.make_folder(tmp_path / "file", "2026-01-01")
