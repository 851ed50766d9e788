"""What drift tells the repository, with a ``gh`` that writes down what it is asked."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING

import pytest

from runbook import commands
from runbook.errors import EnvironmentNotReady, UsageError
from runbook.github.drift import BUNDLE
from runbook.github.publish_drift import plan_telling, publish
from runbook.json_files import read_lines
from runbook.procedures.journal import AUDIT
from runbook.procedures.steps import Outcome, Refused
from runbook.project import find_project
from tests.runbook.github.weekly import KEY, asked, keep, record
from tests.runbook.support import ends_with

if TYPE_CHECKING:
    from pathlib import Path

    from tests.runbook.support import Repository

GONE = "bbbbbbbb"


def tell(checkout: Repository, found: Path, *, resume: bool = False) -> list[str]:
    """Plan what is told, and tell it."""
    project = find_project(checkout.root)
    return publish(project, plan_telling(project, found), resume=resume)


def test_a_cause_is_opened_once_and_then_updated(
    checkout: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = tmp_path / "found"
    for way in ("now", "lowest", "prerelease"):
        keep(found, way, record())

    assert [f"opened https://example.org/issue, {KEY}"] == tell(checkout, found)
    assert 1 == sum(words[:2] == ["issue", "create"] for words in asked(tmp_path))

    there = [{"number": 7, "state": "OPEN", "body": f"<!-- drift-key: {KEY} -->"}]
    monkeypatch.setenv("GH_ISSUE", json.dumps(there))
    assert [f"updated issue 7, {KEY}"] == tell(checkout, found)
    assert 1 == sum(words[:2] == ["issue", "create"] for words in asked(tmp_path))


def test_an_issue_is_closed_only_when_every_way_came_to_an_end(
    checkout: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = [{"number": 7, "state": "OPEN", "body": "<!-- drift-key: bbbbbbbb -->"}]
    monkeypatch.setenv("GH_ISSUE", json.dumps(there))
    found = tmp_path / "found"
    for way in ("now", "lowest"):
        keep(found, way, record("clean"), state="closed")

    assert [] == tell(checkout, found)
    keep(found, "prerelease", record("clean"), state="closed")
    assert ["closed issue 7, bbbbbbbb"] == tell(checkout, found)
    monkeypatch.setenv("GH_FAILS", "yes")
    with pytest.raises(EnvironmentNotReady, match="gh issue close: no right to do so"):
        tell(checkout, found)


@pytest.fixture
def remote(checkout: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the checkout is pushed to."""
    made = tmp_path / "server" / "owner" / "name"
    made.mkdir(parents=True)
    checkout.git("init", "--quiet", "--bare", str(made))
    monkeypatch.setenv("GITHUB_SERVER_URL", str(tmp_path / "server"))
    monkeypatch.setenv("GITHUB_REPOSITORY", "owner/name")
    checkout.git("push", "--quiet", str(made), "main")
    return made


def bundle(checkout: Repository, place: Path, commit: str) -> None:
    """Keep a branch as a run of drift leaves it."""
    checkout.git("branch", "--force", f"drift/{KEY}", commit)
    checkout.git("bundle", "create", "--quiet", str(place / BUNDLE), f"drift/{KEY}", "^HEAD")
    checkout.git("branch", "--delete", "--force", f"drift/{KEY}")


def commit_on(checkout: Repository, parent: str, subject: str) -> str:
    """Return a commit of its own, on no branch."""
    return checkout.git("commit-tree", f"{parent}^{{tree}}", "-p", parent, "-m", subject)


def test_a_pin_is_offered_once_on_its_own_branch_and_nothing_is_forced(
    checkout: Repository, tmp_path: Path, remote: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = tmp_path / "found"
    bundle(checkout, keep(found, "now", record()), "later")

    done = tell(checkout, found)

    assert f"opened https://example.org/pr for drift/{KEY}" == done[-1]
    pushed = checkout.git("--git-dir", str(remote), "log", "-1", "--format=%s", f"drift/{KEY}")
    assert "fix(deps): hold markdown<4 back" == pushed
    (words,) = (words for words in asked(tmp_path) if words[:2] == ["pr", "create"])
    assert "fix(deps): hold markdown<4 back" in words

    monkeypatch.setenv("GH_PR", '[{"number": 3, "state": "OPEN"}]')
    assert f"drift/{KEY} has a pull request already" == tell(checkout, found)[-1]


@pytest.mark.parametrize(
    ("state", "pushed"), [("OPEN", "older"), ("CLOSED", "older"), ("OPEN", "a person's")]
)
def test_a_pull_request_that_is_open_follows_its_branch_and_nothing_of_a_person_is_lost(
    checkout: Repository, remote: Path, monkeypatch: pytest.MonkeyPatch, state: str, pushed: str
) -> None:
    tips = {
        "older": checkout.git("rev-parse", "later"),
        "a person's": commit_on(checkout, "later", "my own"),
    }
    checkout.git("push", "--quiet", str(remote), f"{tips[pushed]}:refs/heads/drift/{KEY}")
    found = remote.parents[2] / "found"
    anew = commit_on(checkout, "later", "built anew")
    bundle(checkout, keep(found, "now", record()), anew)
    monkeypatch.setenv("GH_PR", json.dumps([{"number": 3, "state": state}]))

    is_moved = (state, pushed) == ("OPEN", "older")
    said = (
        f"moved the pull request of drift/{KEY} on"
        if is_moved
        else f"drift/{KEY} has a pull request already"
    )
    assert said == tell(checkout, found)[-1]
    ended = checkout.git("--git-dir", str(remote), "rev-parse", f"drift/{KEY}")
    assert (anew if is_moved else tips[pushed]) == ended


def test_nothing_found_is_a_wrong_call(checkout: Repository, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no record of drift"):
        tell(checkout, tmp_path / "empty")


def changes(tmp_path: Path) -> list[list[str]]:
    """Return what ``gh`` was asked to change."""
    return [words for words in asked(tmp_path) if "list" not in words]


def test_a_plan_says_each_step_and_changes_nothing(checkout: Repository, tmp_path: Path) -> None:
    found = tmp_path / "found"
    keep(found, "now", record())

    plan = plan_telling(find_project(checkout.root), found).plan

    (step,) = plan.steps
    assert (f"open-{KEY}", "once") == (step.name, step.repeat)
    assert "gh issue create --label drift --title Drift --body-file -" == step.command
    assert [] == changes(tmp_path)


def test_exactly_the_plan_that_was_read_is_told_or_nothing(
    checkout: Repository, tmp_path: Path
) -> None:
    found, project = tmp_path / "found", find_project(checkout.root)
    place = keep(found, "now", record())
    approved = plan_telling(project, found).plan
    issue = place / "issues" / f"{KEY}.json"
    before = issue.read_text(encoding="utf-8")
    issue.write_text(before.replace("<!--", "More. <!--"), encoding="utf-8")

    with pytest.raises(Refused):
        publish(project, plan_telling(project, found), approved=approved)
    assert [] == changes(tmp_path)

    issue.write_text(before, encoding="utf-8")
    telling = plan_telling(project, found)
    assert [f"opened https://example.org/issue, {KEY}"] == publish(
        project, telling, approved=approved
    )


def test_a_plan_that_was_written_into_the_checkout_is_applied(
    checkout: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = tmp_path / "found"
    keep(found, "now", record())
    monkeypatch.chdir(checkout.root)
    tell_as = partial(commands.ci_publish_drift, checkout.root, folder=str(found), resume=False)

    assert 0 == ends_with(tell_as, dry_run=True, plan_file="", json_file="plan.json")
    assert (checkout.root / "plan.json").is_file()
    assert 0 == ends_with(tell_as, dry_run=False, plan_file="plan.json", json_file="done.json")

    assert [["issue", "create"]] == [
        words[:2] for words in asked(tmp_path) if words[0] == "issue" and "list" not in words
    ]


def test_what_failed_is_gone_on_with_and_every_step_is_audited(
    checkout: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = [{"number": 7, "state": "OPEN", "body": f"<!-- drift-key: {GONE} -->"}]
    monkeypatch.setenv("GH_ISSUE", json.dumps(there))
    found = tmp_path / "found"
    for way in ("now", "lowest", "prerelease"):
        keep(found, way, record())
    monkeypatch.setenv("GH_FAILS", "yes")
    with pytest.raises(EnvironmentNotReady):
        tell(checkout, found)
    monkeypatch.delenv("GH_FAILS")

    done = tell(checkout, found, resume=True)

    assert [f"opened https://example.org/issue, {KEY}", f"closed issue 7, {GONE}"] == done
    assert 1 == sum(words[:2] == ["issue", "create"] for words in asked(tmp_path))
    audit = read_lines(checkout.root / ".runbook" / AUDIT)
    assert [
        (f"open-{KEY}", Outcome.OK),
        (f"close-{GONE}", Outcome.FAILED),
        (f"close-{GONE}", Outcome.OK),
    ] == [(line["step"], line["outcome"]) for line in audit]
