"""The weekly drift on a runner, with a ``gh`` that writes down what it is asked."""

from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING, Any

import pytest

from runbook.errors import EnvironmentNotReady, UsageError
from runbook.exit_codes import ExitCode
from runbook.github.drift import BUNDLE, float_dependencies, judged, publish
from tests.runbook.report_page.pages import drift_record

if TYPE_CHECKING:
    from pathlib import Path

    from tests.runbook.support import Repository

GH = """#!/usr/bin/env python3
import json, os, sys
words = sys.argv[1:]
with open(os.environ["GH_LOG"], "a") as log:
    log.write(json.dumps([words, sys.stdin.read()]) + "\\n")
if "list" in words:
    print(os.environ.get("GH_" + words[0].upper(), "[]"))
elif "create" in words:
    print("https://example.org/" + words[0])
elif words[:2] == ["issue", "close"] and os.environ.get("GH_FAILS"):
    sys.exit("no right to do so")
"""
NOXFILE = """
import json, os, pathlib, subprocess
import nox
nox.options.default_venv_backend = "none"

@nox.session(name="drift")
def drift(session):
    if os.environ.get("BREAKS"):
        session.error("no network")
    folder = pathlib.Path(".runbook/drift/2026-01-02")
    folder.mkdir(parents=True)
    subprocess.run(["git", "branch", "drift/aaaaaaaa", "later"], check=True)
    record = json.loads(os.environ["RECORD"]) | {"arguments": session.posargs}
    (folder / "result.json").write_text(json.dumps(record))
"""
KEY = "aaaaaaaa"


@pytest.fixture
def checkout(repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repository:
    """A checkout with a commit that is on no branch yet, and a runner around it."""
    repository.write("noxfile.py", NOXFILE)
    repository.write(".gitignore", ".runbook\nhome\n*.pyc\n")
    repository.commit("a noxfile")
    repository.write("pyproject.toml", "# held\n")
    repository.commit("fix(deps): hold markdown<4 back\n\nIt breaks the fast tier.")
    repository.git("tag", "later")
    repository.git("reset", "--quiet", "--hard", "HEAD~1")
    home = tmp_path / "home"
    home.mkdir()
    (home / "gh").write_text(GH, encoding="utf-8")
    (home / "gh").chmod(0o755)
    monkeypatch.setenv("PATH", f"{home}:{os.environ['PATH']}")
    monkeypatch.setenv("GH_LOG", str(home / "log"))
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(home / "summary"))
    return repository


def asked(tmp_path: Path) -> list[list[str]]:
    """Return what ``gh`` was asked, in order."""
    log = tmp_path / "home" / "log"
    lines = log.read_text(encoding="utf-8").splitlines() if log.exists() else []
    return [json.loads(line)[0] for line in lines]


def record(verdict: str = "found", **more: Any) -> dict[str, Any]:
    return {**drift_record(verdict, "markdown").result, **more}


def keep(folder: Path, way: str, result: dict[str, Any], *, state: str = "open") -> Path:
    """Keep a record as an artefact of one way holds it, with its issue."""
    place = folder / f"drift-{way}" / "drift" / "2026-01-02"
    (place / "issues").mkdir(parents=True)
    (place / "result.json").write_text(json.dumps(result), encoding="utf-8")
    issue = {"key": KEY, "state": state, "title": "Drift", "body": f"<!-- drift-key: {KEY} -->"}
    (place / "issues" / f"{KEY}.json").write_text(json.dumps(issue), encoding="utf-8")
    return place


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
    with pytest.raises(UsageError, match="no way is called 'nwo'; the nearest: now"):
        float_dependencies(checkout.root, "nwo", output=sys.stdout)


def test_a_cause_is_opened_once_and_then_updated(
    checkout: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = tmp_path / "found"
    for way in ("now", "lowest", "prerelease"):
        keep(found, way, record())

    assert [f"opened https://example.org/issue, {KEY}"] == publish(checkout.root, found)
    assert 1 == sum(words[:2] == ["issue", "create"] for words in asked(tmp_path))

    there = [{"number": 7, "state": "OPEN", "body": f"<!-- drift-key: {KEY} -->"}]
    monkeypatch.setenv("GH_ISSUE", json.dumps(there))
    assert [f"updated issue 7, {KEY}"] == publish(checkout.root, found)
    assert 1 == sum(words[:2] == ["issue", "create"] for words in asked(tmp_path))


def test_an_issue_is_closed_only_when_every_way_came_to_an_end(
    checkout: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = [{"number": 7, "state": "OPEN", "body": "<!-- drift-key: bbbbbbbb -->"}]
    monkeypatch.setenv("GH_ISSUE", json.dumps(there))
    found = tmp_path / "found"
    for way in ("now", "lowest"):
        keep(found, way, record("clean"), state="closed")

    assert [] == publish(checkout.root, found)
    keep(found, "prerelease", record("clean"), state="closed")
    assert ["closed issue 7, bbbbbbbb"] == publish(checkout.root, found)
    monkeypatch.setenv("GH_FAILS", "yes")
    with pytest.raises(EnvironmentNotReady, match="gh issue close: no right to do so"):
        publish(checkout.root, found)


def test_a_pin_is_offered_once_on_its_own_branch_and_nothing_is_forced(
    checkout: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    remote = tmp_path / "server" / "owner" / "name"
    remote.mkdir(parents=True)
    checkout.git("init", "--quiet", "--bare", str(remote))
    monkeypatch.setenv("GITHUB_SERVER_URL", str(tmp_path / "server"))
    monkeypatch.setenv("GITHUB_REPOSITORY", "owner/name")
    found = tmp_path / "found"
    place = keep(found, "now", record())
    checkout.git("branch", f"drift/{KEY}", "later")
    checkout.git("bundle", "create", "--quiet", str(place / BUNDLE), f"drift/{KEY}", "^HEAD")
    checkout.git("branch", "--delete", "--force", f"drift/{KEY}")
    checkout.git("push", "--quiet", str(remote), "main")

    done = publish(checkout.root, found)

    assert f"opened https://example.org/pr for drift/{KEY}" == done[-1]
    pushed = checkout.git("--git-dir", str(remote), "log", "-1", "--format=%s", f"drift/{KEY}")
    assert "fix(deps): hold markdown<4 back" == pushed
    (words,) = (words for words in asked(tmp_path) if words[:2] == ["pr", "create"])
    assert "fix(deps): hold markdown<4 back" in words

    monkeypatch.setenv("GH_PR", '[{"number": 3}]')
    assert f"drift/{KEY} has a pull request already" == publish(checkout.root, found)[-1]


def test_nothing_found_is_a_wrong_call(checkout: Repository, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no record of drift"):
        publish(checkout.root, tmp_path / "empty")
